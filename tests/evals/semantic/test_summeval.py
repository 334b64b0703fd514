"""Semantic metrics beside people's ratings of real summaries: they agree somewhat, and must go on doing so."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from evals.scoring import spec_of
from evals.semantic.embedded import embedded_models
from scipy.stats import spearmanr

from llmops_cli.core.completions import Completion, Usage
from llmops_cli.core.scores import Score, ScoreContext
from llmops_cli.core.suites import Case
from llmops_cli.evals.measuring.metric_table import bind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.scores import ScoreOutcome

FILE = Path(__file__).parents[2] / "data" / "summeval" / "summeval-10.jsonl"
DOCUMENTS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("metric", "agreement"),
    [
        ("rouge_1", 0.27),
        ("rouge_l", 0.20),
        ("chrf", 0.34),
        pytest.param("embedding_similarity", 0.11, marks=pytest.mark.local_model),
        pytest.param("bert_score", 0.20, marks=pytest.mark.local_model),
    ],
)
def test_agreement_with_people_about_relevance_stays_what_it_was(metric: str, agreement: float) -> None:
    contexts, ratings = [], []
    for document in DOCUMENTS:
        case = Case(id=document["id"], variables={}, expected=tuple(document["references"]))
        for system in document["systems"].values():
            contexts.append(ScoreContext(case=case, completion=Completion(text=system["output"], usage=Usage())))
            ratings.append(system["scores"]["relevance"])
    models = embedded_models() if metric in {"embedding_similarity", "bert_score"} else None

    async def run() -> Sequence[ScoreOutcome]:
        return await bind(spec_of(metric, {"min": 0.5}), models).score(contexts)

    values = [outcome.value for outcome in asyncio.run(run()) if isinstance(outcome, Score)]
    assert len(values) == 160
    assert float(spearmanr(values, ratings).statistic) == pytest.approx(agreement, abs=0.006)
