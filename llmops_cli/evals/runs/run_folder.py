"""Folders of runs: `.llmops/runs/<time>-<prompt>-<short digest>/` with `journal.jsonl` and, at the end, `run.json`."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, cast

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.core.errors import RefusedError, SetupError, UsageError
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.evals.runs.journal import Journal, read_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.evals.clock import Clock
    from llmops_cli.evals.job import EvalJob, RunIdentity
    from llmops_cli.evals.runs.run_end import RunEnd
    from llmops_cli.evals.runs.summary import RunSummary

JOURNAL = "journal.jsonl"
RESULT = "run.json"
FINISHED = "finished.json"
SAME_SECOND = 1000
"""Runs of one prompt that can begin within one second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run on disk. `result` is what `run.json` says, None while the run is under way or interrupted."""

    folder: Path
    header: JsonObject
    result: JsonObject | None

    @property
    def name(self) -> str:
        """The name by which commands know the run."""
        return self.folder.name

    @property
    def journal(self) -> Path:
        """The file with its trials."""
        return self.folder / JOURNAL

    @property
    def complete(self) -> bool:
        """Whether every planned trial was run."""
        return self.result is not None and not self.result.get("stopped")

    @property
    def errored(self) -> int:
        """The number of errored trials, as far as it is known."""
        trials = cast("Mapping[str, int]", (self.result or {}).get("trials", {}))
        return trials.get("errored", 0)

    @property
    def incomplete(self) -> bool:
        """Whether `--retry-errors` has something to ask again: errored trials, or judges without a verdict."""
        judging = cast("Mapping[str, int]", (self.result or {}).get("judging", {}))
        return bool(self.errored or judging.get("failed", 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """A run that is being written. `notes` are sentences for the person who started it."""

    folder: Path
    journal: Journal
    resumed: bool
    notes: tuple[str, ...] = ()


class RunFolders:
    """The runs below one folder (`.llmops/runs`)."""

    def __init__(self, root: Path, *, now: Callable[[], datetime], clock: Clock) -> None:
        """Take the folder, which need not exist, the wall clock for names, and a growing one for the journal."""
        self._root = root
        self._now = now
        self._clock = clock

    def open(self, job: EvalJob, *, resume: bool = True, retry_errors: bool = False) -> OpenRun:
        """Continue the newest unfinished run with the same digests, or begin a new one.

        With `retry_errors` a finished run with errored trials is continued too.

        Raises:
            SetupError: when the folder cannot be written.
        """
        try:
            identity = job.identity
            found = self._resumable(identity, retry_errors=retry_errors) if resume else None
            return found or self._create(job, identity)
        except OSError as error:
            message = f"cannot write a run: {error.strerror}."
            raise SetupError(message, where=str(self._root), hint="Check the permissions and the free space.") from None

    def finish(self, run: OpenRun, summary: RunSummary, end: RunEnd) -> Path:
        """Close the journal and write `run.json`, whole or not at all.

        `run.json` says only what the trials say, so that the same answers give the same bytes, however many
        attempts or shards they took. When it was written stands beside it, in `finished.json`.

        Raises:
            SetupError: when the disk is full or gone.
        """
        run.journal.close()
        finished: JsonObject = {"finished_at": _stamp(self._now()), "resumed_trials": end.resumed}
        try:
            _write_whole(run.folder / FINISHED, finished)
            return _write_whole(run.folder / RESULT, summary.as_json())
        except OSError as error:
            message = f"the figures of the run cannot be written: {error.strerror}."
            hint = "Make room. Its trials are kept, and the same command writes them."
            raise SetupError(message, where=str(run.folder), hint=hint) from error

    def records(self) -> Iterator[RunRecord]:
        """Yield the runs, newest first; a folder without a readable journal is none."""
        if not self._root.is_dir():
            return
        # names tell the second; which of the runs of one second is newer stands in their journals
        folders = sorted(self._root.iterdir(), key=lambda path: path.name, reverse=True)
        for _, same_second in groupby(folders, key=_second):
            found = (_read(folder) for folder in same_second)
            yield from sorted((record for record in found if record is not None), key=_beginning, reverse=True)

    def record(self, name: str) -> RunRecord:
        """Return one run by its name, or the newest one for `latest`.

        Raises:
            UsageError: when there is none.
        """
        known: list[str] = []
        for record in self.records():
            if name in (record.name, "latest"):
                return record
            known.append(record.name)
        message = f"there is no run '{name[:100]}'."
        raise UsageError(message, hint=did_you_mean(name, known) or "List them: llmops runs list")

    def _resumable(self, identity: RunIdentity, *, retry_errors: bool) -> OpenRun | None:
        wanted = dict(identity.as_json())
        ending = _ending(identity)
        for record in self.records():
            if not record.name.partition("Z-")[2].startswith(ending) or record.header.get("identity") != wanted:
                continue
            if record.complete and not (retry_errors and record.incomplete):
                return None  # the newest run with these digests is finished: the caller wants a new one
            try:
                journal = Journal.reopen(record.journal, self._clock)
            except RefusedError:
                continue  # somebody is writing it at this moment
            return OpenRun(folder=record.folder, journal=journal, resumed=True, notes=_notes(record, journal))
        return None

    def _create(self, job: EvalJob, identity: RunIdentity) -> OpenRun:
        started = self._now()
        name = f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{_ending(identity)}"
        header: dict[str, JsonValue] = {
            "cases": len(job.cases),
            "identity": identity.as_json(),
            "model": job.model.name,
            "prompt": job.prompt.id,
            "prompt_version": job.prompt.version,
            "repeats": job.repeats,
            "selection": job.selection.as_json(),
            "started_at": _stamp(started, "microseconds"),
            "suite": job.suite.path,
        }
        folder = self._new_folder(name)
        return OpenRun(folder=folder, journal=Journal.create(folder / JOURNAL, header, self._clock), resumed=False)

    def _new_folder(self, name: str) -> Path:
        self._root.mkdir(parents=True, exist_ok=True)
        for number in range(1, SAME_SECOND):
            folder = self._root / (name if number == 1 else f"{name}-{number}")
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
        message = f"{SAME_SECOND} runs began within one second."
        raise SetupError(message, where=str(self._root))


def _write_whole(path: Path, document: JsonObject) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="ascii") as file:
            json.dump(document, file, sort_keys=True, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return path


def record_at(folder: Path) -> RunRecord | None:
    """Return the run whose folder lies anywhere, as an artefact from another machine does; None when it is none."""
    return _read(folder)


def _ending(identity: RunIdentity) -> str:
    return f"{identity.prompt_id}-{short_digest(identity.digest())}"


def _notes(record: RunRecord, journal: Journal) -> tuple[str, ...]:
    there = len(journal.state.done)
    notes = [f"continuing {record.name}: {there} trials are there already"] if there else []
    if journal.state.dropped_bytes:
        notes.append(f"the last line of its journal was cut short ({journal.state.dropped_bytes} bytes dropped)")
    return tuple(notes)


def _read(folder: Path) -> RunRecord | None:
    try:
        header = read_header(folder / JOURNAL)
    except OSError:
        return None
    return None if header is None else RunRecord(folder=folder, header=header, result=_result(folder / RESULT))


def _result(path: Path) -> JsonObject | None:
    try:
        result = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) and _is_result(result) else None


def _is_result(result: JsonObject) -> bool:
    """Tell whether the figures have the shape that commands read; an edited file is as good as none: it is remade."""
    counts = [result.get("cases"), result.get("trials"), result.get("judging", {})]
    scored = result.get("score")
    return (
        all(isinstance(each, dict) and all(not isinstance(n, str) for n in each.values()) for each in counts)
        and (scored is None or (isinstance(scored, (int, float)) and not isinstance(scored, bool)))
        and isinstance(result.get("stopped", ""), str)
    )


def _second(folder: Path) -> str:
    return folder.name.partition("-")[0]


def _beginning(record: RunRecord) -> tuple[float, int, str]:
    """Return what orders runs: when they began, and for want of that how far their names were counted up."""
    try:
        moment = datetime.fromisoformat(str(record.header.get("started_at"))).timestamp()
    except ValueError:
        moment = 0.0
    return moment, len(record.name), record.name


def _stamp(moment: datetime, precision: str = "seconds") -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
