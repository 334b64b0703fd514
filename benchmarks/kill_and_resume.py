"""Kills a run of 1,000 cases at random moments, resumes it, and compares it with a run that was left alone.

    python benchmarks/kill_and_resume.py [--kills 50] [--seed 0]

Each model call is written down before it is answered, as a paid one would be. After every `kill -9` the same command
goes on; a run that finishes before its kill begins anew. At the end: calls paid twice per kill (at most as
many as run at once), and the bytes of run.json beside those of an uninterrupted run.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

PROGRAM = Path(__file__).parents[1] / "tests" / "evals" / "killed_run.py"
CASES = 500
TRIALS = CASES * 2
AT_ONCE = 50
PAUSE_SECONDS = 0.02


def start(folder: Path) -> subprocess.Popen[bytes]:
    arguments = [str(folder / "runs"), str(folder / "calls"), str(CASES), str(AT_ONCE), str(PAUSE_SECONDS)]
    return subprocess.Popen([sys.executable, str(PROGRAM), *arguments])


def calls_of(folder: Path) -> Counter[str]:
    path = folder / "calls"
    return Counter(path.read_text().splitlines()) if path.exists() else Counter()


def one_run(folder: Path, lots: random.Random, kills: int) -> tuple[int, int, bytes]:
    """Kill one run up to so many times, let it finish; return kills, calls paid twice, and run.json."""
    done = 0
    for _ in range(kills):
        before = calls_of(folder).total()
        process = start(folder)
        at = before + lots.randrange(1, TRIALS // kills)
        while process.poll() is None and calls_of(folder).total() < at:
            time.sleep(0.005)
        time.sleep(lots.random() * PAUSE_SECONDS)
        process.send_signal(signal.SIGKILL)
        done += process.wait() == -signal.SIGKILL
    assert start(folder).wait() == 0
    calls = calls_of(folder)
    assert len(calls) == TRIALS, len(calls)
    (result,) = (folder / "runs").glob("*/run.json")
    return done, calls.total() - len(calls), result.read_bytes()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--kills-per-run", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    lots = random.Random(arguments.seed)  # noqa: S311 - moments to kill at
    with tempfile.TemporaryDirectory() as alone:
        assert start(Path(alone)).wait() == 0
        (result,) = (Path(alone) / "runs").glob("*/run.json")
        expected = result.read_bytes()
    kills = twice = 0
    same = True
    while kills < arguments.kills:
        with tempfile.TemporaryDirectory() as folder:
            done, paid_twice, figures = one_run(
                Path(folder), lots, min(arguments.kills_per_run, arguments.kills - kills)
            )
        kills, twice, same = kills + done, twice + paid_twice, same and figures == expected
        worst = done * AT_ONCE
        verdict = "the same" if figures == expected else "DIFFERS"
        print(f"{done} kills: {paid_twice} calls paid twice (at most {worst}); run.json {verdict}", flush=True)
        if paid_twice > worst:
            return 1
    print(f"in all {kills} kills, {twice} calls paid twice: {twice / kills:.1f} a kill, at most {AT_ONCE}")
    return 0 if same else 1


if __name__ == "__main__":
    raise SystemExit(main())
