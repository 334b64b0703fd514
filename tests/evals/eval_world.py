"""A small world for the engine's tests: a prompt, a suite, and a model that lives in the process."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from llmops_cli.core.completions import Completion, CompletionSource, Usage
from llmops_cli.core.prompts import Message, ModelSettings, Prompt, Role, Template, Variable
from llmops_cli.core.suites import Case, MetricSpec, Suite
from llmops_cli.evals.engine import evaluate
from llmops_cli.evals.job import EvalJob
from llmops_cli.evals.measuring.metric_table import bind
from llmops_cli.evals.ports import EvalPorts
from llmops_cli.evals.runs.journal import read_entries
from llmops_cli.evals.runs.run_folder import RunFolders
from llmops_cli.evals.runs.summary_builder import summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from llmops_cli.core.completions import CompletionRequest, Model
    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.core.scores import Scorer
    from llmops_cli.evals.progress import RunProgress
    from llmops_cli.evals.runs.run_end import RunEnd
    from llmops_cli.evals.runs.summary import RunSummary

SETTINGS = ModelSettings(name="echo/echo", temperature=0.0)

PROMPT = Prompt(
    id="repeat-after-me",
    version=1,
    path="prompts/repeat-after-me.yaml",
    model=SETTINGS,
    messages=(Template(role=Role.USER, source="{{ text }}", resolved="{{ text }}"),),
    variables=(Variable(name="text"),),
)

EQUALS = MetricSpec(metric="equals", name="equals")


def cases_of(count: int, *, wrong_every: int = 0) -> tuple[Case, ...]:
    """Cases that the echo gets right, except every so many."""
    return tuple(
        Case(
            id=f"case-{number:05d}",
            variables={"text": f"say {number}"},
            expected=f"say {number}" if not wrong_every or number % wrong_every else "something else",
            tags=("even" if number % 2 == 0 else "odd",),
            critical=number % 10 == 0,
        )
        for number in range(count)
    )


def suite_of(cases: tuple[Case, ...], *metrics: MetricSpec) -> Suite:
    return Suite(prompt_id=PROMPT.id, path="evals/repeat-after-me.yaml", cases=cases, metrics=metrics or (EQUALS,))


def job_of(cases: tuple[Case, ...], *metrics: MetricSpec, **settings: Any) -> EvalJob:
    suite = suite_of(cases, *metrics)
    return EvalJob(prompt=PROMPT, suite=suite, model=SETTINGS, cases=suite.cases, **settings)


def render(prompt: Prompt, variables: Mapping[str, JsonValue]) -> tuple[Message, ...]:
    return tuple(Message(role=template.role, content=str(variables["text"])) for template in prompt.messages)


class Echo:
    """Answers with the last message; keeps what it was asked."""

    def __init__(self, *, cost_usd: float | None = 0.001, wait: bool = False) -> None:
        self.asked: list[tuple[str, int]] = []
        self.at_once = 0
        self.most_at_once = 0
        self._cost = cost_usd
        self._wait = wait

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append((request.messages[-1].content, request.trial))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self._wait:
            await asyncio.sleep(0)
        self.at_once -= 1
        return answer_of(self.text(request), cost_usd=self._cost)

    def text(self, request: CompletionRequest) -> str:
        return request.messages[-1].content


def answer_of(
    text: str, *, cost_usd: float | None = 0.001, source: CompletionSource = CompletionSource.LIVE
) -> Completion:
    return Completion(
        text=text,
        usage=Usage(input_tokens=10, output_tokens=2),
        model_served="echo-1",
        latency_seconds=0.25,
        cost_usd=cost_usd,
        source=source,
    )


class World:
    """Runs jobs in a folder and tells what came of them."""

    def __init__(self, root: Path) -> None:
        self.folders = RunFolders(root, now=lambda: datetime.now(UTC), clock=time.monotonic)
        self.seen: list[RunProgress] = []

    def run(
        self,
        job: EvalJob,
        model: Model,
        *,
        retry_errors: bool = False,
        finish: bool = True,
        bind_with: Callable[[MetricSpec], Scorer] = bind,
    ) -> tuple[RunSummary, RunEnd]:
        run = self.folders.open(job, retry_errors=retry_errors)
        ports = EvalPorts(
            model=model,
            render=render,
            bind=bind_with,
            clock=time.monotonic,
            journal=run.journal,
            progress=self.seen.append,
        )
        with run.journal:
            end = asyncio.run(evaluate(job, ports, retry_errors=retry_errors))
        stopped = end.stopped.value if end.stopped else ""
        summary = summarize(job, read_entries(run.journal.path), stopped=stopped)
        if finish:
            self.folders.finish(run, summary, end)
        return summary, end
