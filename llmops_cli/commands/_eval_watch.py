"""`eval --watch`: evaluates again what a changed file reaches, until Ctrl-C.

Files are looked at twice a second. That asks the file system for the times of a few hundred files, which takes a few
milliseconds, works on network and container file systems where notifications do not arrive, and needs no package.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_cli.commands._workspace import PROJECT_FILE, Workspace
from llmops_cli.core.errors import LlmopsError
from llmops_cli.reports.error_text import error_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from llmops_cli.commands._eval_options import EvalOptions
    from llmops_cli.commands._invocation import Invocation
    from llmops_cli.core.exit_codes import ExitCode

EVERY_SECONDS = 0.5
"""A file that is being written has settled when two looks in a row find the same."""

NAMED = 5
"""Changed files that are named; a checkout of another branch can have hundreds."""

RECORDINGS = "/recordings/"
"""A folder of answers, which the gateway keeps below the folder of suites."""

Stamp = tuple[int, int]
"""When a file was last written, in nanoseconds, and its size: what a look compares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is different since the last evaluation."""

    paths: tuple[str, ...]
    prompt_ids: tuple[str, ...]


def watch(
    invocation: Invocation,
    options: EvalOptions,
    evaluate: Callable[[Workspace, EvalOptions], ExitCode],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> ExitCode:
    """Evaluate, then again whatever a change reaches; Ctrl-C ends it.

    While it waits, the code is that of the last evaluation. One that Ctrl-C stops has no result, and no code either:
    the KeyboardInterrupt goes to the caller, as without `--watch`.
    """
    workspace = Workspace(invocation)
    console = workspace.console
    seen = stamps(workspace.root)
    reach = reached_files(workspace)
    code = _attempt(workspace, options, evaluate)
    while True:
        console.note("\nWatching; Ctrl-C ends it.")
        try:
            now = _settled_change(workspace.root, seen, sleep)
        except KeyboardInterrupt:
            console.note("")
            return code
        changed = {path for path in {*seen, *now} if seen.get(path) != now.get(path)}
        seen = now
        workspace = Workspace(invocation)
        before, reach = reach, reached_files(workspace)
        change = _change(changed, before, reach, options)
        console.sentence(f"\nchanged: {_named(change.paths)}")
        if change.prompt_ids:
            code = _attempt(workspace, replace(options, prompts=change.prompt_ids), evaluate)
        else:
            console.note("This reaches no prompt that has a suite.")


def _named(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return ", ".join(paths[:NAMED]) + more


def stamps(root: Path) -> Mapping[str, Stamp]:
    """Return the stamp of every file below `root` that an evaluation may read, by path."""
    return dict(_stamps(str(root), ""))


def reached_files(workspace: Workspace) -> Mapping[str, frozenset[str]]:
    """Return the files that decide how each prompt with a suite does; nothing while the project file is broken."""
    from llmops_cli.ci.dependencies import dependencies_of  # noqa: PLC0415 - only when the command runs

    try:
        catalog = workspace.catalog
    except LlmopsError:
        return {}
    return {
        prompt_id: frozenset(dependency.path for dependency in dependencies_of(catalog, prompt_id))
        for prompt_id in catalog.prompt_ids()
        if catalog.suite_path_of(prompt_id)
    }


def _change(
    paths: set[str],
    before: Mapping[str, frozenset[str]],
    now: Mapping[str, frozenset[str]],
    options: EvalOptions,
) -> Change:
    """Find who is reached.

    The project file reaches everybody, and while it is broken everybody it reached before. So do recorded answers
    where only they are read: judges and `--model` take theirs from other files than the prompt names, and evaluating
    once too often costs nothing there.
    """
    asked = {name.partition("@")[0] for name in options.prompts}
    known = now or before
    everybody = PROJECT_FILE in paths or (options.replays and any(RECORDINGS in f"/{path}" for path in paths))
    reached = [
        prompt_id
        for prompt_id in sorted(known)
        if (not asked or prompt_id in asked)
        and (everybody or paths & (before.get(prompt_id, frozenset()) | known[prompt_id]))
    ]
    return Change(paths=tuple(sorted(paths)), prompt_ids=tuple(reached))


def _attempt(
    workspace: Workspace, options: EvalOptions, evaluate: Callable[[Workspace, EvalOptions], ExitCode]
) -> ExitCode:
    """Evaluate; a file with errors is shown and waited for, it does not end the watch."""
    try:
        return evaluate(workspace, options)
    except LlmopsError as error:
        workspace.console.error(error_text(error, workspace.console.error_page))
        return error.exit_code


def _settled_change(root: Path, seen: Mapping[str, Stamp], sleep: Callable[[float], None]) -> Mapping[str, Stamp]:
    last = seen
    while True:
        sleep(EVERY_SECONDS)
        now = stamps(root)
        if now != seen and now == last:
            return now
        last = now


def _stamps(folder: str, below: str) -> Iterator[tuple[str, Stamp]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # removed while we look
        return
    for entry in entries:
        path = f"{below}{entry.name}"
        try:
            if entry.is_dir(follow_symlinks=False):
                # what Git, tools and we ourselves write is not what a person edits
                if not entry.name.startswith(".") and entry.name not in {"node_modules", "__pycache__"}:
                    yield from _stamps(entry.path, f"{path}/")
            else:
                status = entry.stat(follow_symlinks=False)
                yield path, (status.st_mtime_ns, status.st_size)
        except OSError:
            continue
