"""What the semantic benchmarks share: metrics with their settings, and scoring many pairs at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_cli.core.completions import Completion, Usage
from llmops_cli.core.scores import Score, ScoreContext
from llmops_cli.core.suites import Case, MetricSpec
from llmops_cli.evals.measuring.metric_table import bind
from llmops_cli.gateway.assembly import Gateway
from llmops_cli.gateway.gateway_settings import GatewaySettings
from llmops_cli.registry.project_file import ProjectSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.embeddings import EmbeddingModels
    from llmops_cli.core.scores import Scorer

METRICS: dict[str, dict[str, Any]] = {
    "rouge_1": {"min": 0.5},
    "rouge_2": {"min": 0.5},
    "rouge_l": {"min": 0.5},
    "rouge_lsum": {"min": 0.5},
    "bleu": {"min": 0.5},
    "chrf": {"min": 0.5},
    "embedding_similarity": {"min": 0.5},
    "bert_score": {"min": 0.5},
    "contradiction": {},
}

Expected = str | tuple[str, ...]


def models() -> EmbeddingModels:
    return Gateway(GatewaySettings(project=ProjectSettings(), root=Path.cwd(), environ={})).embeddings


def scorer(metric: str, using: EmbeddingModels, **parameters: bool) -> Scorer:
    spec = MetricSpec(metric=metric, name=metric, parameters={**METRICS[metric], **parameters})
    return bind(spec, using)


def values(bound: Scorer, pairs: Sequence[tuple[str, Expected]], batch: int = 64) -> list[float]:
    """Return the scores of (answer, expected) pairs, in the engine's batches."""
    contexts = [
        ScoreContext(case=Case(id="c", variables={}, expected=e), completion=Completion(text=a, usage=Usage()))
        for a, e in pairs
    ]

    async def run() -> list[float]:
        found: list[float] = []
        for start in range(0, len(contexts), batch):
            for outcome in await bound.score(contexts[start : start + batch]):
                assert isinstance(outcome, Score), outcome
                found.append(outcome.value)
        return found

    return asyncio.run(run())
