"""What the metrics that compare texts share: how texts are made alike, and which expected texts say nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.evals.measuring.expected_answer import expected_texts
from llmops_cli.evals.measuring.metric_base import CannotMeasureError, cannot_fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ParameterProblem, ScoreContext

IGNORE_CASE: JsonObject = {
    "description": "Whether upper and lower case are the same (Unicode case folding).",
    "type": "boolean",
    "default": False,
}
"""The schema of the `ignore_case` parameter."""

WHITESPACE: JsonObject = {
    "description": "`trim` leaves out white space at both ends, `collapse` also makes every run of it one blank, "
    "`exact` compares as it is.",
    "type": "string",
    "enum": ["trim", "collapse", "exact"],
    "default": "trim",
}
"""The schema of the `whitespace` parameter."""


def folded(text: str, *, ignore_case: bool = False, whitespace: str = "exact") -> str:
    """Return `text` in the form in which it is compared."""
    if whitespace == "collapse":
        text = " ".join(text.split())
    elif whitespace == "trim":
        text = text.strip()
    return text.casefold() if ignore_case else text


def empty_expected_problems(parameters: JsonObject, metric: str) -> Sequence[ParameterProblem]:
    """Return the problem of an expected text that every answer contains."""
    expected = parameters.get("expected")
    texts = list(expected) if isinstance(expected, (list, tuple)) else [expected]
    if isinstance(expected, Mapping) or "" not in texts:
        return ()
    message = f"{metric} with an empty text; every answer has it, so the metric cannot fail."
    return (cannot_fail("expected", message, "Give the text that a good answer has."),)


def shown(text: str, limit: int = 80) -> str:
    """Return untrusted text in quotes for a reason: one line, short, nothing that moves a cursor."""
    return f'"{shortened(safe_text(text[: limit * 2], one_line=True), limit)}"'


def shown_texts(texts: Sequence[str]) -> str:
    """Return a few texts for a reason."""
    few = ", ".join(shown(text, 60) for text in texts[:5])
    return few + (f" and {len(texts) - 5} more" if len(texts) > 5 else "")  # noqa: PLR2004 - five are shown


def found_texts(parameters: JsonObject) -> Callable[[ScoreContext], tuple[list[str], list[str]]]:
    """Return the search for the expected texts in an answer: which are there, and which are missing."""
    texts_of = expected_texts(parameters)
    ignore_case = bool(parameters["ignore_case"])

    def find(context: ScoreContext) -> tuple[list[str], list[str]]:
        got = folded(context.completion.text, ignore_case=ignore_case)
        found: list[str] = []
        missing: list[str] = []
        for text in texts_of(context.case):
            (found if wanted(text) in got else missing).append(text)
        return found, missing

    def wanted(text: str) -> str:
        if not text:
            message = "the expected text is empty, and every answer contains that"
            raise CannotMeasureError(message)
        return folded(text, ignore_case=ignore_case)

    return find
