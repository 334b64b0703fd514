"""Cases that a change adds and that nobody can fail: they make the average blind, from the next change on.

The suite of the base decides about this change, so what is added cannot hide anything in it. Once merged, the
same cases stand in every average: with 100 of them beside 30, one broken case is worth 0.8 points instead of 3.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.gate_change import GateChange
from llmops_cli.evals.gating.null_models import NullProbe, probe
from llmops_cli.evals.job import EvalJob
from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS, bind
from llmops_cli.registry.suites import load_suite
from llmops_cli.registry.templates.template import render_messages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmops_cli.ci.sides import Sides
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.suites import Case, Suite
    from llmops_cli.registry.catalog import Catalog

DILUTED_FROM = 0.1
"""Added cases without a question hold the check from this share of the base's cases: the smallest drop that is seen
grows by as much."""


async def dilutions(sides: Sides, prompt_ids: Iterable[str]) -> tuple[GateChange, ...]:
    """Return what the cases that the change adds do to each suite; no model is asked."""
    found: list[GateChange] = []
    for prompt_id in prompt_ids:
        base, head = _side(sides.base, prompt_id), _side(sides.head, prompt_id)
        if base is None or head is None:
            continue
        before, after = base[1], head[1]
        known = {case.id for case in before.cases}
        added = tuple(case for case in after.cases if case.id not in known)
        if added:
            found += await _added(head[0], after, added, len(before.cases))
        if (before.metrics_digest(), before.dataset_digest()) != (after.metrics_digest(), after.dataset_digest()):
            found += await _weakened(base, head)
    return tuple(found)


async def _added(prompt: Prompt, suite: Suite, added: Sequence[Case], before: int) -> list[GateChange]:
    best = await _best(prompt, suite, added)
    if best is None or best.estimate * len(added) < DILUTED_FROM * before:
        return []
    weight = f"one broken case is {100 / before:.1f} points of the average today and {100 / len(suite.cases):.1f} then"
    message = (
        f"added cases ask for nothing: answering {best.answer} passes {best.passed} of {best.probed} of them; {weight}."
    )
    return [_change(added[0], message, prompt.id)]


async def _weakened(base: tuple[Prompt, Suite], head: tuple[Prompt, Suite]) -> list[GateChange]:
    before, after = await _best(*base, base[1].cases), await _best(*head, head[1].cases)
    if after is None or not after.weak or (before is not None and before.weak):
        return []
    was = f"{before.passed} of {before.probed}" if before else "none"
    message = (
        f"the suite becomes weak: answering {after.answer} passes {after.passed} of {after.probed} cases,"
        f" and no such answer passed more than {was} before."
    )
    return [_change(None, message, head[0].id, head[1].path)]


async def _best(prompt: Prompt, suite: Suite, cases: Sequence[Case]) -> NullProbe | None:
    """Return the answer without knowledge that passes most of the cases."""
    job = EvalJob(prompt=prompt, suite=suite, model=prompt.model, cases=tuple(cases))
    probes = await probe(job, render_messages, bind)
    return max(probes, key=lambda found: found.passed, default=None)


def _side(catalog: Catalog, prompt_id: str) -> tuple[Prompt, Suite] | None:
    if catalog.path_of(prompt_id) is None or catalog.suite_path_of(prompt_id) is None:
        return None
    prompt, suite = catalog.load(prompt_id).prompt, load_suite(catalog, prompt_id, KNOWN_METRICS).suite
    return None if prompt is None or suite is None else (prompt, suite)


def _change(case: Case | None, message: str, prompt_id: str, path: str = "") -> GateChange:
    return GateChange(
        kind="case" if case else "suite",
        path=case.path if case else path,
        line=case.line if case else 1,
        loosens=True,
        message=message,
        prompt_id=prompt_id,
    )
