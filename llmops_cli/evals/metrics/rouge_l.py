"""The answer has the words of the expected text in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.evals.semantic.rouge import RougeMetric, subsequence_overlap
from llmops_cli.evals.semantic.words import reference_words

if TYPE_CHECKING:
    from llmops_cli.evals.semantic.reference_texts import Overlap
    from llmops_cli.evals.semantic.words import Words


class RougeL(RougeMetric):
    """The answer has the words of the expected text in the same order, gaps allowed (ROUGE-L).

    The longest common subsequence of words. Line breaks count as blanks; rouge_lsum compares line by line.

    Examples:
        {"min": 0.8} on "the cat sat on the mat" expecting "the cat is on the mat" scores 0.833333
        {"min": 0.5} on "on the mat sat the cat" expecting "the cat sat on the mat" scores 0.5
        {"min": 0.9} on "It is Tuesday." expecting ["Tuesday", "It is Tuesday"] passes
        {"min": 0.1} on "" expecting "the cat sat on the mat" fails
        {"min": 0.9, "letters": "unicode"} on "我喜欢猫" expecting "我喜欢猫" scores 1
    """

    name: ClassVar[str] = "rouge_l"
    summary: ClassVar[str] = "the answer has the expected text's words in the same order (ROUGE-L)"

    def overlap(self, answer: str, reference: str, words: Words) -> Overlap:
        """Compare the sequences of words."""
        return subsequence_overlap(words(answer), reference_words(words, reference))
