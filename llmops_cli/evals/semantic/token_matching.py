"""BERTScore (Zhang et al., 2020) from vectors of tokens: each token with the most alike one of the other text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_cli.core.embeddings import TokenMatch

if TYPE_CHECKING:
    from llmops_cli.core.embeddings import EmbeddedTokens

_MARKS = 2
"""The model's marks at both ends: they weigh nothing, but tokens of the other text may be most like them."""


def match_tokens(answer: EmbeddedTokens, reference: EmbeddedTokens) -> TokenMatch:
    """Return precision, recall and F1, without weights by rarity and without rescaling, as bert-score does."""
    if answer.tokens <= _MARKS or reference.tokens <= _MARKS:
        return TokenMatch(precision=0.0, recall=0.0, f1=0.0)
    cosines = _matrix(answer) @ _matrix(reference).T
    precision = float(cosines.max(axis=1)[1:-1].mean())
    recall = float(cosines.max(axis=0)[1:-1].mean())
    together = precision + recall
    f1 = 2 * precision * recall / together if together > 0 else 0.0
    truncated = answer.truncated or reference.truncated
    return TokenMatch(precision=precision, recall=recall, f1=f1, truncated=truncated)


def _matrix(text: EmbeddedTokens) -> Any:  # noqa: ANN401 - a numpy array, which is imported where it works
    import numpy as np

    return np.frombuffer(text.values, dtype=np.float32).reshape(text.tokens, text.size)
