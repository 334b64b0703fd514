"""Options and arguments that several commands share, with one help text each."""

from enum import StrEnum
from typing import Annotated

import typer

from llmops_cli.commands._completion import complete_prompt


class TextOrJson(StrEnum):
    """Formats of a command whose answer is one value."""

    TEXT = "text"
    JSON = "json"


Format = Annotated[TextOrJson, typer.Option("--format", help="How to print it.")]
PromptName = Annotated[
    str,
    typer.Argument(
        metavar="PROMPT",
        help="A prompt: ID, ID-v3, or ID@REVISION.",
        autocompletion=complete_prompt,
        show_default=False,
    ),
]
PromptIds = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PROMPT]...",
        help="Prompt ids; all when none is given.",
        autocompletion=complete_prompt,
        show_default=False,
    ),
]
BaseRevision = Annotated[
    str | None,
    typer.Option("--base", metavar="REV", help="The Git revision to compare with.", show_default=False),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]
