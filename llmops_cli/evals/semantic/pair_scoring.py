"""Scoring by a model: pairs of answer and expected text in batches, the best expected text counting."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias, cast

from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.scores import Score, ScoreFailure, Tier
from llmops_cli.evals.measuring.expected_answer import expected_texts
from llmops_cli.evals.measuring.metric_base import CannotMeasureError, crash
from llmops_cli.evals.semantic.reference_texts import check_lengths, check_reference, likeness_problems, measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.embeddings import EmbeddingModels
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ParameterProblem, ScoreContext, ScoreOutcome, Scorer

Pair: TypeAlias = tuple[str, str]
"""Answer and expected text; neither is empty."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a pair is, in the model's own terms; `truncated` says that it did not see all of both texts."""

    value: float
    truncated: bool = False


class ComparePairs(Protocol):
    """A model bound to a metric's parameters."""

    async def __call__(self, pairs: Sequence[Pair], /) -> Sequence[Likeness]:
        """Return the likeness of each pair, in order."""
        ...


class ModelMetric(ABC):
    """A semantic metric that measures with a model, which the engine hands to it.

    `measured_by` names the model and everything about it that decides a score; it enters the digest by which
    runs are compared.
    """

    name: ClassVar[str]
    tier: ClassVar[Tier] = Tier.SEMANTIC
    version: ClassVar[int] = 1
    summary: ClassVar[str]
    parameters: ClassVar[JsonObject]
    needs_expected: ClassVar[bool] = True
    unit: ClassVar[str]

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """There is something to be like, and the threshold can be missed."""
        return likeness_problems(parameters)

    @abstractmethod
    def measured_by(self, parameters: JsonObject) -> str:
        """Return what identifies the model under these complete parameters."""

    @abstractmethod
    def compare_with(self, parameters: JsonObject, models: EmbeddingModels) -> ComparePairs:
        """Return the comparison by the model that the parameters name.

        Raises:
            UsageError: when the name means nothing.
            SetupError: when the model cannot be used on this machine.
        """

    def bind_with(self, name: str, parameters: JsonObject, models: EmbeddingModels) -> Scorer:
        """Return the scorer for checked, complete parameters; raises as `compare_with`."""
        return PairScoring(name, self, parameters, self.compare_with(parameters, models))

    def bind(self, name: str, parameters: JsonObject) -> Scorer:
        """Return the scorer where there is no model: it measures nothing, and says so."""
        return PairScoring(name, self, parameters, _no_model)


class PairScoring:
    """The scorer: collects the pairs of a batch, asks the model once, and keeps the best of each answer."""

    def __init__(self, name: str, metric: ModelMetric, parameters: JsonObject, compare: ComparePairs) -> None:
        """Take the metric's name within its suite, and the bound comparison."""
        self.name = name
        self._unit = metric.unit
        self._title = metric.name
        self._texts_of = expected_texts(parameters)
        self._minimum = cast("float", parameters["min"])
        self._compare = compare

    async def score(self, contexts: Sequence[ScoreContext]) -> Sequence[ScoreOutcome]:
        """Score a batch; an answer that cannot be measured does not spoil the others."""
        planned = [self._references(context) for context in contexts]
        pairs: dict[Pair, None] = {}
        for context, references in zip(contexts, planned, strict=True):
            if not isinstance(references, ScoreFailure) and context.completion.text.strip():
                pairs.update(((context.completion.text, reference), None) for reference in references)
        try:
            found = dict(zip(pairs, await self._compare(tuple(pairs)), strict=True)) if pairs else {}
        except (LlmopsError, CannotMeasureError) as error:
            return [ScoreFailure(metric=self.name, reason=str(error))] * len(contexts)
        except Exception as error:  # noqa: BLE001 - a metric that crashes has not measured; it never scores 0
            return [crash(self.name, error)] * len(contexts)
        return [
            references if isinstance(references, ScoreFailure) else self._outcome(context, references, found)
            for context, references in zip(contexts, planned, strict=True)
        ]

    def _references(self, context: ScoreContext) -> tuple[str, ...] | ScoreFailure:
        try:
            references = tuple(check_reference(text) for text in self._texts_of(context.case))
            check_lengths([context.completion.text, *references])
        except CannotMeasureError as error:
            return ScoreFailure(metric=self.name, reason=str(error))
        return references

    def _outcome(
        self, context: ScoreContext, references: Sequence[str], found: Mapping[Pair, Likeness]
    ) -> ScoreOutcome:
        answer = context.completion.text
        if not answer.strip():
            return Score(metric=self.name, value=0.0, passed=False, reason="the answer is empty")
        best = max((found[answer, reference] for reference in references), key=lambda likeness: likeness.value)
        measurement = measured(best.value, self._minimum, self._title, raw=best.value, unit=self._unit)
        seen = " (the end of a long text was not seen)" if best.truncated else ""
        return Score(
            metric=self.name,
            value=measurement.value,
            passed=measurement.passed,
            reason=measurement.reason + seen,
            raw=measurement.raw,
            unit=measurement.unit,
        )


async def _no_model(_pairs: Sequence[Pair], /) -> Sequence[Likeness]:
    message = "the metric needs a model, and nobody gave it one"
    raise CannotMeasureError(message)
