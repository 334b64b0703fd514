"""Arms of a gate's comparison: one prompt on one suite, asked through the gateway, kept in a run folder."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli.commands._eval_run import run_folders
from llmops_cli.commands._progress import ProgressLine
from llmops_cli.core.scores import Tier
from llmops_cli.evals.comparing.measured_run import collect_run
from llmops_cli.evals.gating.looks import Arm
from llmops_cli.evals.measuring.metric_table import tier_of
from llmops_cli.evals.ports import EvalPorts
from llmops_cli.evals.runs.journal import read_entries
from llmops_cli.evals.runs.run_end import RunEnd
from llmops_cli.evals.runs.summary_builder import summarize
from llmops_cli.registry.templates.template import render_messages
from llmops_cli.reports.numbers import count

if TYPE_CHECKING:
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.completions import Model
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.ports import Bind
    from llmops_cli.evals.progress import RunProgress
    from llmops_cli.evals.runs.journal_line import JournalEntry
    from llmops_cli.evals.runs.run_folder import OpenRun, RunFolders
    from llmops_cli.evals.runs.summary import RunSummary
    from llmops_cli.registry.project_file import ProjectSettings

FAILING_KEPT = 200


class OpenArm:
    """An arm with its run folder; `finish` writes the run's figures, whatever ended it."""

    def __init__(
        self,
        workspace: Workspace,
        settings: ProjectSettings,
        model: Model,
        job: EvalJob,
        bind: Bind,
    ) -> None:
        """Open a new run of `job`, whose `repeats` are the most trials of a case; `settings` say who is steady."""
        self._settings = settings
        self._workspace = workspace
        self._folders: RunFolders = run_folders(workspace.root)
        self.job = job
        self._run: OpenRun = self._folders.open(job, resume=False)
        self._line = ProgressLine(workspace.console)
        self._label = job.prompt.identifier
        self.arm = Arm(
            job=job,
            ports=EvalPorts(
                model=model,
                render=render_messages,
                bind=bind,
                clock=time.monotonic,
                journal=self._run.journal,
                progress=self._tell,
            ),
            measure=self.measure,
        )

    @property
    def name(self) -> str:
        """The name by which commands know the run."""
        return self._run.folder.name

    @property
    def run_path(self) -> str:
        """Where the run is kept, relative to the repository."""
        return self._run.folder.relative_to(self._workspace.root).as_posix()

    def measure(self) -> MeasuredRun:
        """Read back what is measured so far."""
        entries = list(read_entries(self._run.journal.path))
        names = {spec.name for case in self.job.cases for spec in self.job.metrics_of(case)}
        steady = {name for name in names if name not in self._judged()} if self._is_steady(entries) else set()
        return collect_run(self.job, entries, deterministic_metrics=steady, only_warn=self.job.aside)

    @property
    def spent(self) -> tuple[float, int]:
        """What it has cost so far: dollars, judges included, and live calls."""
        return self._run.journal.state.paid_usd, self._run.journal.state.calls

    def finish(self, trials: int, *, stopped: str = "") -> RunSummary:
        """Close the journal, write the figures of `trials` per case, and return them."""
        self._line.clear()
        summary = summarize(
            replace(self.job, repeats=max(trials, 1)),
            read_entries(self._run.journal.path),
            stopped=stopped,
            trials_to_show=FAILING_KEPT,
        )
        state = self._run.journal.state
        end = RunEnd(run_now=len(state.done), resumed=0, calls=state.calls, paid_usd=state.paid_usd)
        self._folders.finish(self._run, summary, end)
        return summary

    def outputs(self) -> dict[str, str]:
        """Return the first answer to every case."""
        found: dict[str, tuple[int, str]] = {}
        for entry in read_entries(self._run.journal.path):
            key, completion = entry.trial.key, entry.trial.completion
            if completion is not None and key.number < found.get(key.case_id, (key.number + 1, ""))[0]:
                found[key.case_id] = (key.number, completion.text)
        return {case_id: text for case_id, (_, text) in found.items()}

    def close(self) -> None:
        """Let go of the journal; what is in it stays."""
        self._line.clear()
        self._run.journal.close()

    def _judged(self) -> set[str]:
        specs = (spec for case in self.job.cases for spec in self.job.metrics_of(case))
        return {spec.name for spec in specs if tier_of(spec) is Tier.JUDGE}

    def _is_steady(self, entries: list[JournalEntry]) -> bool:
        """Tell whether the same requests get the same answers; the base's settings say it, not the change's."""
        sources = {e.trial.completion.source.value for e in entries if e.trial.completion}
        if sources and sources <= {"recording"}:
            return True
        provider = self._settings.providers.get(self.job.model.name.partition("/")[0])
        return provider is not None and provider.deterministic and self.job.model.temperature == 0

    def _tell(self, progress: RunProgress) -> None:
        self._line.show(progress.done, progress.total, lambda: self._words(progress), left_seconds=progress.eta_seconds)

    def _words(self, progress: RunProgress) -> str:
        return f"{self._label}: {count(progress.done)} of {count(progress.total)}, {progress.failed} failed"
