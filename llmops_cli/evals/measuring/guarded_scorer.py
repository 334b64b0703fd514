"""What every scorer owes the engine, whoever wrote it: no exception, one outcome each, scores in [0, 1], `not`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli.core.scores import Score, ScoreFailure
from llmops_cli.evals.measuring.metric_base import crash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.scores import ScoreContext, ScoreOutcome, Scorer


class GuardedScorer:
    """A scorer around another one.

    With `negated`, a pass is a failure and the score is 1 − value; a failure to measure stays one.
    """

    def __init__(self, inner: Scorer, *, negated: bool) -> None:
        """Wrap `inner`."""
        self.name = inner.name
        self._inner = inner
        self._negated = negated

    async def score(self, contexts: Sequence[ScoreContext]) -> Sequence[ScoreOutcome]:
        """Return one sound outcome per context, in order."""
        try:
            outcomes = await self._inner.score(contexts)
        except Exception as error:  # noqa: BLE001 - a metric that crashes has not measured; it never scores 0
            return [crash(self.name, error)] * len(contexts)
        if len(outcomes) != len(contexts):
            reason = f"the metric gave {len(outcomes)} outcomes for {len(contexts)} answers"
            return [ScoreFailure(metric=self.name, reason=reason)] * len(contexts)
        return [self._sound(outcome) for outcome in outcomes]

    def _sound(self, outcome: ScoreOutcome) -> ScoreOutcome:
        if isinstance(outcome, ScoreFailure):
            return outcome
        if not (math.isfinite(outcome.value) and 0.0 <= outcome.value <= 1.0):
            return ScoreFailure(metric=self.name, reason=f"the metric gave {outcome.value}, which is not in [0, 1]")
        return _inverted(outcome) if self._negated else outcome


def _inverted(score: Score) -> Score:
    return replace(score, value=1.0 - score.value, passed=not score.passed, reason=f"not: {score.reason}")
