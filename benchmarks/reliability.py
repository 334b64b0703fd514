"""The reliability campaigns of releases: `python benchmarks/reliability.py [--quick] [NAME…]`.

Faults and power cuts at each system call, random kills, races, histories, readers, outages, hostile answers, planted
bugs. Prints a table; ends with 1 when a promise was broken (violations), and with 4 when a campaign could not be
run here, for want of strace or of a server. In full it takes an hour or two on two cores; `--quick` takes the sizes of
the ordinary tests. It needs the extras `dev` and `servers`, and strace (Debian package `strace`).
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from release.reliability import (
    faults,
    histories,
    hostile_answers,
    kills,
    outages,
    planting,
    power_cuts,
    publishers,
    readers,
)
from release.reliability.servers import SERVERS, missing
from release.reliability.tracing import why_not

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from release.reliability.report import Report

MISSED, CANNOT_RUN = 1, 4
MOST_SHOWN = 20


class Campaign(NamedTuple):
    """One campaign: how it is run at which size, and why it cannot be here, if so."""

    run: Callable[[Path], Iterator[Report]]
    obstacle: str = ""


def campaigns(*, quick: bool) -> dict[str, Campaign]:
    """Return the campaigns by name, in the order in which they run."""

    def sized(module: Any) -> Callable[[Path], Iterator[Report]]:  # noqa: ANN401 - each has a size of its own
        size = module.QUICK if quick else module.FULL
        return lambda folder: module.reports(folder, size)

    servers = ", ".join(filter(None, map(missing, SERVERS)))
    return {
        "faults": Campaign(sized(faults), why_not()),
        "power-cuts": Campaign(power_cuts.reports, why_not()),
        "kills": Campaign(sized(kills)),
        "publishers": Campaign(sized(publishers), servers),
        "histories": Campaign(sized(histories), servers),
        "readers": Campaign(sized(readers)),
        "outages": Campaign(sized(outages)),
        "hostile-answers": Campaign(sized(hostile_answers)),
        "planted-bugs": Campaign(sized(planting), servers or why_not()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    names = list(campaigns(quick=True))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(names)}; all without any")
    parser.add_argument("--quick", action="store_true", help="the sizes of the ordinary tests")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in names]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(names)}")
    machine = f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine}, load {os.getloadavg()[0]:.1f}\n")
    print("| campaign | what was done | counts | s | violations |\n| --- | --- | --- | --: | --: |")
    # clients tell each outage and each wrong answer in their log
    logging.getLogger("llmops_cli.client").setLevel(logging.CRITICAL)
    violations: list[str] = []
    obstacles: list[str] = []
    for name in options.names or names:
        campaign = campaigns(quick=options.quick)[name]
        if campaign.obstacle:
            obstacles.append(f"{name} cannot be run here: {campaign.obstacle}")
            continue
        with tempfile.TemporaryDirectory(prefix="llmops-reliability-") as folder:
            violations += _run(campaign, Path(folder))
    for line in (*violations[:MOST_SHOWN], *obstacles):
        print(f"\n{line}")
    return MISSED if violations else CANNOT_RUN if obstacles else 0


def _run(campaign: Campaign, folder: Path) -> list[str]:
    """Print a row for each report of a campaign; return what was violated."""
    violations: list[str] = []
    started = time.monotonic()
    for report in campaign.run(folder):
        seconds = time.monotonic() - started
        counts = ", ".join(f"{count:,} {what}" for what, count in report.counts.items() if count)
        print(f"| {report.name} | {report.done} | {counts} | {seconds:.0f} | {len(report.violations)} |", flush=True)
        violations += report.violations
        started = time.monotonic()
    return violations


if __name__ == "__main__":
    sys.exit(main())
