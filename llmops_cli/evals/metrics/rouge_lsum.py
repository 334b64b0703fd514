"""The answer has the words of each line of the expected text in the same order."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_cli.evals.measuring.metric_base import CannotMeasureError
from llmops_cli.evals.semantic.reference_texts import Overlap
from llmops_cli.evals.semantic.rouge import RougeMetric
from llmops_cli.evals.semantic.words import reference_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.evals.semantic.words import Words

CELL_LIMIT = 4_000_000
"""Words times words beyond which the library takes more than a few seconds."""


class RougeLsum(RougeMetric):
    r"""The answer has the words of each line of the expected text in the same order (ROUGE-Lsum).

    For summaries of several sentences, one on a line: each line of the expected text may find its words in
    several lines of the answer. Of texts without line breaks it says what rouge_l says.

    Examples:
        {"min": 0.8} on "the cat sat on the mat" expecting "the cat is on the mat" scores 0.833333
        {"min": 0.9} on "Mats were sold.\nThe cat sat." expecting "The cat sat.\nMats were sold." scores 1
        {"min": 0.9} on "Mats were sold." expecting "The cat sat.\nMats were sold." fails
    """

    name: ClassVar[str] = "rouge_lsum"
    summary: ClassVar[str] = "the answer has the words of each expected line in the same order (ROUGE-Lsum)"

    def overlap(self, answer: str, reference: str, words: Words) -> Overlap:
        """Let the library find the union of common subsequences: which of equal ones it takes is its own."""
        expected = reference_words(words, reference)
        if len(expected) * len(words(answer)) > CELL_LIMIT:
            message = f"the texts are too long for rouge_lsum ({len(expected):,} and {len(words(answer)):,} words)"
            raise CannotMeasureError(message)
        found = _library(words).score(reference, answer)["rougeLsum"]
        return Overlap(found.precision, found.recall)


@lru_cache(maxsize=16)
def _library(words: Words) -> Any:  # noqa: ANN401 - the library has no types
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeLsum"], tokenizer=_Tokenizer(words))


class _Tokenizer:
    """Our words in the shape that the library asks for."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def tokenize(self, text: str) -> Sequence[str]:
        return self._words(text)
