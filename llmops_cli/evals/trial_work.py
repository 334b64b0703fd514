"""The work of one trial: render, complete, score. What the default executor does in the process of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.runs import Trial
from llmops_cli.core.scores import ScoreContext
from llmops_cli.evals.tier_scoring import TierScoring

if TYPE_CHECKING:
    from llmops_cli.core.completions import Model
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.ports import Bind, Render
    from llmops_cli.evals.scheduling import PlannedTrial


class TrialWork:
    """Runs trials of one job in this process."""

    def __init__(self, job: EvalJob, *, model: Model, render: Render, bind: Bind) -> None:
        """Bind the suite's metrics."""
        self._job = job
        self._model = model
        self._render = render
        self._scoring = TierScoring(job, bind)

    async def run(self, planned: PlannedTrial) -> Trial:
        """Render, complete unless there is an answer already, and score.

        Raises:
            InvalidFileError: when the case does not fit the prompt.
            ProviderError: when there is no answer.
            LlmopsError: for what no trial can get around.
        """
        messages = self._render(self._job.prompt, planned.case.variables)
        completion = planned.completion or await self._model.complete(self._job.request(messages, planned.key.number))
        prompt_text = "\n\n".join(message.content for message in messages)
        scored = await self._scoring.score(
            ScoreContext(case=planned.case, completion=completion, prompt_text=prompt_text)
        )
        return Trial(
            key=planned.key,
            completion=completion,
            scores=scored.scores,
            failures=scored.failures,
            skipped_metrics=scored.skipped,
            aside=self._job.aside_of(planned.case),
        )
