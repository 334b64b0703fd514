"""All guards over one change."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from llmops_cli.ci.gate_change import GateChange
from llmops_cli.ci.guard import GUARDS
from llmops_cli.ci.guard.context import GuardContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from llmops_cli.ci.affected import Reason
    from llmops_cli.ci.sides import Sides
    from llmops_cli.core.scores import MetricTable

    Guard = Callable[[GuardContext], Iterator[GateChange]]


def guard(sides: Sides, affected: Mapping[str, tuple[Reason, ...]], metrics: MetricTable) -> tuple[GateChange, ...]:
    """Return every change of the gate between base and head, what loosens it first; empty when nothing differs."""
    if not sides.files:
        return ()
    context = GuardContext(sides, affected, metrics)
    found = {change for name in GUARDS for change in cast("Guard", GUARDS.resolve(name))(context)}
    return tuple(sorted(found, key=GateChange.sort_key))


async def gate_changes(
    sides: Sides, reached: Mapping[str, tuple[Reason, ...]], metrics: MetricTable
) -> tuple[GateChange, ...]:
    """Return what the guards find, and what the change makes of its suites: scored without any model."""
    from llmops_cli.ci.dilution import dilutions  # noqa: PLC0415 - only where a prompt is affected

    found = guard(sides, reached, metrics)
    return tuple(sorted((*found, *(await dilutions(sides, reached) if reached else ())), key=GateChange.sort_key))
