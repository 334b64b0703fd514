"""The answer is one of the known labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, Measurement, failing, passing
from llmops_cli.evals.measuring.text_matching import IGNORE_CASE, folded, shown, shown_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext

_WRAPPING = " \t\r\n\"'`*_.,:;!?()[]{}<>“”\u2018\u2019«»„"


class LabelIn(DeterministicMetric):
    r"""The whole answer is one of the known labels (white space at its ends aside).

    Whether it is the *right* label is the question of `equals`.

    Examples:
        {"labels": ["refund", "bug", "other"]} on "bug\n" passes
        {"labels": ["refund", "bug", "other"]} on "Bug" fails
        {"labels": ["refund", "bug"], "ignore_case": true} on "Bug" passes
        {"labels": ["refund", "bug"]} on "\"bug\"." fails
        {"labels": ["refund", "bug"], "strip_punctuation": true} on "\"bug\"." passes
        {"labels": ["refund", "bug"]} on "This is a bug" fails
    """

    name: ClassVar[str] = "label_in"
    summary: ClassVar[str] = "the answer is one of the known labels"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["labels"],
        "properties": {
            "labels": {
                "description": "The labels, each of them a text.",
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "minItems": 1,
            },
            "ignore_case": IGNORE_CASE,
            "strip_punctuation": {
                "description": "Whether quotes and punctuation around the label are left out.",
                "type": "boolean",
                "default": False,
            },
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """No label stands twice, or differs from another only in what is not compared."""
        labels = cast("Sequence[str]", parameters["labels"])
        seen = {folded(label, ignore_case=bool(parameters["ignore_case"]), whitespace="trim") for label in labels}
        if len(seen) == len(labels):
            return ()
        return (ParameterProblem(parameter="labels", message="labels: the same label stands there twice."),)

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the lookup."""
        labels = cast("Sequence[str]", parameters["labels"])
        ignore_case = bool(parameters["ignore_case"])
        wrapping = _WRAPPING if parameters["strip_punctuation"] else None
        known = {folded(label.strip(wrapping), ignore_case=ignore_case) for label in labels}

        def look_up(context: ScoreContext) -> Measurement:
            got = folded(context.completion.text.strip(wrapping), ignore_case=ignore_case)
            if got in known:
                return passing(f"is the label {shown(got)}")
            return failing(f"{shown(context.completion.text)} is none of {shown_texts(labels)}")

        return look_up
