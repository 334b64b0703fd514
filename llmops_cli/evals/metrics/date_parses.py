"""The answer is a date."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.measuring.dates_in_text import format_problem, read_date
from llmops_cli.evals.measuring.expected_answer import expected_texts, has_placeholder
from llmops_cli.evals.measuring.metric_base import (
    CannotMeasureError,
    DeterministicMetric,
    Measure,
    Measurement,
    failing,
    passing,
    verdict,
)
from llmops_cli.evals.measuring.text_matching import shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext

_ISO = ("iso",)


class DateParses(DeterministicMetric):
    """The whole answer is a date or a date with time, in a given format, in a range, or the expected day.

    Formats are `iso` (ISO 8601: 2026-11-23, 2026-11-23T09:30:00Z), `any` (day, month and year in any
    usual English writing; where two readings are possible the month comes first, or the day with
    `day_first`), or codes of C's strptime (`%d.%m.%Y`).

    Examples:
        {} on "2026-11-23" passes
        {} on "2026-02-30" fails
        {} on "23 November 2026" fails
        {"formats": ["any"]} on "23 November 2026" passes
        {"formats": ["any"]} on "November 2026" fails
        {"formats": ["%d.%m.%Y"]} on "23.11.2026" passes
        {"after": "2026-01-01", "before": "2026-12-31"} on "2027-01-01" fails
        {"formats": ["any"], "expected": "{{ expected }}"} on "Nov 23, 2026" expecting "2026-11-23" passes
    """

    name: ClassVar[str] = "date_parses"
    summary: ClassVar[str] = "the answer is a date: in a format, in a range, or the expected day"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {
            "formats": {
                "description": "The accepted formats: iso, any, or strptime codes.",
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "minItems": 1,
                "default": ["iso"],
            },
            "after": {"description": "The first day that passes, as YYYY-MM-DD.", "type": "string"},
            "before": {"description": "The last day that passes, as YYYY-MM-DD.", "type": "string"},
            "expected": {
                "description": "The day that the answer has to name, as YYYY-MM-DD or in one of the formats; "
                "`{{ expected }}` and variables are filled in from the case. Default: any day.",
                "type": "string",
            },
            "day_first": {
                "description": "Whether `any` reads 03/04/2026 as the 3rd of April.",
                "type": "boolean",
                "default": False,
            },
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """The formats are formats, the range is not empty, the days are days."""
        problems = [
            ParameterProblem(parameter="formats", message=f"formats: {problem}.")
            for format_ in cast("Sequence[str]", parameters["formats"])
            if (problem := format_problem(format_))
        ]
        days = {name: cast("str", parameters[name]) for name in ("after", "before") if name in parameters}
        for name, text in days.items():
            if read_date(text, _ISO) is None:
                problems.append(_no_day(name, text))
        expected = cast("str | None", parameters.get("expected"))
        if expected is not None and not has_placeholder(expected) and _day(expected, parameters) is None:
            problems.append(_no_day("expected", expected))
        if not problems and len(days) == 2 and days["after"] > days["before"]:  # noqa: PLR2004 - both of them
            problems.append(ParameterProblem(parameter="after", message="after is later than before; no day passes."))
        return problems

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the check."""
        after, before = (_limit(parameters, name) for name in ("after", "before"))
        texts_of = expected_texts(parameters) if "expected" in parameters else None

        def read(context: ScoreContext) -> Measurement:
            text = context.completion.text
            day = read_date(text, _formats(parameters), day_first=bool(parameters["day_first"]))
            if day is None:
                return failing(f"{shown(text)} is not a date in the format {', '.join(_formats(parameters))}")
            if after is not None and day < after:
                return failing(f"{day} is before {after}")
            if before is not None and day > before:
                return failing(f"{day} is after {before}")
            if texts_of is None:
                return passing(f"is the date {day}")
            days = [_expected_day(expected, parameters) for expected in texts_of(context.case)]
            return verdict(day in days, f"expected {' or '.join(map(str, days))}, got {day}")

        return read


def _formats(parameters: JsonObject) -> Sequence[str]:
    return cast("Sequence[str]", parameters["formats"])


def _day(text: str, parameters: JsonObject) -> date | None:
    return read_date(text, (*_ISO, *_formats(parameters)), day_first=bool(parameters["day_first"]))


def _expected_day(text: str, parameters: JsonObject) -> date:
    day = _day(text, parameters)
    if day is None:
        message = f"the expected answer {shown(text)} is not a date"
        raise CannotMeasureError(message)
    return day


def _limit(parameters: JsonObject, name: str) -> date | None:
    return read_date(cast("str", parameters[name]), _ISO) if name in parameters else None


def _no_day(parameter: str, text: str) -> ParameterProblem:
    return ParameterProblem(parameter=parameter, message=f"{parameter} is {shown(text)}, not a day as YYYY-MM-DD.")
