"""What every scorer owes the engine, whoever wrote it: no exception, one outcome each, scores in [0, 1], `not`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import NoneType
from typing import TYPE_CHECKING

from llmops_cli.core.attribute_types import wrong_attribute
from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.scores import Score, ScoreFailure
from llmops_cli.evals.measuring.metric_base import crash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext, ScoreOutcome, Scorer

_SCORE: Mapping[str, type | tuple[type, ...]] = {
    "value": (int, float),
    "passed": bool,
    "reason": str,
    "raw": (int, float, NoneType),
    "unit": str,
    "details": Mapping,
}
"""What a score consists of; a word such as "no" in place of False would count as a pass."""

_FAILURE: Mapping[str, type | tuple[type, ...]] = {"reason": str, "details": Mapping}


class GuardedScorer:
    """A scorer around another one; `name` is the metric's name in its suite, and that of every outcome.

    With `negated`, a pass is a failure and the score is 1 − value; a failure to measure stays one.
    """

    def __init__(self, inner: Scorer, *, name: str, negated: bool) -> None:
        """Wrap `inner`."""
        self.name = name
        self._inner = inner
        self._negated = negated

    async def score(self, contexts: Sequence[ScoreContext]) -> Sequence[ScoreOutcome]:
        """Return one sound outcome per context, in order."""
        try:
            outcomes = tuple(await self._inner.score(contexts))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a metric that crashes has not measured; never a 0
            return [crash(self.name, error)] * len(contexts)
        if len(outcomes) != len(contexts):
            return [self._failure(f"the metric gave {len(outcomes)} outcomes for {len(contexts)} answers")] * len(
                contexts
            )
        return [self._sound(outcome) for outcome in outcomes]

    def _sound(self, outcome: object) -> ScoreOutcome:
        """Return the outcome under this metric's name, whatever name a scorer of another package gives it."""
        if isinstance(outcome, ScoreFailure):
            if wrong_attribute(outcome, _FAILURE) or _not_json(outcome.details):
                return self._failure("the metric could not measure, and gave no reason that can be written down")
            return outcome if outcome.metric == self.name else replace(outcome, metric=self.name)
        if not isinstance(outcome, Score) or wrong_attribute(outcome, _SCORE):
            wrong = wrong_attribute(outcome, _SCORE)
            return self._failure(f"the metric gave a {type(outcome).__name__} that is no score ({wrong})")
        if not (math.isfinite(outcome.value) and 0.0 <= outcome.value <= 1.0):
            return self._failure(f"the metric gave {outcome.value}, which is not in [0, 1]")
        if outcome.details and (problem := _not_json(outcome.details)):
            return self._failure(f"the metric gave details that cannot be written down: {problem}")
        named = outcome if outcome.metric == self.name else replace(outcome, metric=self.name)
        return _inverted(named) if self._negated else named

    def _failure(self, reason: str) -> ScoreFailure:
        return ScoreFailure(metric=self.name, reason=reason)


def _not_json(details: JsonObject) -> str:
    try:
        canonical_json(details)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's objects may raise anything
        return f"{type(error).__name__}: {str(error)[:200]}"
    return ""


def _inverted(score: Score) -> Score:
    return replace(score, value=1.0 - score.value, passed=not score.passed, reason=f"not: {score.reason}")
