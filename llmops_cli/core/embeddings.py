"""Texts as vectors: what semantic metrics ask of a model, and the names by which they ask for it.

Vectors and matrices are plain sequences and buffers, so that this package needs no numerical library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

EMBEDDED_MODEL = "embedded"
"""The name of the model that comes with the `local` extra: all-MiniLM-L6-v2, its weights in 8 bits."""

EMBEDDED_WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
EMBEDDED_VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"

EMBEDDED_IDENTITY = f"all-minilm-l6-v2-int8/1 layer 6 {EMBEDDED_WEIGHTS_SHA256[:16]}"
"""Name and version of our implementation, the layer, and the weights. It enters the digest of every metric that
uses the model: raise the version when the same text gives other numbers."""

Vector: TypeAlias = "Sequence[float]"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedText:
    """A text as one vector of length 1. `truncated` says that the model did not see its end."""

    vector: Vector
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedTokens:
    """A text as one vector of length 1 per token, the model's marks at both ends included.

    `values` holds `tokens` rows of `size` 32-bit floats, one after the other.
    """

    values: memoryview
    tokens: int
    size: int
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMatch:
    """BERTScore of one pair of texts."""

    precision: float
    recall: float
    f1: float
    truncated: bool = False


class Embedder(Protocol):
    """Turns texts into vectors whose cosine says how alike the texts are."""

    async def embed(self, texts: Sequence[str]) -> Sequence[EmbeddedText]:
        """Return one vector per text, in order; the same text gives the same vector, whatever goes with it.

        Raises:
            SetupError: when the model cannot be used on this machine.
            ProviderError: when its provider does not answer.
        """
        ...


class TokenEmbedder(Protocol):
    """Turns texts into vectors of their tokens, each seen in its context."""

    async def embed_tokens(self, texts: Sequence[str]) -> Sequence[EmbeddedTokens]:
        """Return the tokens of each text, in order; as `Embedder.embed` otherwise."""
        ...


class PairScorer(Protocol):
    """Computes BERTScore itself: the `bert-score` library with a model of its own."""

    async def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> Sequence[TokenMatch]:
        """Score pairs of answer and reference, neither of them empty.

        Raises:
            SetupError: when library or model are not on this machine.
        """
        ...


class EmbeddingModels(Protocol):
    """The port through which semantic metrics reach models; each is loaded once, when it is first used.

    All three raise UsageError when the name means nothing here, and SetupError when what the model needs is not
    on this machine: asked for before a run, so that no answer is paid for that could not be scored.
    """

    def embedder(self, model: str) -> Embedder:
        """Return the model `embedded`, or `provider/model` of an endpoint that speaks OpenAI's protocol."""
        ...

    def token_embedder(self, model: str) -> TokenEmbedder:
        """Return the model `embedded`; no other gives the vectors of tokens."""
        ...

    def pair_scorer(self, model: str, *, layer: int | None, weights_sha256: str | None) -> PairScorer:
        """Return the `bert-score` library over a folder of the repository (`./…`) or a named model."""
        ...
