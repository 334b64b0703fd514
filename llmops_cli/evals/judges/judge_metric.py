"""What the metrics of the judge tier share: parameters, the texts they show, scores with the judge's details."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import ParameterProblem, Score, ScoreFailure, Tier
from llmops_cli.evals.judges.judge_request import Material
from llmops_cli.evals.judges.judgement import CANARIES, DETAILS, JudgeEffort, JudgeError
from llmops_cli.evals.judges.prechecks import precheck
from llmops_cli.evals.measuring.metric_base import cannot_fail, crash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.scores import ScoreContext, ScoreOutcome, Scorer
    from llmops_cli.core.suites import Case
    from llmops_cli.evals.judges.canaries import CanaryCheck
    from llmops_cli.evals.judges.ports import JudgePorts

RUBRIC: JsonObject = {
    "description": "The rubric's file, from the folder of the suites: rubrics/<id>.yaml.",
    "type": "string",
    "minLength": 1,
}
MODEL: JsonObject = {
    "description": "The judge: provider/model, an alias, or a name from `judges:` in llmops.yaml. "
    "Default: the rubric's, else the judge called `default`.",
    "type": "string",
    "minLength": 1,
}
MIN: JsonObject = {
    "description": "The least score that passes.",
    "type": "number",
    "minimum": 0,
    "maximum": 1,
    "default": 0.5,
}
VOTES: JsonObject = {
    "description": "How often each answer is judged; the majority counts. An odd number avoids ties.",
    "type": "integer",
    "minimum": 1,
    "maximum": 25,
}
TEMPERATURE: JsonObject = {
    "description": "Randomness of the judge's replies; votes need some.",
    "type": "number",
    "minimum": 0,
    "maximum": 2,
}
SHOW_EXPECTED: JsonObject = {
    "description": "Whether the judge sees the case's expected answer, where it is text, as a reference.",
    "type": "boolean",
    "default": True,
}


class JudgeMetric(ABC):
    """A metric that asks a model. `bind` without ports gives a scorer that says that no judge is there."""

    name: ClassVar[str]
    tier: ClassVar[Tier] = Tier.JUDGE
    version: ClassVar[int] = 1
    summary: ClassVar[str]
    parameters: ClassVar[JsonObject]
    needs_expected: ClassVar[bool] = False

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """A threshold of 0 lets everything pass."""
        if parameters.get("min") == 0:
            return (cannot_fail("min", "min is 0, so every answer passes.", "Ask for more than nothing: min: 0.5"),)
        return ()

    def bind(self, name: str, parameters: JsonObject) -> Scorer:
        """Return a scorer that cannot measure: a judge is bound with its ports."""
        del parameters
        return _NoJudge(name)

    @abstractmethod
    def bind_judge(self, name: str, parameters: JsonObject, ports: JudgePorts) -> Scorer:
        """Return the scorer for checked, complete parameters.

        Raises:
            UsageError, InvalidFileError: when judge or rubric do not exist or cannot be used.
        """


class _NoJudge:
    def __init__(self, name: str) -> None:
        self.name = name

    async def score(self, contexts: Sequence[ScoreContext]) -> Sequence[ScoreOutcome]:
        return [ScoreFailure(metric=self.name, reason="no model was given to judge with") for _ in contexts]


class JudgeScorer(ABC):
    """A scorer that checks answers without a model first, then asks the judge about the rest, side by side.

    Canaries are judged once per run, before the first answer; when one of them comes out wrong, everything that
    this scorer says is a failure to measure.
    """

    def __init__(self, name: str, parameters: JsonObject) -> None:
        """Take the metric's name within its suite and its parameters."""
        self.name = name
        self._parameters = parameters
        self._allow = frozenset(cast("Sequence[str]", parameters.get("allow", ())))
        self._canaries: asyncio.Task[CanaryCheck] | None = None
        self._untold = JudgeEffort()

    async def score(self, contexts: Sequence[ScoreContext]) -> Sequence[ScoreOutcome]:
        """Score each context by itself."""
        return await asyncio.gather(*(self._score(context) for context in contexts))

    async def _score(self, context: ScoreContext) -> ScoreOutcome:
        material = material_of(context, show_expected=bool(self._parameters.get("show_expected", True)))
        if found := precheck(context, input_text=material.input, allow=self._allow):
            details: JsonObject = {DETAILS: {"source": "precheck", "calls": 0}}
            return Score(metric=self.name, value=0.0, passed=False, reason=f"not judged: {found}", details=details)
        try:
            if failure := await self._failed_canaries():
                return failure
            return await self.outcome(context, material)
        except JudgeError as error:
            return self._failure(error.reason, error.effort)
        except Exception as error:  # noqa: BLE001 - what went wrong with one answer does not spoil the others
            return crash(self.name, error)

    @abstractmethod
    async def outcome(self, context: ScoreContext, material: Material) -> ScoreOutcome:
        """Return what the judge says.

        Raises:
            JudgeError: when it says nothing.
        """

    @abstractmethod
    async def check_canaries(self) -> CanaryCheck:
        """Judge the outputs whose verdict is known."""

    def scored(self, value: float, *, passed: bool, reason: str, about: JsonObject, effort: JudgeEffort) -> Score:
        """Return a score with the judge's details."""
        return Score(metric=self.name, value=value, passed=passed, reason=reason, details=self._details(about, effort))

    def _failure(self, reason: str, effort: JudgeEffort, about: JsonObject | None = None) -> ScoreFailure:
        return ScoreFailure(metric=self.name, reason=reason, details=self._details(about or {}, effort))

    def _details(self, about: JsonObject, effort: JudgeEffort) -> JsonObject:
        # what the canaries took is told once, with whichever score comes first
        effort, self._untold = effort + self._untold, JudgeEffort()
        return {DETAILS: {**about, **effort.as_json()}}

    async def _failed_canaries(self) -> ScoreFailure | None:
        if self._canaries is None:
            self._canaries = asyncio.create_task(self._judge_canaries())
        check = await asyncio.shield(self._canaries)
        if check.wrong:
            reason = f"its canaries came out wrong: {check.problem}"
            return self._failure(reason, JudgeEffort(), {CANARIES: check.problem})
        return self._failure(check.problem, JudgeEffort()) if check.unread else None

    async def _judge_canaries(self) -> CanaryCheck:
        check = await self.check_canaries()
        self._untold += check.effort
        return check


def material_of(context: ScoreContext, *, show_expected: bool) -> Material:
    """Return what a judge sees of a trial: the case's variables, its reference, and the answer.

    The prompt's own words are left out: the judge grades the answer alike under every version of the prompt.
    """
    expected = reference_of(context.case) if show_expected else ""
    return Material(output=context.completion.text, input=input_of(context.case.variables), expected=expected)


def input_of(variables: Mapping[str, JsonValue]) -> str:
    """Return the variables of a case as text: one alone as it is, several with their names."""
    texts = {name: _as_text(value) for name, value in variables.items()}
    if len(texts) == 1:
        return next(iter(texts.values()))
    return "\n\n".join(f"{name}:\n{text}" for name, text in texts.items())


def reference_of(case: Case) -> str:
    """Return the expected answer as text; of several accepted ones all, one a line."""
    expected = case.expected
    if expected is None:
        return ""
    return "\n".join(expected) if isinstance(expected, tuple) else _as_text(expected)


def _as_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=list)
