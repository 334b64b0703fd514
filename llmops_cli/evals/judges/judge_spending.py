"""What the judges of a run took, apart from what the prompt under test took, and what was spared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.evals.judges.judgement import DETAILS, JudgeEffort, effort_in
from llmops_cli.evals.runs.exact_sum import ExactSum

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.runs import Trial
    from llmops_cli.core.scores import ScoreOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSpending:
    """The judge tier of a run in figures.

    `judged` counts evaluations by a judge, `failed` those without a verdict, `known` those whose verdict was kept from
    before, `unasked` those decided by a look at the text. `avoided` counts evaluations that a cheaper tier made
    unnecessary; `avoided_calls` and `avoided_usd` are what they would have taken at this run's mean, None when no
    judge was asked to tell.
    """

    effort: JudgeEffort
    judged: int
    failed: int
    known: int
    unasked: int
    avoided: int
    avoided_calls: int | None
    avoided_usd: float | None

    def as_json(self) -> JsonObject:
        """Return the form of `run.json`."""
        return {
            **self.effort.as_json(),
            "avoided": self.avoided,
            "avoided_calls": self.avoided_calls,
            "avoided_usd": self.avoided_usd,
            "failed": self.failed,
            "judged": self.judged,
            "known": self.known,
            "unasked": self.unasked,
        }


class JudgeTally:
    """Adds up trial by trial."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._calls = self._input = self._output = self._unpriced = 0
        self._cost, self._paid = ExactSum(), ExactSum()
        self._judged = self._failed = self._known = self._unasked = self._asked = 0

    def add(self, trial: Trial) -> None:
        """Count the judges of one trial."""
        outcomes: list[ScoreOutcome] = [*trial.scores, *trial.failures]
        for outcome in outcomes:
            details = outcome.details.get(DETAILS)
            if not isinstance(details, dict):
                continue
            effort = effort_in(outcome)
            self._calls += effort.calls
            self._input += effort.input_tokens
            self._output += effort.output_tokens
            self._unpriced += effort.unpriced
            self._cost.add(effort.cost_usd)
            self._paid.add(effort.paid_usd)
            self._judged += 1
            self._known += details.get("cached") is True
            self._unasked += details.get("source") in {"precheck", "identical"}
            self._asked += effort.calls > 0
        self._failed += sum(DETAILS in failure.details for failure in trial.failures)

    def result(self, avoided: int) -> JudgeSpending | None:
        """Return the figures, None when the run has no judge."""
        if not (self._judged or avoided):
            return None
        effort = JudgeEffort(
            calls=self._calls,
            input_tokens=self._input,
            output_tokens=self._output,
            cost_usd=self._cost.total(),
            paid_usd=self._paid.total(),
            unpriced=self._unpriced,
        )
        known_price = self._asked and not self._unpriced
        return JudgeSpending(
            effort=effort,
            judged=self._judged,
            failed=self._failed,
            known=self._known,
            unasked=self._unasked,
            avoided=avoided,
            avoided_calls=round(avoided * self._calls / self._asked) if self._asked else None,
            avoided_usd=avoided * effort.cost_usd / self._asked if known_price else None,
        )
