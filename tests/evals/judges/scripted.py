"""Judges in this process: replies by script, a rubric, and one answer scored."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any, TypeAlias

from llmops_cli.core.completions import Completion, TokenLogprob, Usage
from llmops_cli.core.scores import ScoreContext
from llmops_cli.core.suites import Case, MetricSpec
from llmops_cli.evals.judges.binding import with_judges
from llmops_cli.evals.judges.judge_request import JudgeModel, Material
from llmops_cli.evals.judges.ports import JudgePorts
from llmops_cli.evals.judges.verdict_cache import NoVerdicts, VerdictCache
from llmops_cli.evals.measuring.metric_table import bind
from llmops_cli.registry.documents.yaml_document import parse_yaml_document
from llmops_cli.registry.rubric_file import Rubric, parse_rubric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llmops_cli.core.completions import CompletionRequest
    from llmops_cli.core.scores import ScoreOutcome
    from llmops_cli.core.suites import Expected

Reply: TypeAlias = "str | Completion | Exception"

RUBRIC = """\
id: faithful
version: 1
criteria: The output says nothing that the input does not say.
scale:
  choices:
    - {name: good, score: 1, description: everything is in the input}
    - {name: poor, score: 0.25}
    - {name: invented, score: 0}
judge: {model: test/judge}
"""
CHECKLIST = """\
id: points
version: 1
criteria: Check each point.
scale:
  binary:
    - {name: names-sender, question: Is the sender named?, weight: 3}
    - {name: one-sentence, question: Is it one sentence?}
judge: {model: test/judge}
"""


def rubric_of(text: str = RUBRIC) -> Rubric:
    parsed = parse_rubric(parse_yaml_document(text.encode(), "evals/rubrics/x.yaml"))
    assert parsed.rubric is not None, parsed.findings
    return parsed.rubric


def choice(name: str, reason: str = "because") -> str:
    return json.dumps({"answers": {"choice": name}, "reason": reason})


class Scripted:
    """A judge that replies what it is told, and keeps what it was asked."""

    def __init__(self, reply: Callable[[CompletionRequest], Reply] | Sequence[Reply]) -> None:
        self.asked: list[CompletionRequest] = []
        self._reply = reply

    async def complete(self, request: CompletionRequest) -> Completion:
        number = len(self.asked)
        self.asked.append(request)
        await asyncio.sleep(0)
        reply = self._reply(request) if callable(self._reply) else self._reply[number]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, Completion) else completion(reply)


def completion(text: str, *, logprobs: Mapping[str, float] | None = None, **fields: Any) -> Completion:
    """A reply; `logprobs` are the log-probabilities of its first token, the first one chosen."""
    tokens: tuple[TokenLogprob, ...] = ()
    if logprobs:
        chosen = next(iter(logprobs))
        tokens = (TokenLogprob(token=chosen, logprob=logprobs[chosen], alternatives=tuple(logprobs.items())),)
    usage = Usage(input_tokens=100, output_tokens=10)
    return Completion(text=text, usage=usage, cost_usd=0.001, logprobs=tokens, model_served="judge-1", **fields)


def ports_of(
    model: Scripted,
    rubrics: Mapping[str, str] | None = None,
    *,
    verdicts: VerdictCache | None = None,
    logprobs: bool = False,
) -> JudgePorts:
    texts = rubrics or {"rubrics/faithful.yaml": RUBRIC, "rubrics/points.yaml": CHECKLIST}
    numbers = itertools.count(1)

    def markers(_material: Material) -> Callable[[], str]:
        return lambda: f"{next(numbers):032x}"

    return JudgePorts(
        model=model,
        rubric=lambda path: rubric_of(texts[path]),
        judge_model=lambda name: JudgeModel(name=name, logprobs={"logprobs": True} if logprobs else None),
        markers=lambda _model: markers,
        verdicts=verdicts or NoVerdicts(),
        default_judge="test/default",
    )


def context_of(output: str, *, text: str = "Hello, I am Ada.", expected: Expected = None) -> ScoreContext:
    case = Case(id="c", variables={"email": text}, expected=expected)
    return ScoreContext(
        case=case, completion=Completion(text=output, usage=Usage()), prompt_text="the prompt's own words"
    )


def outcomes(
    ports: JudgePorts, metric: str, parameters: dict[str, Any], contexts: Sequence[ScoreContext], **spec: Any
) -> list[ScoreOutcome]:
    async def run() -> list[ScoreOutcome]:
        scorer = with_judges(bind, lambda: ports)(MetricSpec(metric=metric, name=metric, parameters=parameters, **spec))
        return list(await scorer.score(contexts))

    return asyncio.run(run())


def outcome(
    ports: JudgePorts, parameters: dict[str, Any], output: str, *, metric: str = "judge", **about: Any
) -> ScoreOutcome:
    return outcomes(ports, metric, parameters, [context_of(output, **about)])[0]


BY_RUBRIC: dict[str, Any] = {"rubric": "rubrics/faithful.yaml"}
