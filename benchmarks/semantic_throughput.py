"""Semantic metrics on 1,000 pairs beside the libraries' own loops, in one run.

    pip install "llmops-cli[local,bertscore]" onnx "sentence-transformers<6"
    python benchmarks/semantic_throughput.py

Pairs are outputs and references of SummEval's first ten documents (about 60 words each), and the same cut to their
first 12 words. Ours is the whole metric as an evaluation runs it: references looked up, batches of 64, scores with
reasons. The libraries' loops only compute. Models are loaded before the clock starts. Seconds are those of the CPU, all
threads together: on a machine with other work they tell more than the clock.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from benchmarks.semantic_models import models, scorer, values  # noqa: E402 - after the paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.embeddings import EmbeddingModels

    Loop = Callable[[list[tuple[str, str]]], object]

TESTS = Path(__file__).parents[1] / "tests"
COUNT = 1000
SHORT = 12


def main() -> None:
    using = models()
    bert_score, cosines = _libraries()
    print(f"| {COUNT:,} pairs | ours, CPU s | pairs/s | the library's loop, CPU s | pairs/s | ours is faster by |")
    print("|---|---|---|---|---|---|")
    for title, pairs in (("12 words", _pairs(SHORT)), ("60 words", _pairs(None))):
        _row(f"rouge_l, {title}", _ours("rouge_l", using, pairs), _rouge_score(pairs))
        _row(f"rouge_l stemmed, {title}", _ours("rouge_l", using, pairs, stem=True), _rouge_score(pairs, stem=True))
        # new models for each row: nothing is remembered from the row before
        _row(f"embedding_similarity, {title}", _ours("embedding_similarity", _loaded(), pairs), _bound(cosines, pairs))
        _row(f"bert_score, {title}", _ours("bert_score", _loaded(), pairs), _bound(bert_score, pairs))


def _row(title: str, ours: Callable[[], object], theirs: Callable[[], object] | None) -> None:
    mine = _seconds(ours)
    if theirs is None:
        print(f"| {title} | {mine:.2f} | {COUNT / mine:,.0f} | not installed | | |", flush=True)
        return
    other = _seconds(theirs)
    print(f"| {title} | {mine:.2f} | {COUNT / mine:,.0f} | {other:.2f} | {COUNT / other:,.0f} | {other / mine:.1f} |")


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _pairs(words: int | None) -> list[tuple[str, str]]:
    lines = (TESTS / "data" / "summeval" / "summeval-10.jsonl").read_text(encoding="utf-8").splitlines()
    found = []
    for document in map(json.loads, lines):
        for system in document["systems"].values():
            found += [(system["output"], reference) for reference in document["references"]]
    # spread over all documents
    chosen = [found[number * len(found) // COUNT] for number in range(COUNT)]
    return [(" ".join(a.split()[:words]), " ".join(r.split()[:words])) for a, r in chosen]


def _ours(
    metric: str, using: EmbeddingModels, pairs: list[tuple[str, str]], **parameters: bool
) -> Callable[[], object]:
    bound = scorer(metric, using, **parameters)
    return lambda: values(bound, list(pairs))


def _rouge_score(pairs: list[tuple[str, str]], *, stem: bool = False) -> Callable[[], object]:
    from rouge_score.rouge_scorer import RougeScorer  # noqa: PLC0415

    library = RougeScorer(["rougeL"], use_stemmer=stem)
    return lambda: [library.score(reference, answer) for answer, reference in pairs]


def _libraries() -> tuple[Loop | None, Loop | None]:
    """Return bert-score and sentence-transformers over the embedded model's weights, as users call them."""
    if not all(find_spec(name) for name in ("bert_score", "torch", "onnx", "sentence_transformers")):
        return None, None
    from bert_score import BERTScorer  # noqa: PLC0415
    from evals.semantic.dequantised_model import embedded_weights, write_model  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.models import Pooling, Transformer  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="minilm-") as scratch:
        folder = str(write_model(embedded_weights(), Path(scratch) / "model"))
        scorer_ = BERTScorer(model_type=folder, num_layers=6)
        encoder = SentenceTransformer(modules=[Transformer(folder, max_seq_length=256), Pooling(384)], device="cpu")

    def bert_score(pairs: list[tuple[str, str]]) -> object:
        return scorer_.score([a for a, _ in pairs], [r for _, r in pairs], batch_size=64)

    def cosines(pairs: list[tuple[str, str]]) -> object:
        # each text once, as ours and bert-score do by themselves
        texts = list(dict.fromkeys(text for pair in pairs for text in pair))
        found = dict(zip(texts, encoder.encode(texts, batch_size=64, normalize_embeddings=True), strict=True))
        return [float(found[answer] @ found[reference]) for answer, reference in pairs]

    return bert_score, cosines


def _bound(loop: Loop | None, pairs: list[tuple[str, str]]) -> Callable[[], object] | None:
    return None if loop is None else lambda: loop(pairs)


def _loaded() -> EmbeddingModels:
    using = models()
    asyncio.run(_load(using))
    return using


async def _load(using: EmbeddingModels) -> None:
    await using.token_embedder("embedded").embed_tokens(["load"])


main()
