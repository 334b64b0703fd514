"""The answer is built of the expected text's word sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import Tier
from llmops_cli.evals.measuring.expected_answer import EXPECTED_TEXTS, expected_texts
from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, Measurement
from llmops_cli.evals.semantic.reference_texts import (
    MINIMUM,
    check_lengths,
    check_reference,
    likeness_problems,
    measured,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ParameterProblem, ScoreContext

LONGEST = 200_000
"""Characters that the library compares in about a second."""


class Bleu(DeterministicMetric):
    """The answer is built of the word sequences of the expected texts (BLEU, sentence by sentence, over 100).

    Made for translations, with several references counting together. It punishes answers that are too short,
    and says little about texts of a few words. The mean of a suite is not the BLEU of the corpus.

    Examples:
        {"min": 0.5} on "The cat is on the mat." expecting "The cat is on the mat." scores 1
        {"min": 0.3} on "The cat sat on the mat." expecting "The cat is on the mat." scores 0.488923
        {"min": 0.3} on "A dog barked." expecting "The cat is on the mat." fails
        {"min": 0.5, "tokenize": "zh"} on "我喜欢猫。" expecting ["我喜欢猫。", "我爱猫。"] passes
    """

    name: ClassVar[str] = "bleu"
    tier: ClassVar[Tier] = Tier.SEMANTIC
    summary: ClassVar[str] = "the answer is built of the expected texts' word sequences (BLEU)"
    needs_expected: ClassVar[bool] = True
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["min"],
        "properties": {
            "expected": EXPECTED_TEXTS,
            "min": MINIMUM,
            "tokenize": {
                "description": "How words are found: `13a` (mteval, the usual one), `intl` (Unicode punctuation), "
                "`zh` (each Chinese character), `char` (every character), `none` (blanks).",
                "type": "string",
                "enum": ["13a", "intl", "zh", "char", "none"],
                "default": "13a",
            },
            "smooth": {
                "description": "What an order without any match counts as: see sacrebleu's --smooth-method.",
                "type": "string",
                "enum": ["exp", "floor", "add-k", "none"],
                "default": "exp",
            },
            "max_order": {
                "description": "The longest sequence of words that counts.",
                "type": "integer",
                "minimum": 1,
                "maximum": 6,
                "default": 4,
            },
            "ignore_case": {
                "description": "Whether upper and lower case are the same.",
                "type": "boolean",
                "default": False,
            },
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """There is something to be like, and the threshold can be missed."""
        return likeness_problems(parameters)

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the comparison."""
        from sacrebleu.metrics.bleu import BLEU

        texts_of = expected_texts(parameters)
        minimum = cast("float", parameters["min"])
        library = BLEU(
            lowercase=bool(parameters["ignore_case"]),
            tokenize=cast("str", parameters["tokenize"]),
            smooth_method=cast("str", parameters["smooth"]),
            max_ngram_order=cast("int", parameters["max_order"]),
            effective_order=True,  # a sentence of three words has no sequence of four
        )

        def compare(context: ScoreContext) -> Measurement:
            references = [check_reference(text) for text in texts_of(context.case)]
            check_lengths([context.completion.text, *references], LONGEST)
            return measured(library.sentence_score(context.completion.text, references).score / 100, minimum, "BLEU")

        return compare
