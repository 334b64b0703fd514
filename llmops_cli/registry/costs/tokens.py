"""How many tokens a text has: exact where the encoding is public and ours, otherwise an estimate that says so.

Exact are OpenAI's models with the `o200k_base` encoding (GPT-4o, 4.1, 4.5, 5.x, o1-o4, gpt-oss), from ranks
that travel in the wheel; the network is never asked. For every other family the count is that of
`o200k_base` times a factor, with the error that was seen. Factors and errors come from counting the same
texts (English, Python, JSON, prompt YAML, Chinese, German, Arabic, emoji) in November 2026 with each
family's public tokenizer: cl100k and llama3, qwen3, deepseek, mistral's tekken, gemma3 (standing in for
Gemini, whose tokenizer is not public), and SmolLM2's from its weights (141 files and six sentences).
Anthropic publishes none for the Claude of today: its row is that of the old public one with a wider error.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import ceil
from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError
from llmops_cli.registry.costs.model_names import maker_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import tiktoken

    from llmops_cli.core.prompts import Message

RANKS_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""Of the unpacked ranks; the value that tiktoken pins for `o200k_base`."""

_PATTERN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n/]*|"
    r"\s*[\r\n]+|"
    r"\s+(?!\S)|"
    r"\s+"
)
"""How `o200k_base` cuts text before merging: part of the encoding, as its ranks are."""

_O200K = re.compile(r"(ft:)?(gpt-4o|chatgpt-4o|gpt-4\.1|gpt-4\.5|gpt-5|o[134]\b|gpt-oss)")
_CL100K = re.compile(r"(ft:)?(gpt-4|gpt-3\.5|gpt-35)(-|$)")
_DOCUMENTED_FRAMES = re.compile(r"gpt-4o")
_OPEN_FAMILIES = (
    ("smollm", re.compile(r"smollm")),
    ("llama", re.compile(r"(meta-)?llama|.*\bllama[-_]?[34]")),
    ("qwen", re.compile(r"qwen")),
    ("gemini", re.compile(r"gemma")),
)

_TOKENS_PER_MESSAGE = 4
_TOKENS_PER_REPLY = 3
"""What frames messages: start, role, separator and end of each, and the start of the answer, as OpenAI's cookbook
counts for GPT-4o ("How to count tokens with tiktoken"). Others frame in ways of their own, mostly with as much."""

_NON_ENGLISH_SHARE = 0.004
_EMOJI_SHARE = 0.02
_CODE_SHARE = 0.08
_CODE = str.maketrans("", "", "{}[]()<>=;\"'`_\\/|&$#*")

_WORD = re.compile(r" ([A-Z]?[a-z]{2,})(?=[ .,;:!?)\n]|$)")
"""A space and a word that `_PATTERN` cuts out as one piece, whatever stands before; what may follow is kept narrow."""

_EXACT = (1.0, 0.0)
_FACTORS: Mapping[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    # (factor, error) for English prose, for code and JSON, for other languages and emoji
    "o200k": (_EXACT, _EXACT, _EXACT),
    "cl100k": ((1.01, 0.05), (1.0, 0.10), (1.9, 0.80)),
    "llama": ((1.01, 0.05), (1.0, 0.10), (1.3, 0.35)),
    "qwen": ((1.04, 0.10), (1.2, 0.25), (1.3, 0.40)),
    "deepseek": ((1.03, 0.10), (1.03, 0.25), (1.2, 0.35)),
    "mistral": ((1.05, 0.10), (1.22, 0.25), (1.25, 0.40)),
    "gemini": ((1.08, 0.10), (1.38, 0.40), (1.05, 0.30)),
    "anthropic": ((1.04, 0.35), (1.04, 0.40), (2.2, 1.0)),
    "smollm": ((1.08, 0.20), (1.14, 0.50), (2.25, 0.40)),
}
_UNKNOWN = ((1.05, 0.40), (1.2, 0.50), (1.9, 1.30))


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCount:
    """Tokens of a text. When not `exact`, the true number is expected within ± `error_fraction` of `tokens`."""

    tokens: int
    exact: bool
    error_fraction: float


