"""A candidate run held against a baseline run: one verdict, with everything that led to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.compare.comparability import Comparability, compare_yardsticks
from llmops_cli.evals.compare.critical import CriticalState, critical_rule, critical_state
from llmops_cli.evals.compare.gate import GateVerdict
from llmops_cli.evals.compare.hard_breaks import HardBreak, confirmed_breaks, mended_cases, suspected_breaks
from llmops_cli.evals.comparing.metric_comparison import (
    MetricComparison,
    compare_aside,
    compare_metrics,
    passes_of,
    steady_metrics,
    unsteady_metrics,
)
from llmops_cli.evals.comparing.verdict import NO_REMARKS, Facts, Verdict, verdict_of
from llmops_cli.evals.judges.licence import Licence, LicenceState
from llmops_cli.evals.judges.unlicensed import judge_remarks, unlicensed, without_unlicensed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.suites import GatePolicy
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.evals.judges.unlicensed import JudgeRemarks


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalCase:
    """A critical case that did not simply pass; `before` is its state under the baseline, None when it is new."""

    case_id: str
    state: CriticalState
    passes: int
    trials: int
    before: CriticalState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the change did.

    `next_look` is the number of trials per case at which to compare again, `rerun_cases` are single cases
    of which one more trial would tell (a critical case that failed once, a suspected break); both are
    empty when nothing more is to be run. `failing_added` are added cases that fail by majority.
    `aside` are the judges without a licence: measured and shown, and part of no decision.
    """

    verdict: Verdict
    metrics: tuple[MetricComparison, ...]
    critical: tuple[CriticalCase, ...]
    hard_breaks: tuple[HardBreak, ...]
    mended: tuple[str, ...]
    comparability: Comparability
    failing_added: tuple[str, ...]
    cases: int
    next_look: int | None
    rerun_cases: tuple[str, ...]
    aside: tuple[MetricComparison, ...] = ()

    @property
    def shown(self) -> tuple[MetricComparison, ...]:
        """Every metric that was compared, those that decide first."""
        return self.metrics + self.aside

    @property
    def improved(self) -> bool:
        """Whether it passes and some metric got better for sure."""
        return self.verdict.kind is VerdictKind.PASS and any(metric.decision.improved for metric in self.metrics)


def compare_run(
    base: MeasuredRun,
    candidate: MeasuredRun,
    policy: GatePolicy,
    *,
    stale: Sequence[str] = (),
    final: bool | None = None,
    licences: Mapping[str, Licence] | None = None,
) -> Comparison:
    """Compare two runs of the same suite under the policy of the base revision.

    `stale` are the reasons why the baseline's trials can no longer stand for the present (another served
    model, too old); run both arms now and pass none, or the verdict is incomparable. `final` tells that
    no more trials can be had; left out, it is so after the last look. Of `licences`, by the names of metrics,
    those that may not block take their metric out of the decision, and a judge that drifted makes it incomparable.
    A judge that may block and got its canaries wrong on either side leaves the rest to find a regression, never a pass.
    """
    licences = licences or {}
    flipped = {**base.flipped, **candidate.flipped}
    aside, judges = _judges_aside(base, candidate, policy, licences, flipped)
    silent = unlicensed(licences) | flipped.keys()
    base, candidate = (without_unlicensed(run, silent) for run in (base, candidate))
    comparability = compare_yardsticks(base.yardstick, candidate.yardstick)
    compared = tuple(case for case in comparability.cases if candidate.passed.get(case) and base.passed.get(case))
    looked = min((len(candidate.passed[case]) for case in compared), default=0)
    next_look = _next_look(candidate, policy, looked) if final is None else None
    last = next_look is None if final is None else final
    metrics = compare_metrics(base, candidate, comparability, policy, final=last)
    critical = _critical_cases(base, candidate)
    breaks = _breaks(base, candidate, compared if comparability.same_bar else (), policy)
    facts = Facts(
        metrics=metrics,
        broken=tuple(_broken_in_words(case) for case in critical if case.state is CriticalState.BROKEN),
        unsettled=tuple(case.case_id for case in critical if case.state in _OPEN),
        hard_breaks=breaks.confirmed,
        mended=breaks.mended,
        comparability=comparability,
        lost=candidate.lost,
        cases=len(compared),
        measured=any(candidate.passed.values()),
        stale=tuple(stale),
        unsteady=tuple(sorted({*unsteady_metrics(base), *unsteady_metrics(candidate)})),
        judges=judges,
    )
    verdict = verdict_of(facts, policy)
    wants_look = any(metric.decision.verdict is GateVerdict.CONTINUE for metric in metrics)
    waiting = {case.case_id for case in critical if case.state is CriticalState.RERUN} | set(breaks.suspected)
    return Comparison(
        verdict=verdict,
        metrics=metrics,
        critical=critical,
        hard_breaks=breaks.confirmed,
        mended=breaks.mended,
        comparability=comparability,
        failing_added=_failing(candidate, comparability.added_cases),
        cases=len(compared),
        next_look=next_look if wants_look and verdict.kind is VerdictKind.INCONCLUSIVE else None,
        rerun_cases=tuple(sorted(waiting)) if final is not True else (),
        aside=aside,
    )


