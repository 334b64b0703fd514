"""A model compares the answer with another text, in both orders; only agreement counts as better or worse."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.judges.canaries import GOOD, CanaryCheck
from llmops_cli.evals.judges.form import CHOICE, Form, Option, Question
from llmops_cli.evals.judges.judge_metric import MIN, MODEL, RUBRIC, TEMPERATURE, VOTES, JudgeMetric, JudgeScorer
from llmops_cli.evals.judges.judge_request import Material
from llmops_cli.evals.judges.judgement import JudgeEffort, JudgeError
from llmops_cli.evals.judges.prechecks import ALLOW
from llmops_cli.evals.judges.rubric_judge import about, judge_for
from llmops_cli.evals.measuring.expected_answer import EXPECTED_TEXTS, expected_texts
from llmops_cli.evals.measuring.metric_base import CannotMeasureError
from llmops_cli.evals.measuring.text_matching import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext, ScoreOutcome, Scorer
    from llmops_cli.evals.judges.judge import Judge
    from llmops_cli.evals.judges.judgement import Judgement
    from llmops_cli.evals.judges.ports import JudgePorts
    from llmops_cli.registry.rubric_file import Canary

FIRST, SECOND, TIE = "first", "second", "tie"
CRITERIA = "Say which of the two outputs answers the input better. Length, style and order do not matter."
SAME = 1e-9


class PairwiseJudge(JudgeMetric):
    """A model says whether the answer is better than another text: the expected one, or a fixed baseline output.

    It is asked twice, with the texts in both orders. A win in both is 1, a loss in both 0; two ties, or two orders that
    contradict each other, are 0.5: agreement is required for any preference. Identical texts are a tie without
    asking. The default `min` of 0.5 lets everything pass that is not worse.
    """

    name: ClassVar[str] = "judge_pairwise"
    summary: ClassVar[str] = "a model compares the answer with another text, in both orders"
    needs_expected: ClassVar[bool] = True
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {
            "expected": {**EXPECTED_TEXTS, "description": f"What to compare with. {EXPECTED_TEXTS['description']}"},
            "criteria": {
                "description": "What makes one text better than the other.",
                "type": "string",
                "minLength": 1,
            },
            "rubric": {**RUBRIC, "description": f"Takes criteria and judge from a rubric. {RUBRIC['description']}"},
            "min": MIN,
            "model": MODEL,
            "votes": VOTES,
            "temperature": TEMPERATURE,
            "allow": ALLOW,
        },
    }

    def bind_judge(self, name: str, parameters: JsonObject, ports: JudgePorts) -> Scorer:
        """Return the scorer that asks in both orders."""
        rubric = ports.rubric(str(parameters["rubric"])) if "rubric" in parameters else None
        criteria = str(parameters.get("criteria", "")) or (rubric.criteria if rubric else CRITERIA)
        judge = judge_for(parameters, rubric, ports)
        return PairwiseScorer(name, parameters, judge, pair_form(criteria), rubric.canaries if rubric else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """What both orders came to for the text under test: 1 better, 0 worse, 0.5 neither."""

    value: float
    orders_agree: bool
    forward: Judgement
    backward: Judgement

    @property
    def effort(self) -> JudgeEffort:
        """What both took."""
        return self.forward.effort + self.backward.effort


def pair_form(criteria: str) -> Form:
    """Return the form of a comparison."""
    options = (
        Option(name=FIRST, score=1.0, description="the first output is better"),
        Option(name=SECOND, score=0.0, description="the second output is better"),
        Option(name=TIE, score=0.5, description="neither is better"),
    )
    question = Question(name=CHOICE, text="Which output is better?", options=options)
    return Form(name="pairwise", criteria=criteria.strip(), questions=(question,))


async def prefer(
    judge: Judge, form: Form, material: Material, other: str, *, fresh: bool = False, repeat: int = 0
) -> Preference:
    """Compare in both orders.

    Raises:
        JudgeError: when one of them got no verdict.
    """
    pair = Material(input=material.input, output=material.output, other=other)
    swapped = Material(input=material.input, output=other, other=material.output)
    results = await asyncio.gather(
        *(judge.judge(form, each, fresh=fresh, repeat=repeat) for each in (pair, swapped)), return_exceptions=True
    )
    errors = [each for each in results if isinstance(each, BaseException)]
    effort = JudgeEffort()
    for each in results:
        effort += JudgeEffort() if isinstance(each, BaseException) and not isinstance(each, JudgeError) else each.effort
    for error in errors:
        if isinstance(error, JudgeError):
            raise JudgeError(error.reason, effort) from error
        raise error
    forward, backward = cast("list[Judgement]", results)
    return preference(forward, backward)


def preference(forward: Judgement, backward: Judgement) -> Preference:
    """Return what both orders come to; `backward` saw the text under test as the second one."""
    one, two = forward.answers[CHOICE], {FIRST: SECOND, SECOND: FIRST, TIE: TIE}[backward.answers[CHOICE]]
    value = {FIRST: 1.0, SECOND: 0.0, TIE: 0.5}[one] if one == two else 0.5
    return Preference(value=value, orders_agree=one == two, forward=forward, backward=backward)


class PairwiseScorer(JudgeScorer):
    """Scores by comparison."""

    def __init__(self, name: str, parameters: JsonObject, judge: Judge, form: Form, canaries: Sequence[Canary]) -> None:
        """Take the judge and what it is asked."""
        super().__init__(name, parameters)
        self._judge = judge
        self._form = form
        self._least = cast("float", parameters["min"])
        self._texts = expected_texts(parameters)
        # a canary can be compared only with an expected answer of its own
        self._known = tuple(canary for canary in canaries if canary.expected)

    async def outcome(self, context: ScoreContext, material: Material) -> ScoreOutcome:
        """Compare with the other text; of several accepted ones with the first."""
        try:
            other = self._texts(context.case)[0]
        except CannotMeasureError as error:
            raise JudgeError(str(error)) from error
        if " ".join(other.split()) == " ".join(material.output.split()):
            details: JsonObject = {"source": "identical"}
            reason = "a tie: both texts are the same"
            return self.scored(
                0.5, passed=self._least <= 0.5 + SAME, reason=reason, about=details, effort=JudgeEffort()
            )
        found = await prefer(self._judge, self._form, material, other)
        return self.scored(
            found.value,
            passed=found.value >= self._least,
            reason=_told(found),
            about={
                **about(found.forward, self._judge, self._form),
                "orders_agree": found.orders_agree,
                "swapped": found.backward.as_json(),
            },
            effort=found.effort,
        )

    async def check_canaries(self) -> CanaryCheck:
        """A good canary is not worse than its expected answer, a bad one not better."""
        checks = CanaryCheck()
        for index, canary in enumerate(self._known):
            checks += await self._check_canary(canary, index)
        return checks

    async def _check_canary(self, canary: Canary, index: int) -> CanaryCheck:
        name = f"canary {index + 1} ({canary.kind})"
        material = Material(input=canary.input, output=canary.output)
        try:
            found = await prefer(self._judge, self._form, material, canary.expected, fresh=True, repeat=index)
        except JudgeError as error:
            return CanaryCheck(unread=(f"{name} got no verdict: {error.reason}",), effort=error.effort)
        good = canary.kind == GOOD
        wrong = found.value == (0.0 if good else 1.0)
        told = (f"{name} {'lost' if good else 'won'}",) if wrong else ()
        return CanaryCheck(wrong=told, effort=found.effort)


def _told(found: Preference) -> str:
    if not found.orders_agree:
        return "no preference: the judge's verdict depends on the order of the texts"
    word = {1.0: "better", 0.0: "worse", 0.5: "neither better nor worse"}[found.value]
    return f"{word} in both orders ({shown(found.forward.reason)})"