def count_tokens(text: str, model: str) -> TokenCount:
    """Count the tokens of `text` as `provider/model` would; what looks like a control token counts as text."""
    factor, error = _FACTORS.get(_family(model), _UNKNOWN)[_kind(text)]
    tokens = len(_o200k().encode_ordinary(text)) if text else 0
    return TokenCount(tokens=ceil(tokens * factor), exact=error == 0, error_fraction=error)


def count_messages(messages: Iterable[Message], model: str) -> TokenCount:
    """Count the tokens of a whole request, the frames of its messages included.

    Exact for GPT-4o only, whose frames are documented; for others the frames are part of the error.
    """
    counts = [count_tokens(message.content, model) for message in messages]
    frames = len(counts) * _TOKENS_PER_MESSAGE + _TOKENS_PER_REPLY
    tokens = sum(count.tokens for count in counts)
    if _DOCUMENTED_FRAMES.match(_bare(model)):
        return TokenCount(tokens=tokens + frames, exact=True, error_fraction=0.0)
    doubtful = frames + sum(count.tokens * count.error_fraction for count in counts)
    return TokenCount(tokens=tokens + frames, exact=False, error_fraction=doubtful / (tokens + frames))


def certainly_at_most(text: str, model: str, limit: int) -> bool:
    """Tell, without loading the ranks (0.3 s), that `text` counts at most `limit` tokens; False means: count.

    There are never more tokens than bytes, and frequent words after a space are one token each.
    """
    factor, _ = _FACTORS.get(_family(model), _UNKNOWN)[_kind(text)]
    size = len(text.encode("utf-8", "replace"))
    if ceil(size * factor) <= limit:
        return True
    if _o200k.cache_info().currsize:
        return False  # counting costs as little by now
    words = _frequent_words()
    size -= sum(len(word) for word in _WORD.findall(text) if word in words)
    return ceil(size * factor) <= limit


@cache
def _family(model: str) -> str:
    name = _bare(model)
    if _O200K.match(name):
        return "o200k"
    if _CL100K.match(name):
        return "cl100k"
    return next((family for family, pattern in _OPEN_FAMILIES if pattern.match(name)), maker_of(name))


def _bare(model: str) -> str:
    return model.rpartition("/")[2].casefold()


def _kind(text: str) -> int:
    """Return which of the three kinds of text the factors are for: prose, code, other languages."""
    if not text.isascii():
        beyond = [character for character in text if character > "\x7f"]
        letters = sum(map(str.isalpha, beyond))
        if letters > len(text) * _NON_ENGLISH_SHARE or len(beyond) > len(text) * _EMOJI_SHARE:
            return 2
    return 1 if len(text) - len(text.translate(_CODE)) > len(text) * _CODE_SHARE else 0


@cache
def _frequent_words() -> frozenset[str]:
    text = files("llmops_cli.registry").joinpath("data/o200k_words.txt").read_text(encoding="ascii")
    return frozenset(text.split())


@cache
def _o200k() -> tiktoken.Encoding:
    import tiktoken

    packed = files("llmops_cli.registry").joinpath("data/o200k_base.tiktoken.gz").read_bytes()
    ranks = gzip.decompress(packed)
    if hashlib.sha256(ranks).hexdigest() != RANKS_SHA256:
        message = "the token ranks of this installation are damaged."
        raise SetupError(message, hint="Install llmops-cli again.")
    lines = (line.split() for line in ranks.splitlines() if line)
    return tiktoken.Encoding(
        name="o200k_base",
        pat_str=_PATTERN,
        mergeable_ranks={base64.b64decode(token): int(rank) for token, rank in lines},
        special_tokens={"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
    )
