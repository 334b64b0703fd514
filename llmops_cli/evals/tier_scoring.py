"""The scores of one completion, tier by tier, cheapest first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.scores import Score, ScoreFailure, Tier
from llmops_cli.evals.batching import BatchingScorer
from llmops_cli.evals.measuring.metric_table import tier_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.scores import ScoreContext, ScoreOutcome, Scorer
    from llmops_cli.core.suites import Case, MetricSpec
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.ports import Bind

SCORERS_KEPT = 1000
"""Bound scorers of metrics that single cases add; a suite with more of them binds some again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What the metrics said of one completion."""

    scores: tuple[Score, ...]
    failures: tuple[ScoreFailure, ...]
    skipped: tuple[str, ...]


class TierScoring:
    """Scores completions with the metrics of a job; each specification is bound once."""

    def __init__(self, job: EvalJob, bind: Bind) -> None:
        """Take the job and the way to scorers."""
        self._job = job
        self._bind = bind
        self._scorers: dict[bytes, Scorer] = {}
        self._suite_tiers = self._by_tier(job.metrics_of_suite())

    async def score(self, context: ScoreContext) -> Scored:
        """Run the tiers in order until one of them decides."""
        scores: list[Score] = []
        failures: list[ScoreFailure] = []
        skipped: list[str] = []
        decided = False
        for specs in self._tiers(context.case):
            if decided:
                skipped += [spec.name for spec, _ in specs]
                continue
            for (spec, _), outcome in zip(specs, await _outcomes(specs, context), strict=True):
                if isinstance(outcome, ScoreFailure):
                    failures.append(outcome)
                else:
                    scores.append(outcome)
                    decided |= not outcome.passed and (spec.required or self._job.fail_fast_tier)
        return Scored(scores=tuple(scores), failures=tuple(failures), skipped=tuple(skipped))

    def _tiers(self, case: Case) -> Sequence[Sequence[tuple[MetricSpec, Scorer]]]:
        return self._by_tier(self._job.metrics_of(case)) if case.metrics else self._suite_tiers

    def _by_tier(self, specs: Sequence[MetricSpec]) -> Sequence[Sequence[tuple[MetricSpec, Scorer]]]:
        tiers: dict[Tier, list[tuple[MetricSpec, Scorer]]] = {tier: [] for tier in Tier}
        for spec in specs:
            tiers[tier_of(spec)].append((spec, self._scorer(spec)))
        return [bound for bound in tiers.values() if bound]

    def _scorer(self, spec: MetricSpec) -> Scorer:
        key = canonical_json(spec.as_json())
        scorer = self._scorers.get(key)
        if scorer is None:
            scorer = self._bind(spec)
            if tier_of(spec) is not Tier.DETERMINISTIC:
                scorer = BatchingScorer(scorer)
            if len(self._scorers) < SCORERS_KEPT:
                self._scorers[key] = scorer
        return scorer


async def _outcomes(specs: Sequence[tuple[MetricSpec, Scorer]], context: ScoreContext) -> Sequence[ScoreOutcome]:
    if tier_of(specs[0][0]) is Tier.DETERMINISTIC:
        return [(await scorer.score([context]))[0] for _, scorer in specs]
    found = await asyncio.gather(*(scorer.score([context]) for _, scorer in specs))
    return [outcomes[0] for outcomes in found]
