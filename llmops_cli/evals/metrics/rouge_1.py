"""The answer shares words with the expected text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.evals.semantic.rouge import RougeMetric, ngram_overlap
from llmops_cli.evals.semantic.words import reference_words

if TYPE_CHECKING:
    from llmops_cli.evals.semantic.reference_texts import Overlap
    from llmops_cli.evals.semantic.words import Words


class Rouge1(RougeMetric):
    """The answer shares words with the expected text, in whatever order (ROUGE-1).

    It sees which words there are, and nothing else: a wrong number, a `not` or another name costs one word.
    Put `contradiction` beside it.

    Examples:
        {"min": 0.8} on "the cat sat on the mat" expecting "the cat is on the mat" scores 0.833333
        {"min": 0.8} on "on the mat sat the cat" expecting "the cat sat on the mat" passes
        {"min": 0.8} on "a dog barked" expecting "the cat sat on the mat" fails
        {"min": 0.9, "stem": true} on "refunds were asked for" expecting "a refund was asked for" scores 0.666667
        {"min": 0.5, "measure": "recall"} on "a refund, and much else besides" expecting "a refund" scores 1
    """

    name: ClassVar[str] = "rouge_1"
    summary: ClassVar[str] = "the answer shares words with the expected text (ROUGE-1)"

    def overlap(self, answer: str, reference: str, words: Words) -> Overlap:
        """Compare the bags of words."""
        return ngram_overlap(words(answer), reference_words(words, reference), 1)
