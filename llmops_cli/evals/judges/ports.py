"""What judges are handed from outside: models, rubrics, markers, earlier verdicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_cli.core.errors import UsageError
from llmops_cli.evals.judges.judge import Judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.completions import Model
    from llmops_cli.evals.judges.judge import Markers
    from llmops_cli.evals.judges.judge_request import JudgeModel
    from llmops_cli.evals.judges.verdict_cache import VerdictCache
    from llmops_cli.registry.project_file import JudgeSettings
    from llmops_cli.registry.rubric_file import Rubric


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePorts:
    """Everything that a judge metric does not do itself.

    `rubric` takes the path as a suite writes it. `judge_model` takes a name from `judges:` in the project file, an
    alias or `provider/model`, and gives the settings with the name resolved; both raise for what does not exist.
    `default_judge` is the settings' name where neither metric nor rubric names one. `markers` takes the judge's name:
    where its replies are recorded, the markers repeat.
    """

    model: Model
    rubric: Callable[[str], Rubric]
    judge_model: Callable[[str], JudgeModel]
    markers: Callable[[str], Markers]
    verdicts: VerdictCache
    default_judge: str = ""

    def judge(
        self,
        name: str | None,
        asked: JudgeSettings | None,
        *,
        votes: int | None = None,
        temperature: float | None = None,
    ) -> Judge:
        """Return the judge of a metric: what the metric says, else the rubric, else the project file.

        Raises:
            UsageError: when nobody names a judge, or the name means nothing.
        """
        chosen = name or (asked.model if asked else self.default_judge)
        if not chosen:
            message = "no judge is named."
            hint = (
                "Name it in the metric (model:), in the rubric (judge:), or as `default` under judges: in llmops.yaml."
            )
            raise UsageError(message, hint=hint)
        settings = self.judge_model(chosen)
        if asked is not None and not name:
            settings = replace(settings, temperature=asked.temperature, votes=asked.votes, max_tokens=asked.max_tokens)
        settings = replace(
            settings,
            votes=settings.votes if votes is None else votes,
            temperature=settings.temperature if temperature is None else temperature,
        )
        return Judge(settings, self.model, markers=self.markers(settings.name), verdicts=self.verdicts)
