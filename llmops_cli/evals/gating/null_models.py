"""A suite probed with models that know nothing: whoever answers nothing, a dot, or the question must not pass.

No model is called. Only cases whose every metric is deterministic can be probed; a suite that leaves the
decision to semantic metrics or a judge is not judged here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_cli.core.completions import Completion, Usage
from llmops_cli.core.errors import InvalidFileError
from llmops_cli.core.prompts import Role
from llmops_cli.core.scores import ScoreContext, Tier
from llmops_cli.evals.measuring.metric_table import tier_of
from llmops_cli.evals.tier_scoring import TierScoring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.prompts import Message
    from llmops_cli.core.suites import MetricSpec
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.ports import Bind, Render

WEAK_FROM = 0.5
"""A suite is weak when one of these answers passes this share of its cases."""

MOST_CASES = 200
"""Cases that are probed, spread evenly: enough to tell half of them from few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NullProbe:
    """What one null model reached: it passed `passed` of the `probed` cases by answering `answer`."""

    answer: str
    passed: int
    probed: int

    @property
    def weak(self) -> bool:
        """Whether the suite lets this answer through."""
        return self.probed > 0 and self.passed >= WEAK_FROM * self.probed

    def sentence(self) -> str:
        """Say what came of it."""
        return f"Answering {self.answer} passes {self.passed} of {self.probed} cases: the suite is weak."

    @property
    def estimate(self) -> float:
        """The share of all cases that this answer passes; those that were not probed count as failed ones do."""
        return self.passed / self.probed if self.probed else 0.0

    def as_json(self) -> JsonObject:
        """Return the probe for machines."""
        return {"answer": self.answer, "passed": self.passed, "probed": self.probed}


async def probe(job: EvalJob, render: Render, bind: Bind) -> tuple[NullProbe, ...]:
    """Return what each null model reaches on the cases of a job; none where no case can be probed."""
    cases = [case for case in job.cases if _is_deterministic(job.suite.metrics_of(case))]
    cases = cases[:: max(len(cases) // MOST_CASES, 1)]
    scoring = TierScoring(replace(job, tiers=frozenset({Tier.DETERMINISTIC})), bind)
    passed: dict[str, int] = {}
    probed = 0
    for case in cases:
        try:
            messages = render(job.prompt, case.variables)
        except InvalidFileError:
            continue  # the run itself reports it
        probed += 1
        for name, text in _answers(messages).items():
            scored = await scoring.score(ScoreContext(case=case, completion=_completion(text, job.model.name)))
            fine = not scored.failures and all(score.passed for score in scored.scores)
            passed[name] = passed.get(name, 0) + fine
    return tuple(NullProbe(answer=name, passed=count, probed=probed) for name, count in passed.items())


async def weak_spots(job: EvalJob, render: Render, bind: Bind) -> tuple[NullProbe, ...]:
    """Return the null models that the suite of a job lets through; empty when it is strong, or cannot be probed."""
    return tuple(found for found in await probe(job, render, bind) if found.weak)


def _is_deterministic(specs: tuple[MetricSpec, ...]) -> bool:
    return bool(specs) and all(tier_of(spec) is Tier.DETERMINISTIC for spec in specs)


def _answers(messages: tuple[Message, ...]) -> Mapping[str, str]:
    echo = next((message.content for message in reversed(messages) if message.role is Role.USER), "")
    return {"nothing": "", 'a single "."': ".", "with the question itself": echo}


def _completion(text: str, model: str) -> Completion:
    return Completion(
        text=text, usage=Usage(output_tokens=len(text.split()), estimated=True), cost_usd=0.0, model_served=model
    )
