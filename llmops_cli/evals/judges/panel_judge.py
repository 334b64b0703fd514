"""Several models judge by one rubric; the majority decides, and how far they are apart is kept."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.judges.canaries import CanaryCheck, canary_material, check_canaries
from llmops_cli.evals.judges.form import form_of
from llmops_cli.evals.judges.judge_metric import (
    MIN,
    RUBRIC,
    SHOW_EXPECTED,
    TEMPERATURE,
    VOTES,
    JudgeMetric,
    JudgeScorer,
)
from llmops_cli.evals.judges.judgement import JudgeEffort, JudgeError, Judgement
from llmops_cli.evals.judges.prechecks import ALLOW
from llmops_cli.evals.judges.rubric_judge import about
from llmops_cli.evals.measuring.text_matching import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.scores import ScoreContext, ScoreOutcome, Scorer
    from llmops_cli.evals.judges.form import Form
    from llmops_cli.evals.judges.judge import Judge
    from llmops_cli.evals.judges.judge_request import Material
    from llmops_cli.evals.judges.ports import JudgePorts
    from llmops_cli.registry.rubric_file import Rubric

SMALLEST_PANEL = 2


class PanelJudge(JudgeMetric):
    """Several models of different families judge by one rubric.

    More than half of them have to agree on pass or fail; otherwise there is no verdict. The score is the mean of those
    who agree. A judge that cannot be read counts as nobody's vote, not as a vote against. The spread of all scores is
    in the journal.
    """

    name: ClassVar[str] = "judge_panel"
    summary: ClassVar[str] = "several models judge by one rubric, and the majority decides"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["rubric", "models"],
        "properties": {
            "rubric": RUBRIC,
            "models": {
                "description": "The judges: provider/model, aliases, or names from `judges:` in llmops.yaml.",
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "minItems": 1,
            },
            "min": MIN,
            "votes": VOTES,
            "temperature": TEMPERATURE,
            "show_expected": SHOW_EXPECTED,
            "allow": ALLOW,
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """A panel has several members, each once."""
        models = cast("Sequence[str]", parameters["models"])
        if len(set(models)) < SMALLEST_PANEL or len(set(models)) < len(models):
            message = "a panel needs at least two judges, each of them once."
            hint = "Name three models of different families, or use the metric judge with votes."
            return (ParameterProblem(parameter="models", message=message, hint=hint),)
        return super().check(parameters)

    def bind_judge(self, name: str, parameters: JsonObject, ports: JudgePorts) -> Scorer:
        """Return the scorer that asks every member."""
        rubric = ports.rubric(str(parameters["rubric"]))
        judges = [
            ports.judge(
                model,
                None,
                votes=cast("int | None", parameters.get("votes")),
                temperature=cast("float | None", parameters.get("temperature")),
            )
            for model in cast("Sequence[str]", parameters["models"])
        ]
        return PanelScorer(name, parameters, rubric, judges)


class PanelScorer(JudgeScorer):
    """Scores by the majority of several judges."""

    def __init__(self, name: str, parameters: JsonObject, rubric: Rubric, judges: Sequence[Judge]) -> None:
        """Take the rubric and the members."""
        super().__init__(name, parameters)
        self._form = form_of(rubric)
        self._known = rubric.canaries
        self._judges = judges
        self._least = cast("float", parameters["min"])

    async def outcome(self, context: ScoreContext, material: Material) -> ScoreOutcome:
        """Ask every member and count."""
        del context
        results = await asyncio.gather(*(_asked(judge, self._form, material) for judge in self._judges))
        effort = JudgeEffort()
        for each in results:
            effort += each.effort
        verdicts = [each for each in results if isinstance(each, Judgement)]
        counts = Counter(each.score >= self._least for each in verdicts)
        passed = counts[True] > counts[False]
        if max(counts[True], counts[False]) * 2 <= len(self._judges):
            raise JudgeError(self._no_majority(results, counts), effort)
        agreeing = [each for each in verdicts if (each.score >= self._least) == passed]
        spread = max(each.score for each in verdicts) - min(each.score for each in verdicts)
        members: list[JsonValue] = [
            {"error": each.reason, "model": judge.settings.name}
            if isinstance(each, JudgeError)
            else about(each, judge, self._form)
            for judge, each in zip(self._judges, results, strict=True)
        ]
        return self.scored(
            min(math.fsum(each.score for each in agreeing) / len(agreeing), 1.0),
            passed=passed,
            reason=f"{len(agreeing)} of {len(self._judges)} agree, spread {spread:.2f}: {shown(agreeing[0].reason)}",
            about={"members": members, "spread": spread},
            effort=effort,
        )

    async def check_canaries(self) -> CanaryCheck:
        """Every member judges every canary; a member that fails one makes the panel another panel."""
        found = CanaryCheck()
        for judge in self._judges:
            check = await check_canaries(
                self._known,
                lambda canary, index, judge=judge: judge.judge(  # type: ignore[misc]
                    self._form, canary_material(canary), fresh=True, repeat=index
                ),
                least=self._least,
            )
            found += CanaryCheck(
                wrong=tuple(f"{judge.settings.name}: {each}" for each in check.wrong),
                unread=tuple(f"{judge.settings.name}: {each}" for each in check.unread),
                effort=check.effort,
            )
        return found

    def _no_majority(self, results: Sequence[Judgement | JudgeError], counts: Counter[bool]) -> str:
        failed = [each.reason for each in results if isinstance(each, JudgeError)]
        told = f"; {len(failed)} gave no verdict ({failed[0]})" if failed else ""
        return f"the panel has no majority: {counts[True]} pass, {counts[False]} fail{told}"


async def _asked(judge: Judge, form: Form, material: Material) -> Judgement | JudgeError:
    try:
        return await judge.judge(form, material)
    except JudgeError as error:
        return error
