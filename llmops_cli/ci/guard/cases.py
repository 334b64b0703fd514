"""A case is removed, or edited so that it asks for something else. Added cases are welcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.ci.gate_change import GateChange, Side
from llmops_cli.ci.guard.context import shown
from llmops_cli.ci.guard.metric_changes import metric_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.guard.context import GuardContext, SuitePair
    from llmops_cli.core.suites import Case

KIND = "case"


def find(context: GuardContext) -> Iterator[GateChange]:
    """Compare the cases of every suite by their ids."""
    for pair in context.suite_pairs:
        before = {case.id: case for case in pair.base.cases}
        after = {case.id: case for case in pair.head.cases}
        yield from (_removed(pair, case) for name, case in before.items() if name not in after)
        added = [case for name, case in after.items() if name not in before]
        if added:
            yield _added(pair, added)
        for name in before.keys() & after.keys():
            yield from _Edit(pair.prompt_id, before[name], after[name]).changes()


def _removed(pair: SuitePair, case: Case) -> GateChange:
    return GateChange(
        kind=KIND,
        path=case.path,
        line=case.line,
        side=Side.BASE,
        loosens=True,
        message=f"{'critical ' if case.critical else ''}case '{case.id}' is removed.",
        base_value=shown(case.variables),
        head_value="(removed)",
        prompt_id=pair.prompt_id,
    )


def _added(pair: SuitePair, cases: list[Case]) -> GateChange:
    names = ", ".join(case.id for case in cases[:3]) + (" …" if len(cases) > 3 else "")  # noqa: PLR2004 - three are named
    return GateChange(
        kind=KIND,
        path=cases[0].path,
        line=cases[0].line,
        loosens=False,
        message=f"{len(cases)} case{'' if len(cases) == 1 else 's'} added: {names}.",
        prompt_id=pair.prompt_id,
    )


@dataclass(frozen=True, slots=True)
class _Edit:
    prompt_id: str
    before: Case
    after: Case

    def changes(self) -> Iterator[GateChange]:
        before, after = self.before, self.after
        if before.as_json() == after.as_json():
            return
        if before.expected != after.expected:
            yield self._change("the expected answer of", before.expected, after.expected)
        if before.variables != after.variables:
            yield self._change("the input of", before.variables, after.variables)
        if before.critical != after.critical:
            yield self._change("the mark `critical` of", before.critical, after.critical, loosens=before.critical)
        if before.weight != after.weight:
            yield self._change("the weight of", before.weight, after.weight, loosens=after.weight < before.weight)
        if before.cluster != after.cluster:
            yield self._change("the cluster of", before.cluster, after.cluster)
        yield from metric_changes(
            before.metrics,
            after.metrics,
            place=lambda _name, _parameter: (after.path, after.line, Side.HEAD),
            owner=f"of case '{after.id}' ",
            kind=KIND,
            prompt_id=self.prompt_id,
        )

    def _change(self, what: str, before: object, after: object, *, loosens: bool = True) -> GateChange:
        return GateChange(
            kind=KIND,
            path=self.after.path,
            line=self.after.line,
            loosens=loosens,
            message=f"{what} {'critical ' if self.before.critical else ''}case '{self.after.id}' is edited.",
            base_value=shown(before),
            head_value=shown(after),
            prompt_id=self.prompt_id,
        )
