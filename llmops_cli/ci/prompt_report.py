"""What a change does to one prompt, and what that means to the check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from llmops_cli.ci.affected import Reason
    from llmops_cli.ci.gate_runs import SuiteRun
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.verdicts import VerdictKind
    from llmops_cli.evals.gating.null_models import NullProbe
    from llmops_cli.registry.diff.prompt_diff import PromptDiff


class Conclusion(StrEnum):
    """What the check says. `neutral` lets a pull request be merged, `action_required` and `failure` do not."""

    SUCCESS = "success"
    FAILURE = "failure"
    ACTION_REQUIRED = "action_required"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptReport:
    """What the change does to one prompt.

    `kind`, `reasons` (full sentences, the decisive one first) and `exit_code` are what the prompt comes to
    over all its runs; `decisive` is the base's suite on the head's prompt, or, for a new prompt (`new`), the
    head's own suite. `selected_because` is why the prompt is affected. `notes` did not decide.
    `judging_usd` is what judging anchors again cost.
    `diff` is None where the prompt itself is as it was.
    """

    prompt_id: str
    version: int | None
    kind: VerdictKind
    reasons: tuple[str, ...]
    exit_code: ExitCode
    selected_because: tuple[Reason, ...]
    new: bool = False
    decisive: SuiteRun | None = None
    head_suite: SuiteRun | None = None
    diff: PromptDiff | None = None
    weak: tuple[NullProbe, ...] = ()
    notes: tuple[str, ...] = ()
    next_step: str = ""
    blocks: bool = False
    judging_usd: float = 0.0

    @property
    def word(self) -> str:
        """The verdict in upper case, as people are shown it."""
        comparison = self.decisive.comparison if self.decisive else None
        if self.exit_code is not ExitCode.PASS:
            return self.kind.value.upper()
        improved = comparison is not None and comparison.improved
        # a weak suite lets the policy's pass stand, but not without a word
        return ", ".join(["PASS", *(["improved"] if improved else []), *(["on a weak suite"] if self.weak else [])])

    @property
    def paid_usd(self) -> float:
        """What this prompt's live calls cost, both arms, both suites and the judges together."""
        return self.judging_usd + sum(run.paid_usd for run in self._runs())

    @property
    def answers(self) -> int:
        """Trials that were answered: live, from recordings or from the cache."""
        return sum(sum(summary.sources.values()) for run in self._runs() for summary in run.summaries)

    def _runs(self) -> tuple[SuiteRun, ...]:
        return tuple(run for run in (self.decisive, self.head_suite) if run is not None)

    def as_json(self) -> JsonObject:
        """Return the prompt's report for machines."""
        return {
            "decisive": self.decisive.as_json() if self.decisive else None,
            "exit_code": int(self.exit_code),
            "head_suite": self.head_suite.as_json() if self.head_suite else None,
            "new": self.new,
            "next_step": self.next_step,
            "notes": list(self.notes),
            "paid_usd": self.paid_usd,
            "prompt": self.prompt_id,
            "reasons": list(self.reasons),
            "selected_because": [reason.as_json() for reason in self.selected_because],
            "verdict": self.kind.value,
            "version": self.version,
            "weak_suite": [probe.as_json() for probe in self.weak],
        }


def conclusion_of(prompt: PromptReport, *, strict: bool) -> Conclusion:
    """Return what a prompt's outcome means to the check.

    A regression fails. An inconclusive comparison, and a new prompt that has nothing to be compared with, are
    neutral unless the policy or `--strict` says otherwise. What was not measured, or cannot be compared
    although it should be, needs a person. `--strict` makes 5, 6, 7 and 10 failures.
    """
    code = prompt.exit_code
    if code is ExitCode.PASS:
        return Conclusion.SUCCESS
    if strict or prompt.blocks or code in {ExitCode.GATE_FAILED, ExitCode.INVALID_FILE}:
        return Conclusion.FAILURE
    if code is ExitCode.INCONCLUSIVE or (code is ExitCode.INCOMPARABLE and prompt.new):
        return Conclusion.NEUTRAL
    return Conclusion.ACTION_REQUIRED
