"""Judges without a licence, set aside: what they say is shown and warned about, and decides nothing.

Where a suite has such a judge, whether a trial passed is asked of the metrics that need no judge, on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.evals.compare.gate import GateDecision
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.evals.judges.licence import Licence


def unlicensed(licences: Mapping[str, Licence]) -> frozenset[str]:
    """Return the metrics that may not block."""
    return frozenset(name for name, licence in licences.items() if not licence.may_block)


def without_unlicensed(run: MeasuredRun, names: frozenset[str]) -> MeasuredRun:
    """Return the run as if these metrics had not been measured."""
    if not names:
        return run
    metrics = {name: digest for name, digest in run.yardstick.metrics.items() if name not in names}
    return replace(
        run,
        yardstick=replace(run.yardstick, metrics=metrics),
        scores={name: cases for name, cases in run.scores.items() if name not in names},
        passed=run.passed_without_judges or run.passed,
        deterministic_metrics=run.deterministic_metrics - names,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRemarks:
    """What there is to say of judges: `warnings` of those without a licence, `invalid` of those that drifted."""

    warnings: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()


def judge_remarks(licences: Mapping[str, Licence], decisions: Mapping[str, GateDecision]) -> JudgeRemarks:
    """Say per judge why it does not decide, and what it sees; `decisions` are those of the metrics set aside."""
    warnings, invalid = [], []
    for name, licence in sorted(licences.items()):
        why = "; ".join(licence.reasons)
        if not licence.valid:
            invalid.append(f"judge metric '{name}' is invalid: {why}.")
        elif not licence.may_block:
            seen = _seen(decisions[name]) if name in decisions else ""
            state = f"{licence.state.value}: {why}" if why else licence.state.value
            told = f"judge metric '{name}' has no licence ({state}): it warns, it does not block"
            warnings.append(f"{told}; it sees {seen}." if seen else f"{told}.")
    return JudgeRemarks(warnings=tuple(warnings), invalid=tuple(invalid))


def _seen(decision: GateDecision) -> str:
    word = {"pass": "no regression", "block": "a regression"}.get(decision.verdict.value, "too little to tell")
    return f"{word} ({100 * decision.base_mean:.1f} → {100 * decision.candidate_mean:.1f})"
