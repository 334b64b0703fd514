"""Facts of a comparison and a policy to one of the five verdicts, with its reasons in words.

The order: what was not measured comes before everything, then critical cases, then single cases that broke,
then the averages. A regression that was found stays one even where something else cannot be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.compare.gate import GateVerdict
from llmops_cli.evals.compare.hard_breaks import breaks_block
from llmops_cli.evals.judges.unlicensed import JudgeRemarks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.suites import GatePolicy
    from llmops_cli.evals.compare.comparability import Comparability
    from llmops_cli.evals.compare.hard_breaks import HardBreak
    from llmops_cli.evals.compare.lost_trials import LostTrials
    from llmops_cli.evals.comparing.metric_comparison import MetricComparison


NO_REMARKS = JudgeRemarks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One of the five verdicts; the reasons are full sentences, the decisive one first."""

    kind: VerdictKind
    reasons: tuple[str, ...]


def holds_the_change(verdict: Verdict, policy: GatePolicy) -> bool:
    """Whether the verdict alone stops the change: a regression does, an inconclusive one where the policy says so."""
    if verdict.kind is VerdictKind.INCONCLUSIVE:
        return policy.on_inconclusive == "block"
    return verdict.kind is not VerdictKind.PASS


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a verdict is made from; `broken` and `unsettled` are critical cases, `cases` are those compared.

    `unsteady` are metrics that were declared deterministic and are not. `judges` says which judges do not decide.
    """

    metrics: tuple[MetricComparison, ...]
    broken: tuple[str, ...]
    unsettled: tuple[str, ...]
    hard_breaks: tuple[HardBreak, ...]
    mended: tuple[str, ...]
    comparability: Comparability
    lost: LostTrials
    cases: int
    measured: bool
    stale: tuple[str, ...] = ()
    unsteady: tuple[str, ...] = ()
    judges: JudgeRemarks = NO_REMARKS


def verdict_of(facts: Facts, policy: GatePolicy) -> Verdict:
    """Return the verdict of the first rule that has something to say, with what else is worth knowing."""
    for kind, reasons in _rules(facts, policy):
        if reasons:
            return Verdict(kind=kind, reasons=_in_order(facts, reasons))
    return Verdict(kind=VerdictKind.PASS, reasons=_in_order(facts, _with_verdict(facts, *GateVerdict)))


def _in_order(facts: Facts, reasons: tuple[str, ...]) -> tuple[str, ...]:
    """Return the decisive reason, then what judges only warn about, then the rest."""
    told = dict.fromkeys([*reasons[:1], *facts.judges.all, *reasons[1:]])
    return (*told, *_notes(facts, reasons))


def _rules(facts: Facts, policy: GatePolicy) -> Iterator[tuple[VerdictKind, tuple[str, ...]]]:
    yield VerdictKind.NOT_RUN, _nothing_measured(facts)
    yield VerdictKind.INCONCLUSIVE, tuple(filter(None, [facts.lost.objection()]))
    yield VerdictKind.REGRESSION, _broken_critical(facts)
    yield VerdictKind.INCOMPARABLE, facts.stale
    yield VerdictKind.REGRESSION, _hard_breaks(facts, policy)
    yield VerdictKind.REGRESSION, _with_verdict(facts, GateVerdict.BLOCK)
    yield VerdictKind.INCOMPARABLE, facts.judges.invalid
    yield VerdictKind.INCONCLUSIVE, facts.judges.flipped
    yield VerdictKind.INCONCLUSIVE, _judges_alone(facts)
    yield VerdictKind.INCOMPARABLE, _incomparable(facts)
    yield VerdictKind.INCONCLUSIVE, _open_critical(facts)
    yield VerdictKind.INCONCLUSIVE, _too_few(facts, policy)
    yield VerdictKind.INCONCLUSIVE, _with_verdict(facts, GateVerdict.INCONCLUSIVE, GateVerdict.CONTINUE)


def _nothing_measured(facts: Facts) -> tuple[str, ...]:
    if facts.measured or facts.lost.lost:
        return ()
    return ("Nothing was measured: no case was run.",)


def _broken_critical(facts: Facts) -> tuple[str, ...]:
    if not facts.broken:
        return ()
    return (f"Critical case{'' if len(facts.broken) == 1 else 's'} broken: {', '.join(facts.broken)}.",)


def _hard_breaks(facts: Facts, policy: GatePolicy) -> tuple[str, ...]:
    if policy.hard_breaks != "block" or not breaks_block(len(facts.hard_breaks), len(facts.mended)):
        return ()
    mended = f", {len(facts.mended)} mended" if facts.mended else ""
    return (f"{len(facts.hard_breaks)} cases that worked are broken{mended}: {_listed(facts.hard_breaks)}.",)


def _with_verdict(facts: Facts, *verdicts: GateVerdict) -> tuple[str, ...]:
    """Say what each metric comes to; metrics of which the same is to be said share the sentence."""
    named: dict[str, list[str]] = {}
    for metric in facts.metrics:
        if metric.decision.verdict in verdicts:
            named.setdefault(_sentences(metric), []).append(metric.name)
    return tuple(f"{', '.join(names)}: {sentences}" for sentences, names in named.items())


def _incomparable(facts: Facts) -> tuple[str, ...]:
    comparability = facts.comparability
    if comparability.changed_metrics:
        return comparability.sentences()
    if facts.cases == 0 or not facts.metrics:
        return ("No case was measured in the same way on both sides.", *comparability.sentences())
    return ()


def _judges_alone(facts: Facts) -> tuple[str, ...]:
    if facts.metrics or not facts.judges.warnings or facts.comparability.changed_metrics or not facts.cases:
        return ()
    return ("Only judges without a licence measure here, so nothing can decide.",)


def _open_critical(facts: Facts) -> tuple[str, ...]:
    if not facts.unsettled:
        return ()
    return (f"Critical cases that failed and are not settled: {', '.join(facts.unsettled)}.",)


def _too_few(facts: Facts, policy: GatePolicy) -> tuple[str, ...]:
    if facts.cases >= policy.min_cases:
        return ()
    return (
        f"Too few cases: {facts.cases} could be compared, the policy asks for {policy.min_cases}.",
        *_with_verdict(facts, *GateVerdict),
    )


def _notes(facts: Facts, told: tuple[str, ...]) -> Iterator[str]:
    """Say what did not decide but should not be missed; not again what was `told`."""
    listed = _listed(facts.hard_breaks)
    if facts.hard_breaks and not any(listed in reason for reason in told):
        yield f"Worked before and fails now: {listed}."
    if facts.unsteady:
        yield f"Declared deterministic, but repeats differ: {', '.join(facts.unsteady)}; treated as random."
    yield from (sentence for sentence in facts.comparability.sentences() if sentence not in told)


def _sentences(metric: MetricComparison) -> str:
    return " ".join(metric.decision.reasons)


def _listed(breaks: tuple[HardBreak, ...], most: int = 5) -> str:
    more = f" and {len(breaks) - most} more" if len(breaks) > most else ""
    return ", ".join(map(str, breaks[:most])) + more
