"""`llmops why`: the way from a change to a prompt, or why there is none."""

import json
from typing import Annotated

import typer

from llmops_cli.commands._completion import complete_prompt
from llmops_cli.commands._parameters import BaseRevision, Format, TextOrJson
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text


def why(
    ctx: typer.Context,
    prompt: Annotated[
        str, typer.Argument(metavar="PROMPT", help="The id of a prompt.", autocompletion=complete_prompt)
    ],
    *,
    base: BaseRevision = None,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="REV", help="This revision, not the work tree.", show_default=False),
    ] = None,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Say why the gate evaluates a prompt, or why not: the path from each changed file to it.

    Without a change that reaches it, lists the files that would.
    """
    from llmops_cli.ci.affected import reasons_for  # noqa: PLC0415 - only when the command runs
    from llmops_cli.ci.dependencies import dependencies_of  # noqa: PLC0415 - only when the command runs
    from llmops_cli.ci.gate_sides import open_sides, usual_base  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    repository, console = workspace.repository, workspace.console
    sides = open_sides(repository, base or usual_base(repository), work_tree=workspace.tree, head=head, approved=False)
    change = sides.change
    owner = change.head if change.head.path_of(prompt) else change.base
    owner.load(prompt)  # an unknown id is an error with the nearest one
    reasons = reasons_for(change, prompt)
    files = tuple(dict.fromkeys(dependency.path for dependency in dependencies_of(owner, prompt)))
    if output_format is TextOrJson.JSON:
        document = {
            "affected": bool(reasons),
            "base": sides.base_label,
            "depends_on": list(files),
            "prompt": prompt,
            "reasons": [reason.as_json() for reason in reasons],
        }
        console.payload(json.dumps(document, ensure_ascii=True, indent=2))
        return ExitCode.PASS
    compared = f"{safe_text(sides.base_label, one_line=True)} → {safe_text(sides.head_label, one_line=True)}"
    lines = [f"{prompt}: {'selected' if reasons else 'not selected'}  ({compared})"]
    lines += [f"  {safe_text(reason.sentence(), one_line=True)}" for reason in reasons]
    if not reasons:
        lines.append("  None of these files changed, nor a part of llmops.yaml that reaches it:")
        lines += [f"    {safe_text(path, one_line=True)}" for path in files]
        lines.append(f"  {len(change.files)} other files of the registry or the check changed.")
    console.payload("\n".join(lines))
    return ExitCode.PASS
