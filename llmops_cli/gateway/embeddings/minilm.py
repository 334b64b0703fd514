"""The embedded model: all-MiniLM-L6-v2 in 8 bits, on onnxruntime and tokenizers, without network or torch.

Texts of the same number of tokens go through together, and nothing is ever padded: then a text's numbers are the
same, bit by bit, whatever it is batched with (shown by a test), and no time goes into padding.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from llmops_cli.core.embeddings import EmbeddedText, EmbeddedTokens
from llmops_cli.gateway.embeddings.minilm_files import check_installed, read_vocabulary, read_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

SENTENCE_TOKENS = 256
"""What the model was trained for as a sentence encoder; the end of a longer text is not seen."""

TOKENS = 512
"""What the network can take, and what `bert-score` cuts at."""

BATCH_TOKENS = 4096
"""Tokens that go through the network at once: about 150 MB of intermediate results."""

LONGEST_CHARACTERS = 100_000
"""Characters that are split into tokens at all; what the network takes is in the first few thousand."""

VECTORS_KEPT = 4096
"""Vectors that are remembered (1.5 KB each): expected answers come again with every trial."""

TOKEN_BYTES_KEPT = 64 * 1024 * 1024
"""Bytes of tokens' vectors that are remembered, for the same reason; a token takes 1.5 KB."""


class Minilm:
    """The model in memory, loaded when it is first used; both ports of core over the same weights."""

    def __init__(self) -> None:
        """Look whether the packages are there, and load nothing yet.

        Raises:
            SetupError: when the extra is not installed.
        """
        check_installed()
        self._lock = threading.Lock()
        self._network: _Network | None = None
        self._known: OrderedDict[str, EmbeddedText] = OrderedDict()
        self._known_tokens: OrderedDict[str, EmbeddedTokens] = OrderedDict()
        self._token_bytes = 0

    async def embed(self, texts: Sequence[str]) -> Sequence[EmbeddedText]:
        """Return the mean over the tokens of each text, as a vector of length 1."""
        # taken out before waiting: another batch may push them out meanwhile
        known = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        found = dict(zip(new, await self._encode(new, SENTENCE_TOKENS, _mean), strict=True))
        self._remember(found)
        return [known[text] if text in known else found[text] for text in texts]

    async def embed_tokens(self, texts: Sequence[str]) -> Sequence[EmbeddedTokens]:
        """Return the vector of each token of each text."""
        # taken out before waiting: another batch may push them out meanwhile
        known = {text: self._known_tokens[text] for text in texts if text in self._known_tokens}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        found = dict(zip(new, await self._encode(new, TOKENS, _rows), strict=True))
        self._remember_tokens(found)
        return [known[text] if text in known else found[text] for text in texts]

    async def _encode(self, texts: Sequence[str], most: int, pool: Callable[[Any, bool], Any]) -> Sequence[Any]:
        if not texts:
            return ()
        # the network lets go of the interpreter, so that calls to providers go on meanwhile
        return await asyncio.to_thread(self._encode_now, texts, most, pool)

    def _encode_now(self, texts: Sequence[str], most: int, pool: Callable[[Any, bool], Any]) -> Sequence[Any]:
        with self._lock:
            if self._network is None:
                self._network = _Network()
            return self._network.encode(texts, most, pool)

    def _remember(self, found: Mapping[str, EmbeddedText]) -> None:
        self._known.update(found)
        while len(self._known) > VECTORS_KEPT:
            self._known.popitem(last=False)

    def _remember_tokens(self, found: Mapping[str, EmbeddedTokens]) -> None:
        for text, tokens in found.items():
            if text not in self._known_tokens:
                self._token_bytes += tokens.values.nbytes
            self._known_tokens[text] = tokens
        while self._token_bytes > TOKEN_BYTES_KEPT:
            self._token_bytes -= self._known_tokens.popitem(last=False)[1].values.nbytes


class _Network:
    """Tokenizer and network."""

    def __init__(self) -> None:
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)  # it warns about graphics cards that are not there
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # threads that wait for work would otherwise spin: on a busy machine that took 2.6 times the CPU, for nothing
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(read_weights(), options, providers=["CPUExecutionProvider"])
        self._tokenizer = _tokenizer(read_vocabulary())

    def encode(self, texts: Sequence[str], most: int, pool: Callable[[Any, bool], Any]) -> list[Any]:
        import numpy as np

        pieces = [self._pieces(text, most) for text in texts]
        results: list[Any] = [None] * len(texts)
        for batch in _batches([len(ids) for ids, _ in pieces]):
            ids = np.array([pieces[number][0] for number in batch], dtype=np.int64)
            inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
            (states,) = self._session.run(None, inputs)
            for number, rows in zip(batch, states, strict=True):
                results[number] = pool(rows, pieces[number][1])
        return results

    def _pieces(self, text: str, most: int) -> tuple[list[int], bool]:
        # a lone surrogate has no UTF-8 form
        sound = text[:LONGEST_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
        ids: list[int] = self._tokenizer.encode(sound).ids
        if len(ids) <= most:
            return ids, len(text) > LONGEST_CHARACTERS
        return [*ids[: most - 1], ids[-1]], True


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the numbers of texts of equal length, the shortest first."""
    by_length: dict[int, list[int]] = {}
    for number, length in enumerate(lengths):
        by_length.setdefault(length, []).append(number)
    for length in sorted(by_length):
        together = max(BATCH_TOKENS // length, 1)
        numbers = by_length[length]
        for start in range(0, len(numbers), together):
            yield numbers[start : start + together]


def _tokenizer(vocabulary: dict[str, int]) -> Any:  # noqa: ANN401 - the library comes with the extra
    """Return the tokenizer of bert-base-uncased: clean, lower case, no accents, greedy pieces of words."""
    import tokenizers
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import BertProcessing

    tokenizer = tokenizers.Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106
    tokenizer.normalizer = BertNormalizer(clean_text=True, handle_chinese_chars=True, lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = BertProcessing(("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"]))
    return tokenizer


def _mean(rows: Any, truncated: bool) -> EmbeddedText:  # noqa: ANN401, FBT001
    import numpy as np

    mean = rows.astype(np.float64).mean(axis=0)
    return EmbeddedText(vector=(mean / np.linalg.norm(mean)).tolist(), truncated=truncated)


def _rows(rows: Any, truncated: bool) -> EmbeddedTokens:  # noqa: ANN401, FBT001
    import numpy as np

    unit = np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
    tokens, size = unit.shape
    return EmbeddedTokens(values=unit.data.cast("B"), tokens=tokens, size=size, truncated=truncated)
