"""ROUGE: shared n-grams and the longest common subsequence.

The numbers are those of rouge-score (shown by tests, to the last digit) and of ROUGE-1.5.5 (to 1e-4); the common
subsequence is computed on the bits of one integer, which takes a tenth of the time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import Tier
from llmops_cli.evals.measuring.expected_answer import EXPECTED_TEXTS, expected_texts
from llmops_cli.evals.measuring.metric_base import CannotMeasureError, DeterministicMetric, Measure, Measurement
from llmops_cli.evals.semantic.reference_texts import (
    MEASURE,
    MINIMUM,
    Overlap,
    check_lengths,
    likeness_problems,
    measured,
)
from llmops_cli.evals.semantic.words import LETTERS, STEM, words_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ParameterProblem, ScoreContext
    from llmops_cli.evals.semantic.words import Words

CELL_LIMIT = 5_000_000_000
"""Words times words beyond which the common subsequence takes more than a few seconds."""

PARAMETERS: JsonObject = {
    "type": "object",
    "required": ["min"],
    "properties": {
        "expected": EXPECTED_TEXTS,
        "min": MINIMUM,
        "measure": MEASURE,
        "stem": STEM,
        "letters": LETTERS,
    },
}


class RougeMetric(DeterministicMetric):
    """A metric of the ROUGE family; of several expected texts the one with the highest score counts."""

    tier: ClassVar[Tier] = Tier.SEMANTIC
    needs_expected: ClassVar[bool] = True
    parameters: ClassVar[JsonObject] = PARAMETERS

    @abstractmethod
    def overlap(self, answer: str, reference: str, words: Words) -> Overlap:
        """Compare the answer with one expected text."""

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """There is something to be like, and the threshold can be missed."""
        return likeness_problems(parameters)

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the comparison."""
        texts_of = expected_texts(parameters)
        words = words_for(parameters)
        measure = cast("str", parameters["measure"])
        minimum = cast("float", parameters["min"])
        title = f"{self.name} {measure}"

        def compare(context: ScoreContext) -> Measurement:
            references = texts_of(context.case)
            check_lengths([context.completion.text, *references])
            overlaps = [self.overlap(context.completion.text, reference, words) for reference in references]
            return measured(max(overlap.of(measure) for overlap in overlaps), minimum, title)

        return compare


def ngram_overlap(answer: Sequence[str], reference: Sequence[str], n: int) -> Overlap:
    """Return the overlap of the bags of n-grams."""
    ours, theirs = _ngrams(answer, n), _ngrams(reference, n)
    shared = (ours & theirs).total()
    return Overlap(shared / max(ours.total(), 1), shared / max(theirs.total(), 1))


def subsequence_overlap(answer: Sequence[str], reference: Sequence[str]) -> Overlap:
    """Return the overlap by the longest common subsequence."""
    if not answer or not reference:
        return Overlap(0.0, 0.0)
    if len(answer) * len(reference) > CELL_LIMIT:
        message = f"the texts are too long to compare ({len(answer):,} and {len(reference):,} words)"
        raise CannotMeasureError(message)
    shared = common_subsequence(answer, reference)
    return Overlap(shared / len(answer), shared / len(reference))


def common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    One bit per word of `left` (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004): a row of the
    usual table is one integer, and the next row four operations on it.
    """
    places: dict[str, int] = {}
    for number, word in enumerate(left):
        places[word] = places.get(word, 0) | 1 << number
    everything = (1 << len(left)) - 1
    row = everything
    for word in right:
        matches = row & places.get(word, 0)
        row = ((row + matches) | (row - matches)) & everything
    return len(left) - row.bit_count()


def _ngrams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))
