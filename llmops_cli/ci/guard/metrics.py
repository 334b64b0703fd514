"""A metric of a suite is dropped, replaced, widened, or no longer required."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.gate_change import GateChange, Side
from llmops_cli.ci.guard.metric_changes import metric_changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmops_cli.ci.guard.context import GuardContext, SuitePair

KIND = "metric"


def find(context: GuardContext) -> Iterator[GateChange]:
    """Compare the metrics of every suite by their names."""
    for pair in context.suite_pairs:
        yield from metric_changes(
            pair.base.metrics, pair.head.metrics, place=_places(pair), owner="", kind=KIND, prompt_id=pair.prompt_id
        )


def _places(pair: SuitePair) -> Callable[[str, str], tuple[str, int, Side]]:
    heads = {spec.name: index for index, spec in enumerate(pair.head.metrics)}
    bases = {spec.name: index for index, spec in enumerate(pair.base.metrics)}

    def place(name: str, parameter: str) -> tuple[str, int, Side]:
        if name in heads:
            position = pair.head_document.position_of("metrics", heads[name], parameter)
            return pair.head.path, position.line, Side.HEAD
        return pair.base.path, pair.base_document.position_of("metrics", bases[name]).line, Side.BASE

    return place
