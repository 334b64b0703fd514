"""One execution of a suite on a prompt, trial by trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """One repeat of one case: the completion and its scores, or the error that prevented them."""

    key: TrialKey
    completion: Completion | None = None
    error: TrialError | None = None
    scores: tuple[Score, ...] = ()
    failures: tuple[ScoreFailure, ...] = ()
    skipped_metrics: tuple[str, ...] = ()

    @property
    def errored(self) -> bool:
        """Whether the trial says nothing about the prompt: no completion, or a metric that failed to measure."""
        return self.error is not None or bool(self.failures)

    @property
    def passed(self) -> bool:
        """Whether every metric that measured met its threshold; an errored trial has not passed."""
        return not self.errored and bool(self.scores) and all(score.passed for score in self.scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class YardstickDigests:
    """What measures. Two runs can be compared only where all of these agree."""

    metrics: str
    dataset: str
    rubrics: Mapping[str, str]
    judges: Mapping[str, str]
