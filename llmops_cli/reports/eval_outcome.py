"""What one evaluated prompt is reported as: the run in figures, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.exit_codes import ExitCode
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.evals.runs.summary import RunSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalOutcome:
    """One prompt on one model.

    `word` is the verdict in upper case (`PASS`, `REGRESSION`, `NOT COMPARED`, …), `reasons` are full
    sentences, the most important first, `exit_code` is what the verdict means to the shell. `elapsed_seconds`
    is None when the run is only looked at again. `next_step` is a command. `changed` tells that the prompt is
    not the one of its baseline: of several outcomes it is what the caller wants to see next. `broken` are failing
    cases that passed in what the run is compared with.
    """

    summary: RunSummary
    word: str
    reasons: tuple[str, ...]
    exit_code: ExitCode
    run_path: str
    elapsed_seconds: float | None = None
    compared_with: str = ""
    next_step: str = ""
    changed: bool = False
    broken: frozenset[str] = frozenset()

    def as_json(self) -> JsonObject:
        """Return the outcome for machines; text of prompts and models is as it was."""
        return {
            **self.summary.as_json(),
            "verdict": self.word.lower(),
            "reasons": list(self.reasons),
            "exit_code": int(self.exit_code),
            "broken": sorted(self.broken),
            "compared_with": self.compared_with,
            "elapsed_seconds": self.elapsed_seconds,
            "run": self.run_path,
            "failing": [
                {
                    "case": trial.case_id,
                    "trial": trial.number,
                    "critical": trial.critical,
                    "expected": list(trial.expected) if isinstance(trial.expected, tuple) else trial.expected,
                    "got": trial.got,
                    "metrics": [
                        {"name": metric.name, "reason": metric.reason, "score": metric.score}
                        for metric in trial.metrics
                    ],
                    "path": trial.path,
                    "line": trial.line,
                }
                for trial in self.summary.failing
            ],
            "errors": [
                {"case": trial.case_id, "trial": trial.number, "kind": trial.kind, "message": trial.message}
                for trial in self.summary.errors
            ],
        }
