"""What a document is written from: a run's outcome, and its trials as long as somebody reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.journal_line import JournalEntry
    from llmops_cli.reports.eval_outcome import EvalOutcome
    from llmops_cli.reports.trial_rows import TrialRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRun:
    """One run. `entries` reads its journal from the start, each time it is called."""

    outcome: EvalOutcome
    job: EvalJob
    entries: Callable[[], Iterator[JournalEntry]]

    def rows(self) -> Iterator[TrialRow]:
        """Return its trials as flat rows, in the order of the suite."""
        from llmops_cli.reports.trial_rows import trial_rows  # noqa: PLC0415 - not every document lists trials

        return trial_rows(self.job, self.entries())


WriteDocument: TypeAlias = "Callable[[Sequence[ReportedRun]], str]"
"""What every part of `run_documents` offers."""