def _judges_aside(
    base: MeasuredRun,
    candidate: MeasuredRun,
    policy: GatePolicy,
    licences: Mapping[str, Licence],
    flipped: Mapping[str, str],
) -> tuple[tuple[MetricComparison, ...], JudgeRemarks]:
    """Return what the judges that decide nothing would say, and what is to be told of them."""
    if not unlicensed(licences) and not flipped:
        return (), NO_REMARKS
    comparability = compare_yardsticks(base.yardstick, candidate.yardstick)
    names = {name for name in unlicensed(licences) if licences[name].valid and name not in flipped}
    found = compare_aside(base, candidate, comparability, policy, names)
    # who hands in no licences asks nobody for them: then every judge decides
    held = {**dict.fromkeys(flipped, Licence(state=LicenceState.CALIBRATED)), **licences}
    return found, judge_remarks(held, {metric.name: metric.decision for metric in found}, flipped)


_OPEN = (CriticalState.RERUN, CriticalState.UNSETTLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Breaks:
    confirmed: tuple[HardBreak, ...]
    suspected: tuple[str, ...]
    mended: tuple[str, ...]


def _next_look(candidate: MeasuredRun, policy: GatePolicy, looked: int) -> int | None:
    if candidate.scores.keys() <= steady_metrics(candidate):
        return None
    return next((look for look in policy.looks if look > looked), None)


def _critical_cases(base: MeasuredRun, candidate: MeasuredRun) -> tuple[CriticalCase, ...]:
    rule = critical_rule(len(candidate.critical_cases))
    before = passes_of(base, rule.net)
    found = []
    after = passes_of(candidate, rule.net)
    for case_id in sorted(candidate.critical_cases & after.keys()):
        state = critical_state(after[case_id], rule)
        if state is not CriticalState.OK:
            earlier = critical_state(before[case_id], rule) if before.get(case_id) else None
            measured = candidate.passed[case_id]
            found.append(
                CriticalCase(case_id=case_id, state=state, passes=sum(measured), trials=len(measured), before=earlier)
            )
    return tuple(found)


def _breaks(base: MeasuredRun, candidate: MeasuredRun, compared: Sequence[str], policy: GatePolicy) -> _Breaks:
    times = max(policy.looks)
    before, after = passes_of(base, times), passes_of(candidate, times)
    shared_before = {case: before[case] for case in compared}
    shared_after = {case: after[case] for case in compared}
    return _Breaks(
        confirmed=confirmed_breaks(shared_before, shared_after),
        suspected=suspected_breaks(shared_before, shared_after),
        mended=mended_cases(shared_before, shared_after),
    )


def _failing(candidate: MeasuredRun, cases: Sequence[str]) -> tuple[str, ...]:
    def fails(trials: Sequence[bool]) -> bool:
        return 2 * sum(trials) <= len(trials)

    return tuple(case for case in cases if candidate.passed.get(case) and fails(candidate.passed[case]))


def _broken_in_words(case: CriticalCase) -> str:
    note = "; it was broken in the baseline already" if case.before is CriticalState.BROKEN else ""
    return f"{case.case_id} (passes {case.passes} of {case.trials}{note})"
