"""A model answers yes or no to each point of a list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.errors import UsageError
from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.judges.form import Form, form_of, yes_no
from llmops_cli.evals.judges.judge_metric import (
    MODEL,
    RUBRIC,
    SHOW_EXPECTED,
    TEMPERATURE,
    VOTES,
    JudgeMetric,
)
from llmops_cli.evals.judges.prechecks import ALLOW
from llmops_cli.evals.judges.rubric_judge import FormScorer, judge_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import Scorer
    from llmops_cli.evals.judges.ports import JudgePorts

CRITERIA = "Answer each question about the output by yes or no, from what the output says and nothing else."

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


class ChecklistJudge(JudgeMetric):
    """A model answers yes or no to each point; the score is the weighted share of yes.

    Points stand in the suite (`points`, a list of questions of equal weight) or in a rubric file with a binary scale.
    Few plain questions are judged more alike, by people and by models, than one question of many parts.
    """

    name: ClassVar[str] = "judge_checklist"
    summary: ClassVar[str] = "a model answers yes or no to each point of a list"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {
            "points": {
                "description": "The questions; yes is good. Or name a rubric with a binary scale.",
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "minItems": 1,
            },
            "rubric": RUBRIC,
            "min": {
                "description": "The least share of points that passes; 1 asks for all of them.",
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "default": 1,
            },
            "model": MODEL,
            "votes": VOTES,
            "temperature": TEMPERATURE,
            "show_expected": SHOW_EXPECTED,
            "allow": ALLOW,
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """Points come from one place, each once."""
        if ("points" in parameters) == ("rubric" in parameters):
            message = "judge_checklist needs either points or a rubric."
            return (ParameterProblem(parameter="points", message=message, hint='Write: points: ["Is …?"]'),)
        points = cast("Sequence[str]", parameters.get("points", ()))
        if len(set(points)) < len(points):
            message = "a point stands twice in points."
            return (ParameterProblem(parameter="points", message=message, hint="Ask each question once."),)
        return super().check(parameters)

    def bind_judge(self, name: str, parameters: JsonObject, ports: JudgePorts) -> Scorer:
        """Return the scorer that asks for every point at once."""
        if "points" in parameters:
            form = _form(name, cast("Sequence[str]", parameters["points"]))
            return FormScorer(name, parameters, form, judge_for(parameters, None, ports))
        rubric = ports.rubric(str(parameters["rubric"]))
        if not rubric.scale.points:
            message = f"judge_checklist needs a rubric with a binary scale, and '{rubric.id}' has choices."
            raise UsageError(message, where=rubric.path, hint="Use the metric judge, or write scale: {binary: […]}")
        return FormScorer(name, parameters, form_of(rubric), judge_for(parameters, rubric, ports), rubric.canaries)


def _form(name: str, points: Sequence[str]) -> Form:
    named: dict[str, str] = {}
    for number, point in enumerate(points, start=1):
        slug = "-".join(_NOT_IN_A_NAME.sub(" ", point.casefold()).split()[:4]) or "point"
        named[slug if slug not in named else f"{slug}-{number}"] = point
    questions = tuple(yes_no(slug, point) for slug, point in named.items())
    return Form(name=name, criteria=CRITERIA, questions=questions)
