"""What each input of the bad-input corpus costs through the command line: `python benchmarks/hostile_inputs.py [ID …]`.

The inputs that are accepted (`ACCEPT`) are the floor: the same commands on small files that are valid. Ends with 1 when
an input is not answered within its limits, 2 s of processor time and 300 MiB.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bad_inputs.generate import MOST_CPU_SECONDS, MOST_MEGABYTES, cases


def main() -> int:
    measure = [sys.executable, str(Path(__file__).parents[1] / "tests/bad_inputs/measure.py"), *sys.argv[1:]]
    done = subprocess.run(measure, check=True, stdout=subprocess.PIPE, text=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    outcomes = {bad.id: f"{bad.outcome} {bad.rule}".strip() for bad in cases()}
    print(f"{'input':7}{'command':11}{'CPU ms':>7}{'MiB':>6}{'exit':>6}  expected")
    for row in rows:
        cpu = 1000 * row["cpu_seconds"]
        print(
            f"{row['id']:7}{row['command']:11}{cpu:7.0f}{row['megabytes']:6.0f}{row['code']:6}  {outcomes[row['id']]}"
        )
    times = [row["cpu_seconds"] for row in rows]
    slowest = max(rows, key=lambda row: row["cpu_seconds"])
    print(f"\n{len(rows)} runs: median {1000 * statistics.median(times):.0f} ms, ", end="")
    print(f"slowest {1000 * slowest['cpu_seconds']:.0f} ms ({slowest['id']}, {slowest['command']}), ", end="")
    print(f"limits {MOST_CPU_SECONDS:g} s and {MOST_MEGABYTES} MiB")
    over = [
        row["id"]
        for row in rows
        if row["code"] < 0 or row["cpu_seconds"] > MOST_CPU_SECONDS or row["megabytes"] > MOST_MEGABYTES
    ]
    if over:
        print(f"over the limits: {', '.join(over)}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
