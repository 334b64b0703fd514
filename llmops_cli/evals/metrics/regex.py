"""A regular expression (RE2) matches the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.measuring.metric_base import (
    DeterministicMetric,
    Measure,
    Measurement,
    cannot_fail,
    failing,
    passing,
    verdict,
)
from llmops_cli.evals.measuring.text_matching import IGNORE_CASE, shown
from llmops_cli.registry.contracts.patterns import PatternError, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext

_PROBES = ("", "a", "Z", "0", " ", "é", "\n", "-", "The answer is 42.\nNo?", "\x00", "中")


class Regex(DeterministicMetric):
    r"""A regular expression matches somewhere in the answer; the syntax is RE2's.

    RE2 answers in linear time, so it has no look-around, back-references or possessive quantifiers.

    Examples:
        {"pattern": "ticket #\\d+"} on "I opened ticket #4711." passes
        {"pattern": "ticket #\\d+"} on "I opened a ticket." fails
        {"pattern": "[A-Z]{2}\\d{4}", "full_match": true} on "AB1234" passes
        {"pattern": "[A-Z]{2}\\d{4}", "full_match": true} on "Order AB1234" fails
        {"pattern": "^total:", "ignore_case": true, "multiline": true} on "Items: 3\nTotal: 9" passes
    """

    name: ClassVar[str] = "regex"
    summary: ClassVar[str] = "a regular expression (RE2) matches the answer"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["pattern"],
        "properties": {
            "pattern": {"description": "The pattern, in RE2 syntax, at most 1 KiB.", "type": "string"},
            "full_match": {
                "description": "Whether the pattern must match the whole answer (white space at its ends aside).",
                "type": "boolean",
                "default": False,
            },
            "ignore_case": IGNORE_CASE,
            "multiline": {
                "description": "Whether ^ and $ match at the beginning and end of each line.",
                "type": "boolean",
                "default": False,
            },
            "dot_all": {"description": "Whether . matches a line break.", "type": "boolean", "default": False},
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """The pattern compiles, and does not match everything."""
        pattern = cast("str", parameters["pattern"])
        try:
            compiled = compile_pattern(pattern, _flags(parameters))
        except PatternError as error:
            hint = "Syntax: https://github.com/google/re2/wiki/Syntax"
            return (ParameterProblem(parameter="pattern", message=f"pattern: {error}.", hint=hint),)
        full = bool(parameters["full_match"])
        if all(compiled.covers(probe) if full else compiled.found_in(probe) is not None for probe in _PROBES):
            message = f"the pattern {shown(pattern)} matches every answer, so the metric cannot fail."
            return (cannot_fail("pattern", message, "Anchor it, or ask for something a wrong answer lacks."),)
        return ()

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the search."""
        pattern = compile_pattern(cast("str", parameters["pattern"]), _flags(parameters))
        full = bool(parameters["full_match"])

        def search(context: ScoreContext) -> Measurement:
            text = context.completion.text
            if full:
                return verdict(pattern.covers(text.strip()), f"whole answer against {shown(pattern.source)}")
            found = pattern.found_in(text)
            if found is None:
                return failing(f"no match of {shown(pattern.source)}")
            return passing(f"matched {shown(found)}")

        return search


def _flags(parameters: JsonObject) -> str:
    letters = {"ignore_case": "i", "multiline": "m", "dot_all": "s"}
    return "".join(letter for name, letter in letters.items() if parameters[name])
