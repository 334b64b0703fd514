"""Plants a bug in a copy of the code and runs the test that has to find it."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from release.planted_bugs import BUGS, Bug
from release.reliability.report import Report
from release.reliability.servers import missing
from release.reliability.tracing import why_not

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[3]
EVERY_TIME = 6
"""Each sixth bug in an ordinary run."""

_RUN = "import sys, pytest; sys.path.insert(0, '.'); sys.exit(pytest.main(sys.argv[1:]))"
_FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done."""

    every: int = 1
    workers: int = 2


FULL = Size()
QUICK = Size(every=EVERY_TIME)


def runnable() -> list[Bug]:
    """Return the bugs whose tests can run on this machine."""
    traced = [bug for bug in BUGS if "test_crashes" in bug.caught_by] if why_not() else []
    return [bug for bug in BUGS if not missing(bug.needs) and bug not in traced]


def reports(folder: Path, size: Size) -> Iterator[Report]:
    """Plant one bug after the other."""
    chosen = runnable()[:: size.every]
    with ThreadPoolExecutor(size.workers) as pool:
        found = list(pool.map(partial(tried, folder), chosen))
    violations = tuple(outcome for outcome in found if not outcome.startswith("caught"))
    counts = Counter("caught" if outcome.startswith("caught") else "missed" for outcome in found)
    counts["cannot run here"] = len(BUGS) - len(runnable())
    for outcome in found:
        sys.stderr.write(f"{outcome}\n")
    done = f"{len(chosen)} of {len(BUGS)} broken variants, each with the test that has to fail"
    yield Report(name="planted bugs", done=done, counts=counts, violations=violations)


def misfit(bug: Bug) -> str:
    """Return why a bug does not fit the code any more, empty when it does."""
    text = (ROOT / bug.path).read_text("utf-8")
    if bug.new is not None:
        found = text.count(bug.old)
        return "" if found == 1 else f"the text stands {found} times in {bug.path}: {bug.old}"
    known = _names(ast.parse(text).body)
    bound = [name for name in _names(ast.parse(bug.old).body) if name.partition(".")[0] in known]
    unknown = [name for name in bound if name not in known]
    return f"{bug.path} has no {unknown}" if unknown else "" if bound else f"{bug.path} has nothing that is replaced"


def tried(folder: Path, bug: Bug) -> str:
    """Plant a bug, run its test, and say whether it was caught, and by what."""
    place = folder / re.sub(r"\W", "-", bug.name)
    for name in ("llmops_cli", "tests/release", "tests/commands", "docs/examples"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, place / name)
    broken = place / bug.path
    text = broken.read_text("utf-8")
    broken.write_text(text.replace(bug.old, bug.new) if bug.new is not None else f"{text}\n\n{bug.old}\n", "utf-8")
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _RUN, "-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", bug.caught_by],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{place}{os.pathsep}{place / 'tests'}"},
    )
    shutil.rmtree(place)
    failed = _FAILED.findall(done.stdout)
    if done.returncode == 1 and failed:
        return f"caught: {bug.name}, by {failed[0]} ({time.monotonic() - started:.0f} s)"
    return f"not caught: {bug.name}, by {bug.caught_by} ({done.returncode}): {done.stdout[-600:]}{done.stderr[-300:]}"


def _names(body: Sequence[ast.stmt]) -> set[str]:
    """Return what a module binds: functions, classes, constants, imported names, and attributes of classes."""
    names: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(statement.name)
        elif isinstance(statement, ast.ClassDef):
            names.add(statement.name)
            names |= {f"{statement.name}.{inner}" for inner in _names(statement.body)}
        elif isinstance(statement, ast.ImportFrom | ast.Import):
            names |= {alias.asname or alias.name for alias in statement.names}
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                for item in target.elts if isinstance(target, ast.Tuple) else (target,):
                    names.add(ast.unparse(item))
    return names
