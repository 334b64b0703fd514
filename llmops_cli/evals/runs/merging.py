"""Shards of one run put together: the run that one machine would have made, byte for byte where the answers agree.

The trials are written in the order in which a run plans them, each line as its shard wrote it, and the figures are
made from them as from any journal. What differs from an unsharded run is what really was different: the moment it
began and ended, and the latencies of live answers.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_cli.core.errors import IncomparableError, UsageError
from llmops_cli.evals.runs.journal import read_places
from llmops_cli.evals.selection import Selection, Shard, select_cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.runs.journal import EntryPlace
    from llmops_cli.evals.runs.run_folder import RunRecord

INTERRUPTED = "shard {} was interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardedRun:
    """All shards of one run, in order. `stopped` says why one of them ended early, or is empty."""

    job: EvalJob
    shards: tuple[RunRecord, ...]
    stopped: str

    def lines(self) -> Iterator[bytes]:
        """Yield the journal's lines in the order of the plan; memory holds places of lines, not answers."""
        index: dict[tuple[int, int], tuple[RunRecord, EntryPlace]] = {}
        order = {case.id: number for number, case in enumerate(self.job.cases)}
        for record in self.shards:
            for place in read_places(record.journal):
                if place.case_id in order:
                    index[place.trial, order[place.case_id]] = (record, place)
        with ExitStack() as stack:
            files = {record.name: stack.enter_context(record.journal.open("rb")) for record in self.shards}
            for key in sorted(index):
                record, place = index[key]
                files[record.name].seek(place.offset)
                yield files[record.name].read(place.length)


def sharded_run(job: EvalJob, records: Sequence[RunRecord]) -> ShardedRun:
    """Put records in order, and make sure that they are the shards of `job`: all of them, once, measured alike.

    `job` is the whole run as prompt, suite and options of the first record make it today.

    Raises:
        UsageError: when a shard is missing, or there twice, or a record is none.
        IncomparableError: when a shard was measured with another prompt, suite or model.
    """
    count = job.selection.shard.count
    by_index: dict[int, RunRecord] = {}
    for record in records:
        shard = selection_of(record.header).shard
        if shard.count != count or shard.index in by_index:
            message = f"{record.name} is shard {shard}, which does not fit the others."
            raise UsageError(message, hint="Name each shard of one run once.")
        by_index[shard.index] = record
        _check_same(job, record, shard)
    if missing := [str(Shard(index=i, count=count)) for i in range(1, count + 1) if i not in by_index]:
        message = f"shard{'s' if len(missing) > 1 else ''} {', '.join(missing[:10])} missing."
        raise UsageError(message, hint=f"Run it: llmops eval {job.prompt.id} --shard {missing[0]}")
    whole = replace(job.selection, shard=Shard())
    return ShardedRun(
        job=replace(job, selection=whole, cases=select_cases(job.suite, whole)),
        shards=tuple(by_index[index] for index in sorted(by_index)),
        stopped=_stopped(by_index),
    )


def selection_of(header: JsonObject) -> Selection:
    """Return how the cases of a run were selected.

    Raises:
        UsageError: when the journal does not say so.
    """
    selection = header.get("selection")
    if isinstance(selection, dict):
        try:
            return Selection.from_json(selection)
        except (KeyError, TypeError):
            pass
    message = "the run does not say which cases it selected."
    raise UsageError(message, hint="Run it again: llmops eval")


def _check_same(job: EvalJob, record: RunRecord, shard: Shard) -> None:
    selection = replace(job.selection, shard=shard)
    part = replace(job, selection=selection, cases=select_cases(job.suite, selection))
    same = selection == selection_of(record.header) and part.identity.as_json() == record.header.get("identity")
    repeats = record.header.get("repeats")
    if same and repeats == job.repeats:
        return
    other = f"{repeats} trials per case, not {job.repeats}" if same else "another prompt, suite, selection or model"
    message = f"shard {shard} ({record.name}) was measured with {other}."
    raise IncomparableError(message, hint="Merge at the commit at which all shards were run.")


def _stopped(shards: dict[int, RunRecord]) -> str:
    for index in sorted(shards):
        result = shards[index].result
        stopped = INTERRUPTED.format(index) if result is None else str(result.get("stopped", ""))
        if stopped:
            return stopped
    return ""
