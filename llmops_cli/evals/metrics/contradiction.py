"""The answer's small facts do not contradict the expected text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.core.scores import Tier
from llmops_cli.evals.measuring.expected_answer import EXPECTED_TEXTS, expected_texts
from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, Measurement
from llmops_cli.evals.semantic.facts.conflicts import KINDS, Conflict, find_conflicts
from llmops_cli.evals.semantic.reference_texts import bounded, check_lengths, check_reference, likeness_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ParameterProblem, ScoreContext

LONGEST = 100_000
"""Characters of a text."""

CONTRADICTED = 0.5
"""What a fact costs for which the expected text says otherwise."""

ADDED = 0.25
"""What a fact costs of which the expected text says nothing."""

_SHOWN = 4


class Contradiction(DeterministicMetric):
    """The answer's small facts do not contradict the expected text: what overlap and vectors cannot see.

    Compares numbers with their units, dates and times, negation and opposites, names, and the order of names.
    The score is 1, less 0.5 for each fact that the expected text has otherwise, and 0.25 for each that it does
    not have at all (unless `source` has it). Of several expected texts the best counts. What the answer leaves
    out costs nothing: put a metric of likeness beside it. Rules, not a model: written for English; elsewhere
    digits, ISO dates and capitals still count. It does not know that "Lisbon" is "the capital of Portugal".

    Examples:
        {} on "You get your money back within 30 days." expecting "Refunds are made within 30 days." passes
        {} on "Refunds are made within 60 days." expecting "Refunds are made within 30 days." scores 0.5
        {} on "It takes two hours." expecting "It takes 120 minutes." passes
        {} on "The shop is not open on Sunday." expecting "The shop is open on Sunday." fails
        {} on "The shop is closed." expecting "The shop is not open." passes
        {} on "Bob paid Alice." expecting "Alice paid Bob." fails
        {} on "Due on 3 March 2026." expecting "Due on 2026-03-03." passes
        {"min": 0.7} on "Ana called from Rome." expecting "Ana called." scores 0.75
        {"source": "Ana lives in Rome."} on "Ana called from Rome." expecting "Ana called." passes
    """

    name: ClassVar[str] = "contradiction"
    tier: ClassVar[Tier] = Tier.SEMANTIC
    summary: ClassVar[str] = (
        "the answer's numbers, dates, units, negations and names do not contradict the expected text"
    )
    needs_expected: ClassVar[bool] = True
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {
            "expected": EXPECTED_TEXTS,
            "min": {
                "description": "The lowest score that passes, above 0 and at most 1.",
                "type": "number",
                "default": 1,
            },
            "kinds": {
                "description": f"What is compared: {', '.join(KINDS)}.",
                "type": "array",
                "items": {"type": "string", "enum": list(KINDS)},
                "minItems": 1,
                "default": list(KINDS),
            },
            "source": {
                "description": "A text whose facts the answer may use as well, for example the text to summarise: "
                "`{{ email }}`.",
                "type": "string",
                "minLength": 1,
            },
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """There is something to contradict, and the threshold can be missed."""
        return likeness_problems(parameters)

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the comparison."""
        texts_of = expected_texts(parameters)
        source_of = expected_texts({"expected": parameters["source"]}) if "source" in parameters else None
        kinds = frozenset(cast("Sequence[str]", parameters["kinds"]))
        minimum = cast("float", parameters["min"])

        def compare(context: ScoreContext) -> Measurement:
            answer = context.completion.text
            references = [check_reference(text) for text in texts_of(context.case)]
            source = "\n".join(source_of(context.case)) if source_of else ""
            check_lengths([answer, source, *references], LONGEST)
            found = [find_conflicts(answer, reference, source, kinds) for reference in references]
            best = max(found, key=_score)
            return Measurement(_score(best), _score(best) >= minimum, _reason(best), float(len(best)), "conflicts")

        return compare


def _score(conflicts: Sequence[Conflict]) -> float:
    return bounded(1.0 - sum(CONTRADICTED if conflict.grave else ADDED for conflict in conflicts))


def _reason(conflicts: Sequence[Conflict]) -> str:
    if not conflicts:
        return "contradicts nothing in the expected text"
    listed = "; ".join(shortened(safe_text(c.message, one_line=True), 120) for c in conflicts[:_SHOWN])
    more = len(conflicts) - _SHOWN
    return f"{listed}{f'; and {more} more' if more > 0 else ''}"
