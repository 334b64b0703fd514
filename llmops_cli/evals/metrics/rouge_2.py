"""The answer shares pairs of neighbouring words with the expected text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.evals.measuring.metric_base import CannotMeasureError
from llmops_cli.evals.semantic.rouge import RougeMetric, ngram_overlap
from llmops_cli.evals.semantic.words import reference_words

if TYPE_CHECKING:
    from llmops_cli.evals.semantic.reference_texts import Overlap
    from llmops_cli.evals.semantic.words import Words


class Rouge2(RougeMetric):
    """The answer shares pairs of neighbouring words with the expected text (ROUGE-2).

    Stricter than ROUGE-1 with a right answer in other words. An expected text of one word has no pair, and
    cannot be measured with.

    Examples:
        {"min": 0.5} on "the cat sat on the mat" expecting "the cat is on the mat" scores 0.6
        {"min": 0.5} on "on the mat sat the cat" expecting "the cat sat on the mat" passes
        {"min": 0.5} on "mat the on sat cat the" expecting "the cat sat on the mat" fails
    """

    name: ClassVar[str] = "rouge_2"
    summary: ClassVar[str] = "the answer shares pairs of words with the expected text (ROUGE-2)"

    def overlap(self, answer: str, reference: str, words: Words) -> Overlap:
        """Compare the bags of pairs."""
        expected = reference_words(words, reference)
        if len(expected) < 2:  # noqa: PLR2004 - a pair
            message = "the expected text is one word, and rouge_2 compares pairs of words; rouge_1 does not"
            raise CannotMeasureError(message)
        return ngram_overlap(words(answer), expected, 2)
