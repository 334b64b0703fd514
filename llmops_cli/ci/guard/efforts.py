"""Fewer repeats, or budgets that stop a run early or let a prompt grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.gate_change import GateChange
from llmops_cli.ci.guard.context import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.guard.context import GuardContext

KIND = "effort"
DEFAULT = "(default)"


def find(context: GuardContext) -> Iterator[GateChange]:
    """Compare repeats and the budgets of suites, prompts and project."""
    base, head = context.sides.base.settings, context.sides.head.settings
    if base.max_cost_usd != head.max_cost_usd:
        document = context.projects[1]
        line = document.position_of("budget", "cost_usd").line
        yield _budget(document.path, line, base.max_cost_usd, head.max_cost_usd, "the project", "")
    for pair in context.suite_pairs:
        name, document = pair.prompt_id, pair.head_document
        if pair.base.repeats != pair.head.repeats:
            fewer = pair.head.repeats is None or pair.head.repeats < (pair.base.repeats or 1)
            yield GateChange(
                kind=KIND,
                path=pair.head.path,
                line=document.position_of("repeats").line,
                loosens=fewer,
                message=f"'{name}' is asked {'less often' if fewer else 'as often or more'}: repeats.",
                base_value=DEFAULT if pair.base.repeats is None else str(pair.base.repeats),
                head_value=DEFAULT if pair.head.repeats is None else str(pair.head.repeats),
                prompt_id=name,
            )
        if pair.base.max_cost_usd != pair.head.max_cost_usd:
            line = document.position_of("budget", "cost_usd").line
            yield _budget(pair.head.path, line, pair.base.max_cost_usd, pair.head.max_cost_usd, f"'{name}'", name)
    yield from _prompt_budgets(context)


def _budget(path: str, line: int, before: float | None, after: float | None, owner: str, prompt_id: str) -> GateChange:
    # a run that stops early is inconclusive, which does not block by default
    lower = after is not None and (before is None or after < before)
    return GateChange(
        kind=KIND,
        path=path,
        line=line,
        loosens=lower,
        message=f"the evaluation budget of {owner} is {'lower: runs may stop early' if lower else 'higher'}.",
        base_value="(no limit)" if before is None else shown(before),
        head_value="(no limit)" if after is None else shown(after),
        prompt_id=prompt_id,
    )


def _prompt_budgets(context: GuardContext) -> Iterator[GateChange]:
    for prompt_id in context.affected:
        old_path, new_path = context.sides.base.path_of(prompt_id), context.sides.head.path_of(prompt_id)
        if old_path is None or new_path is None:
            continue
        loaded = context.sides.head.load_path(new_path)
        before, after = context.sides.base.load_path(old_path).prompt, loaded.prompt
        if before is None or after is None:
            continue
        for field in ("prompt_tokens", "cost_usd_per_call"):
            old, new = getattr(before.budget, field), getattr(after.budget, field)
            if old == new:
                continue
            loosens = old is not None and (new is None or new > old)
            yield GateChange(
                kind=KIND,
                path=new_path,
                line=loaded.document.position_of("budget", field).line,
                loosens=loosens,
                message=f"the budget of '{prompt_id}' is {'looser' if loosens else 'stricter'}: {field}.",
                base_value="(no limit)" if old is None else shown(old),
                head_value="(no limit)" if new is None else shown(new),
                prompt_id=prompt_id,
            )
