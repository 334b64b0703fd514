"""Options that the commands about releases share."""

from typing import Annotated

import typer

from llmops_cli.commands._completion import complete_prompt

PRODUCTION = "production"

Environment = Annotated[str, typer.Option("--env", metavar="NAME", help="The environment, as llmops.yaml names it.")]
TargetUri = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="URI",
        help="The place itself, where there is no llmops.yaml: sqlite:///…, https://…",
        show_default=False,
    ),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the log.", show_default=False)]
Incident = Annotated[
    str, typer.Option("--incident", metavar="LINK", help="The incident that it belongs to.", show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, whatever there is to warn of.")]
ReleasedPrompt = Annotated[
    str,
    typer.Argument(metavar="PROMPT", help="The id of the prompt.", autocompletion=complete_prompt, show_default=False),
]
ReleasedPrompts = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PROMPT]...", help="Ids of prompts.", autocompletion=complete_prompt, show_default=False),
]
AllowAccepted = Annotated[
    bool,
    typer.Option(
        "--allow-accepted",
        help="Take what a person accepted without a passing comparison; needs --reason.",
    ),
]
AllowBreaking = Annotated[
    bool, typer.Option("--allow-breaking", help="Accept a change of variables or output that breaks callers.")
]
