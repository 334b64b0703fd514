"""The answer is the expected number, up to a tolerance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.measuring.expected_answer import expected_texts
from llmops_cli.evals.measuring.metric_base import (
    CannotMeasureError,
    DeterministicMetric,
    Measure,
    Measurement,
    cannot_fail,
    failing,
    verdict,
)
from llmops_cli.evals.measuring.numbers_in_text import find_number, read_number
from llmops_cli.evals.measuring.text_matching import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext


class NumberClose(DeterministicMetric):
    """The answer is the expected number, up to an absolute or a relative tolerance.

    Numbers are written with a decimal point; commas may group thousands. `extract` takes the first or
    the last number out of a sentence; without it the whole answer has to be one number.

    Examples:
        {} on "42" expecting "42" passes
        {} on "The answer is 42." expecting "42" fails
        {"extract": "last"} on "6 times 7 is 42." expecting "42" passes
        {"absolute": 0.01} on "3.14" expecting "3.14159" passes
        {"relative": 0.01} on "1,005" expecting "1000" passes
        {"expected": 7, "absolute": 0.5} on "7.6" fails
    """

    name: ClassVar[str] = "number_close"
    summary: ClassVar[str] = "the answer is the expected number, up to a tolerance"
    needs_expected: ClassVar[bool] = True
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {
            "expected": {
                "description": "The number, or a text with it (placeholders are filled in from the case). Default: "
                "the case's expected answer.",
                "anyOf": [{"type": "number"}, {"type": "string"}],
            },
            "absolute": {
                "description": "The largest difference that passes.",
                "type": "number",
                "minimum": 0,
                "default": 0,
            },
            "relative": {
                "description": "The largest difference that passes, as a fraction of the expected number.",
                "type": "number",
                "minimum": 0,
                "default": 0,
            },
            "extract": {
                "description": "Which number of the answer counts: `only` (the answer is one number), `first`, `last`.",
                "type": "string",
                "enum": ["only", "first", "last"],
                "default": "only",
            },
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """A tolerance of the number itself lets 0 pass; an expected text is a number."""
        relative = cast("float", parameters["relative"])
        if relative >= 1:
            message = f"relative is {relative:g}; a difference as large as the number itself passes."
            return (cannot_fail("relative", message, f"For percent, did you mean {relative / 100:g}?"),)
        expected = parameters.get("expected")
        if isinstance(expected, str) and "{{" not in expected and read_number(expected) is None:
            return (ParameterProblem(parameter="expected", message=f"expected is {shown(expected)}, not a number."),)
        return ()

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the comparison."""
        texts_of = expected_texts(parameters)
        absolute = cast("float", parameters["absolute"])
        relative = cast("float", parameters["relative"])
        which = cast("str", parameters["extract"])

        def compare(context: ScoreContext) -> Measurement:
            expected = [_expected(text) for text in texts_of(context.case)]
            got = find_number(context.completion.text, which)
            if got is None:
                return failing(f"no number in {shown(context.completion.text)}")
            passed = any(math.isclose(got, e, rel_tol=0, abs_tol=max(absolute, relative * abs(e))) for e in expected)
            listing = " or ".join(f"{number:.15g}" for number in expected[:5])
            return verdict(passed, f"expected {listing}, got {got:.15g}", raw=got)

        return compare


def _expected(text: str) -> float:
    number = read_number(text)
    if number is None:
        message = f"the expected answer {shown(text)} is not a number"
        raise CannotMeasureError(message)
    return number
