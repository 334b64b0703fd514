"""What a rollback costs: CPU of the whole process against a local SQLite file, and the time of the write itself.

    python benchmarks/rollback.py [runs]

The goals are under 0.5 s of CPU for the process and under 50 ms for the write.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from release.samples import NAME, intent, publish, release

from llmops_cli.release.apply import apply
from llmops_cli.release.clock import SystemClock
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.targets.sqlite import SqliteTarget

USUAL_RUNS = 10


def process_seconds(folder: Path) -> tuple[float, float]:
    """Return CPU and wall seconds of one `llmops rollback` from nowhere."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "llmops_cli", "rollback", NAME, "--target", f"sqlite:///{folder}/releases.db"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, check=False, env={**os.environ, "HOME": str(folder)}
    )
    assert done.returncode == 0, done.stderr
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def write_seconds(folder: Path) -> float:
    """Return the seconds of one rollback's write, with its plan, in a process that runs already."""
    with closing(SqliteTarget(folder / "releases.db")) as target:
        plan = plan_rollback(load_state(target, "production"), NAME, target, intent("benchmark"))
        started = time.perf_counter()
        apply(plan, target, SystemClock())
        return time.perf_counter() - started


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else USUAL_RUNS
    cpu, wall, writes = [], [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            with closing(SqliteTarget(Path(folder) / "releases.db")) as target:
                for version in (1, 2, 3):
                    publish(target, release(version))
            one_cpu, one_wall = process_seconds(Path(folder))
            cpu.append(one_cpu)
            wall.append(one_wall)
            writes.append(write_seconds(Path(folder)))
    for name, values, unit in (
        ("CPU of the process", cpu, 1),
        ("wall time of the process", wall, 1),
        ("write", writes, 1000),
    ):
        shown = "ms" if unit == 1000 else "s"
        print(f"{name}: median {statistics.median(values) * unit:.3g} {shown}, worst {max(values) * unit:.3g} {shown}")


if __name__ == "__main__":
    main()
