"""A prompt or its suite is deleted: what nobody measures cannot fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.gate_change import GateChange, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.guard.context import GuardContext

KIND = "suite"


def find(context: GuardContext) -> Iterator[GateChange]:
    """Find prompts and suites that are gone, and suites that are new."""
    base, head = context.sides.base, context.sides.head
    for prompt_id in context.affected:
        before, after = base.suite_path_of(prompt_id), head.suite_path_of(prompt_id)
        prompt_before, prompt_after = base.path_of(prompt_id), head.path_of(prompt_id)
        if prompt_before and not prompt_after:
            yield _gone(prompt_before, prompt_id, f"prompt '{prompt_id}' is deleted.")
        elif before and not after:
            yield _gone(
                before, prompt_id, f"the suite of '{prompt_id}' is no longer found: the prompt would not be evaluated."
            )
        elif after and not before:
            yield GateChange(
                kind=KIND,
                path=after,
                line=1,
                loosens=False,
                message=f"a suite for '{prompt_id}' is added.",
                prompt_id=prompt_id,
            )


def _gone(path: str, prompt_id: str, message: str) -> GateChange:
    return GateChange(
        kind=KIND,
        path=path,
        line=1,
        loosens=True,
        message=message,
        side=Side.BASE,
        base_value=path,
        head_value="(deleted)",
        prompt_id=prompt_id,
    )
