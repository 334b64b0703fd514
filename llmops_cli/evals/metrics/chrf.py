"""The answer is built of the expected text's character sequences."""

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


class Chrf(DeterministicMetric):
    """The answer is built of the character sequences of the expected text (chrF, over 100; chrF++ with words: 2).

    Works for every language and script, forgives endings of words, and needs no tokeniser. Of several expected
    texts the most alike counts.

    Examples:
        {"min": 0.9} on "The cat is on the mat." expecting "The cat is on the mat." scores 1
        {"min": 0.4} on "The cats are on the mat." expecting "The cat is on the mat." passes
        {"min": 0.4, "words": 2} on "A dog barked." expecting "The cat is on the mat." fails
        {"min": 0.5} on "我喜欢猫。" expecting ["狗", "我喜欢猫!"] passes
    """

    name: ClassVar[str] = "chrf"
    tier: ClassVar[Tier] = Tier.SEMANTIC
    summary: ClassVar[str] = "the answer is built of the expected text's character sequences (chrF)"
    needs_expected: ClassVar[bool] = True
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["min"],
        "properties": {
            "expected": EXPECTED_TEXTS,
            "min": MINIMUM,
            "characters": {
                "description": "The longest sequence of characters that counts.",
                "type": "integer",
                "minimum": 1,
                "maximum": 10,
                "default": 6,
            },
            "words": {
                "description": "The longest sequence of words that counts beside them; 2 is chrF++.",
                "type": "integer",
                "minimum": 0,
                "maximum": 4,
                "default": 0,
            },
            "beta": {
                "description": "How many times more recall counts than precision.",
                "type": "integer",
                "minimum": 1,
                "maximum": 5,
                "default": 2,
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
        from sacrebleu.metrics.chrf import CHRF

        texts_of = expected_texts(parameters)
        minimum = cast("float", parameters["min"])
        library = CHRF(
            char_order=cast("int", parameters["characters"]),
            word_order=cast("int", parameters["words"]),
            beta=cast("int", parameters["beta"]),
            lowercase=bool(parameters["ignore_case"]),
        )

        def compare(context: ScoreContext) -> Measurement:
            references = [check_reference(text) for text in texts_of(context.case)]
            check_lengths([context.completion.text, *references], LONGEST)
            return measured(library.sentence_score(context.completion.text, references).score / 100, minimum, "chrF")

        return compare
