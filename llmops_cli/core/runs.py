"""One execution of a suite on a prompt, trial by trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion
    from llmops_cli.core.scores import Score, ScoreFailure


NOT_RECORDED = "recording"
"""The kind of error of a trial that only a recording could have answered, and there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialError:
    """No completion could be had: `provider` failed, nothing is recorded (`recording`), or it was not to `render`."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialKey:
    """Names one trial within a run; `number` counts the repeats of a case from 0."""

    case_id: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One repeat of one case: the completion and its scores, or the error that prevented them.

    `aside` names metrics that only warn, judges without a licence: their scores and failures are kept and shown, and
    whether the trial passed or was measured is asked of the others.
    """

    key: TrialKey
    completion: Completion | None = None
    error: TrialError | None = None
    scores: tuple[Score, ...] = ()
    failures: tuple[ScoreFailure, ...] = ()
    skipped_metrics: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()

    @property
    def deciding(self) -> tuple[Score, ...]:
        """The scores of the metrics that decide."""
        return tuple(score for score in self.scores if score.metric not in self.aside) if self.aside else self.scores

    @property
    def errored(self) -> bool:
        """Whether the trial says nothing about the prompt: no completion, or a metric that failed to measure."""
        return self.error is not None or any(failure.metric not in self.aside for failure in self.failures)

    @property
    def incomplete(self) -> bool:
        """Whether asking again could tell more: it is errored, or a metric that only warns could not measure."""
        return self.error is not None or bool(self.failures)

    @property
    def passed(self) -> bool:
        """Whether every metric that measured met its threshold; an errored trial has not passed."""
        deciding = self.deciding
        return not self.errored and bool(deciding) and all(score.passed for score in deciding)
