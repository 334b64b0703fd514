"""Judges set aside: those without a licence, whose word is shown and decides nothing, and those found to be wrong.

Where a suite has such a judge, whether a trial passed is asked of the metrics that need no judge, on both sides.
A judge that got its canaries wrong measured nothing. Without a licence that costs a warning, as it would not have
decided anyway. With a licence the verdict lacks a part that should have decided: it cannot be a pass.
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
    return replace(
        run,
        yardstick=run.yardstick.without(names),
        scores={name: cases for name, cases in run.scores.items() if name not in names},
        passed=run.passed_without_judges or run.passed,
        deterministic_metrics=run.deterministic_metrics - names,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRemarks:
    """What there is to say of judges, in sentences.

    `warnings` are about those without a licence, `invalid` about those that drifted, `flipped` about those that have a
    licence and got their canaries wrong.
    """

    warnings: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    flipped: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every sentence, the gravest first."""
        return (*self.invalid, *self.flipped, *self.warnings)


def judge_remarks(
    licences: Mapping[str, Licence], decisions: Mapping[str, GateDecision], flipped: Mapping[str, str]
) -> JudgeRemarks:
    """Say per judge why it does not decide, and what it sees.

    `decisions` are those of the metrics set aside; `flipped` says of metrics which canaries came out wrong.
    """
    warnings, invalid, wrong = [], [], []
    for name, licence in sorted(licences.items()):
        if not licence.valid:
            invalid.append(f"judge metric '{name}' is invalid: {'; '.join(licence.reasons)}.")
        elif not licence.may_block:
            warnings.append(_warning(name, licence, decisions.get(name), flipped.get(name, "")))
        elif name in flipped:
            wrong.append(
                f"judge metric '{name}' is invalid: its canaries came out wrong ({flipped[name]}): "
                "the judge changed, not the prompt."
            )
    return JudgeRemarks(warnings=tuple(warnings), invalid=tuple(invalid), flipped=tuple(wrong))


def _warning(name: str, licence: Licence, decision: GateDecision | None, flipped: str) -> str:
    told = f"judge metric '{name}' has no licence ({_state(licence)}): it warns, it does not block"
    if flipped:
        return f"{told}. Nothing that it says here counts: its canaries came out wrong ({flipped})."
    return f"{told}; it sees {_seen(decision)}." if decision else f"{told}."


def _state(licence: Licence) -> str:
    """Return the state with its first reason; `llmops judge check` tells all of them."""
    if not licence.reasons:
        return licence.state.value
    more = len(licence.reasons) - 1
    rest = f"; {more} more reason{'' if more == 1 else 's'}, see llmops judge check" if more else ""
    return f"{licence.state.value}: {licence.reasons[0]}{rest}"


def _seen(decision: GateDecision) -> str:
    word = {"pass": "no regression", "block": "a regression"}.get(decision.verdict.value, "too little to tell")
    return f"{word} ({100 * decision.base_mean:.1f} → {100 * decision.candidate_mean:.1f})"
