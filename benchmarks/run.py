"""The figures of the registry and of the deterministic evaluation, one after the other: `python benchmarks/run.py`.

Each table has its floor, measured in the same run. Ends with 1 when a benchmark misses its limit. About five minutes
on two cores; `--quick` takes smaller inputs and says nothing about the limits of large repositories.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent

BENCHMARKS = {
    "startup.py": ["5"],
    "validate.py": ["1000"],
    "git_history.py": ["--commits", "2000", "--prompts", "200", "--runs", "3"],
    "eval_deterministic.py": [],
    "hostile_inputs.py": [],
}
"""File → the arguments of a quick run."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="smaller inputs")
    quick = parser.parse_args().quick
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}"
    )
    failed = []
    for name, arguments in BENCHMARKS.items():
        print(f"\n## {name}\n", flush=True)
        done = subprocess.run([sys.executable, str(HERE / name), *(arguments if quick else [])], check=False)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"\nmissed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
