"""The project file looks for prompts or suites in another place: what lies at the old one is no longer run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.gate_change import GateChange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.guard.context import GuardContext

KIND = "paths"


def find(context: GuardContext) -> Iterator[GateChange]:
    """Compare the two folders."""
    base, head = context.sides.base.settings.paths, context.sides.head.settings.paths
    document = context.projects[1]
    for name, before, after in (("prompts", base.prompts, head.prompts), ("evals", base.evals, head.evals)):
        if before != after:
            yield GateChange(
                kind=KIND,
                path=document.path,
                line=document.position_of("paths", name).line,
                loosens=True,
                message=f"{name} are looked for in another folder.",
                base_value=before,
                head_value=after,
            )
