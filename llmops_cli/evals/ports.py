"""The outside of an evaluation, passed in: a model, a way to render, scorers, a clock, a journal, an onlooker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmops_cli.core.completions import Model
    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.core.prompts import Message, Prompt
    from llmops_cli.core.runs import Trial
    from llmops_cli.core.scores import Scorer
    from llmops_cli.core.suites import MetricSpec
    from llmops_cli.evals.clock import Clock
    from llmops_cli.evals.progress import Onlooker
    from llmops_cli.evals.runs.journal import Journal
    from llmops_cli.evals.scheduling import PlannedTrial

Render: TypeAlias = "Callable[[Prompt, Mapping[str, JsonValue]], tuple[Message, ...]]"
"""`registry.template.render_messages`. Raises InvalidFileError when the variables do not fit the prompt."""

Bind: TypeAlias = "Callable[[MetricSpec], Scorer]"
"""`metric_table.bind`, or one that also gives judges their model."""


class Executor(Protocol):
    """Where trials are completed and scored. Journal, budget and progress are the run's own, wherever that is."""

    async def run(self, planned: PlannedTrial) -> Trial:
        """Complete and score one trial.

        Raises:
            InvalidFileError, ProviderError: the trial has no result.
            LlmopsError: no trial can get around it; the run ends, and can be resumed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalPorts:
    """Everything that an evaluation does not do itself.

    Without an `executor`, trials run in this process, with `model`, `render` and `bind`; another one brings its own.
    """

    model: Model
    render: Render
    bind: Bind
    clock: Clock
    journal: Journal
    progress: Onlooker
    executor: Executor | None = None
