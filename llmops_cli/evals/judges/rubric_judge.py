"""A model judges the answer by a rubric: named choices or points of yes and no."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.judges.canaries import canary_material, check_canaries
from llmops_cli.evals.judges.form import form_of
from llmops_cli.evals.judges.judge_metric import (
    MIN,
    MODEL,
    RUBRIC,
    SHOW_EXPECTED,
    TEMPERATURE,
    VOTES,
    JudgeMetric,
    JudgeScorer,
)
from llmops_cli.evals.judges.prechecks import ALLOW
from llmops_cli.evals.measuring.text_matching import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext, ScoreOutcome, Scorer
    from llmops_cli.evals.judges.canaries import CanaryCheck
    from llmops_cli.evals.judges.form import Form
    from llmops_cli.evals.judges.judge import Judge
    from llmops_cli.evals.judges.judge_request import Material
    from llmops_cli.evals.judges.judgement import Judgement
    from llmops_cli.evals.judges.ports import JudgePorts
    from llmops_cli.registry.rubric_file import Canary, Rubric


class RubricJudge(JudgeMetric):
    """A model judges the answer by the criteria of a rubric file.

    The score is the score of the choice, or the weighted share of the points that are met; where the judge's
    provider gives probabilities, their expected score. The answer is fenced by random markers, and what cannot be
    read as a verdict is a judge error, never a pass and never a 0. Empty answers, echoes of the input, refusals and
    openings without an answer score 0 without asking.

    The judge sees the case's variables, its expected answer and the answer; not the prompt's own words.
    """

    name: ClassVar[str] = "judge"
    summary: ClassVar[str] = "a model judges the answer by a rubric"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["rubric"],
        "properties": {
            "rubric": RUBRIC,
            "min": MIN,
            "model": MODEL,
            "votes": VOTES,
            "temperature": TEMPERATURE,
            "show_expected": SHOW_EXPECTED,
            "allow": ALLOW,
        },
    }

    def bind_judge(self, name: str, parameters: JsonObject, ports: JudgePorts) -> Scorer:
        """Return the scorer that asks by the rubric."""
        rubric = ports.rubric(str(parameters["rubric"]))
        return FormScorer(name, parameters, form_of(rubric), judge_for(parameters, rubric, ports), rubric.canaries)


class FormScorer(JudgeScorer):
    """Scores by one judge's answers to one form."""

    def __init__(
        self, name: str, parameters: JsonObject, form: Form, judge: Judge, canaries: Sequence[Canary] = ()
    ) -> None:
        """Take form, judge and the outputs whose verdict is known."""
        super().__init__(name, parameters)
        self._form = form
        self._judge = judge
        self._known = canaries
        self._least = cast("float", parameters["min"])

    async def outcome(self, context: ScoreContext, material: Material) -> ScoreOutcome:
        """Ask the judge."""
        del context
        judgement = await self._judge.judge(self._form, material)
        return self.scored(
            judgement.score,
            passed=judgement.score >= self._least,
            reason=told(judgement),
            about=about(judgement, self._judge, self._form),
            effort=judgement.effort,
        )

    async def check_canaries(self) -> CanaryCheck:
        """Judge the rubric's canaries, whatever was judged before."""
        return await check_canaries(
            self._known,
            lambda canary, index: self._judge.judge(self._form, canary_material(canary), fresh=True, repeat=index),
            least=self._least,
        )


def judge_for(parameters: JsonObject, rubric: Rubric | None, ports: JudgePorts) -> Judge:
    """Return the judge that a metric's parameters ask for."""
    model = parameters.get("model")
    return ports.judge(
        str(model) if model else None,
        rubric.judge if rubric else None,
        votes=cast("int | None", parameters.get("votes")),
        temperature=cast("float | None", parameters.get("temperature")),
    )


def told(judgement: Judgement) -> str:
    """Return a verdict as one sentence."""
    chosen = ", ".join(f"{name}: {option}" for name, option in judgement.answers.items())
    flags = f" [the text held: {', '.join(judgement.flags)}]" if judgement.flags else ""
    return f"{chosen} ({shown(judgement.reason)}){flags}" if judgement.reason else f"{chosen}{flags}"


def about(judgement: Judgement, judge: Judge, form: Form) -> JsonObject:
    """Return what the journal keeps of a verdict: who, how, and what was said."""
    settings = judge.settings
    return {
        "model": settings.name,
        "temperature": settings.temperature,
        "seed": settings.seed,
        "votes_asked": settings.votes,
        "form": form.digest(),
        "cached": judgement.cached,
        **judgement.as_json(),
    }
