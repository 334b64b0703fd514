"""Published outputs of real models, replayed through the whole command line, get the verdicts that were published."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_replayed_outputs_have_the_published_accuracies() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/replay_public_outputs.py", "tests/data/public_outputs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()[2:]]
    assert len(rows) == 8
    for task, model, cases, ours, published, differing in rows:
        assert int(cases) > 5, (task, model)
        assert (ours, differing) == (published, "0"), (task, model)
    # not a table of zeros or ones
    assert len({row[3] for row in rows}) > 3
