"""Plants a bug in a copy of the code and runs the test that has to find it."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
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

FOLDERS = ("llmops_cli", "tests/release", "tests/commands", "docs/examples")
FILES = ("pyproject.toml", "tests/conftest.py")
"""What the tests need of the repository."""

_PYTEST = "import sys, pytest; sys.path.insert(0, '.'); sys.exit(pytest.main(sys.argv[1:]))"
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
    """Run the tests on a copy of the code as it is, which they have to pass; then plant one bug after the other."""
    chosen = runnable()[:: size.every]
    tests = sorted({bug.caught_by for bug in chosen})
    with ThreadPoolExecutor(size.workers) as pool:
        controls = list(pool.map(partial(control, folder), tests))
        found = list(pool.map(partial(tried, folder), chosen))
    caught = [outcome for outcome in found if outcome.startswith("caught")]
    violations = [outcome for outcome in (*controls, *found) if outcome and outcome not in caught]
    counts = Counter({"caught": len(caught), "missed": len(found) - len(caught)})
    counts["tests that pass without a bug"] = controls.count("")
    counts["cannot run here"] = len(BUGS) - len(runnable())
    for outcome in found:
        sys.stderr.write(f"{outcome}\n")
    done = f"{len(chosen)} of {len(BUGS)} broken variants, each with the test that has to fail"
    yield Report(name="planted bugs", done=done, counts=counts, violations=tuple(violations))


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


def control(folder: Path, test: str) -> str:
    """Run a test on an unbroken copy of the code; return what it said if it failed, else nothing."""
    place = folder / f"control-{hashlib.sha256(test.encode()).hexdigest()[:12]}"
    _copy(place)
    done = _run(place, test)
    return "" if done.returncode == 0 else f"{test} fails without a bug: {done.stdout[-600:]}{done.stderr[-300:]}"


def tried(folder: Path, bug: Bug) -> str:
    """Plant a bug, run its test, and say whether it was caught, and by what."""
    place = folder / re.sub(r"\W", "-", bug.name)
    _copy(place)
    broken = place / bug.path
    text = broken.read_text("utf-8")
    broken.write_text(text.replace(bug.old, bug.new) if bug.new is not None else f"{text}\n\n{bug.old}\n", "utf-8")
    done = _run(place, bug.caught_by)
    failed = _FAILED.findall(done.stdout)
    if done.returncode == 1 and failed:
        return f"caught: {bug.name}, by {failed[0]}"
    return f"not caught: {bug.name}, by {bug.caught_by} ({done.returncode}): {done.stdout[-600:]}{done.stderr[-300:]}"


def _copy(place: Path) -> None:
    for name in FOLDERS:
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, place / name)


def _run(place: Path, test: str) -> subprocess.CompletedProcess[str]:
    """Run a test in a copy, with the code of the copy in all its processes, and remove the copy."""
    try:
        return subprocess.run(
            [sys.executable, "-c", _PYTEST, "-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", test],
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": f"{place}{os.pathsep}{place / 'tests'}"},
        )
    finally:
        shutil.rmtree(place)


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
