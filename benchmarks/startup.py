"""CPU time of `llmops --help` and `--version` beside its floor, `python -c "import typer"`.

Run: python benchmarks/startup.py [RUNS]. Whole processes, interleaved, medians of user + system time.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys

COMMANDS = {
    'python -c "import typer" (floor)': [sys.executable, "-c", "import typer"],
    "llmops --help": [sys.executable, "-m", "llmops_cli", "--help"],
    "llmops --version": [sys.executable, "-m", "llmops_cli", "--version"],
    "llmops schema prompt": [sys.executable, "-m", "llmops_cli", "schema", "prompt"],
}
LIMIT = 2.0


def cpu_seconds(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=dict(os.environ, COLUMNS="80"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs + 1):
        for name, command in COMMANDS.items():
            times[name].append(cpu_seconds(command))
    # the first round fills the caches of the file system and of byte code
    medians = {name: statistics.median(measured[1:]) for name, measured in times.items()}
    floor = next(iter(medians.values()))
    print(f"{'command':<36}{'CPU ms':>8}{'ratio':>8}   (median of {runs} runs)")
    for name, median in medians.items():
        print(f"{name:<36}{median * 1000:>8.0f}{median / floor:>8.2f}")
    ratio = medians["llmops --help"] / floor
    print(f"llmops --help takes {ratio:.2f}x the floor; the aim is at most {LIMIT:g}x")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
