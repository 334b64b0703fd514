"""What history costs beside plain git: `python benchmarks/git_history.py [--commits N] [--prompts N]`.

Builds a repository (20,000 commits, 2,000 prompts of about 2 KB) with `git fast-import` in a temporary folder, then
measures ours, whole processes with start and imports, beside git alone, in turn; medians of several runs:

* log: `prompt_history` of one prompt, beside `git log -- <path>` and one `git cat-file --batch` that reads the
  commits and blobs it names;
* versions: the version lookups of 1 and of 100 changed prompts, beside `git log --raw` of their paths
  and one `cat-file --batch` of the same objects;
* validate --base: the whole command `llmops validate --base HEAD` over all 2,000 prompts, of which 1 and then 100
  differ from the base. Its floors are plain git that reads the same (the listing of the base's prompts, the history
  of those that differ, and their commits and blobs), and that plus libyaml's bare event scan of the files on disk,
  which git does not read and `validate` has to.

Ends with 1 when something of ours takes more than three times the CPU of plain git.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from llmops_cli.registry.git.repository import GitRepository
from llmops_cli.registry.history.prompt_history import GitVersions, prompt_history
from llmops_cli.registry.project_file import ProjectSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANY = 100
LIMIT = 3.0

BYTECODE = tempfile.TemporaryDirectory(prefix="llmops-bytecode-")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
    # as after an installation, which compiles: the round that does not count fills it
    "PYTHONPYCACHEPREFIX": BYTECODE.name
}

Job: TypeAlias = "Callable[[], object]"


class Cost(NamedTuple):
    """CPU (user and system) and wall milliseconds of one job, children included."""

    cpu: float
    wall: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--commits", type=int, default=20_000)
    parser.add_argument("--prompts", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--repository", type=Path, help="reuse a repository that was built before")
    options = parser.parse_args()
    if options.job:
        JOBS[options.job](options.repository)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        repository = options.repository or Path(folder) / "repository"
        if not repository.exists():
            build(repository, options.commits, options.prompts)
        return report(repository, options)


def report(repository: Path, options: argparse.Namespace) -> int:
    print(f"{options.commits:,} commits, {options.prompts:,} prompts, median of {options.runs} runs, in turn")
    print(f"{'':42}{'CPU ms':>9}{'wall ms':>9}{'x CPU':>8}{'x wall':>8}")
    ratios = [history_row(repository, options, *row) for row in TABLE]
    # a repository that is used again has the changes of the run before
    subprocess.run(["git", "-C", str(repository), "checkout", "-q", "-f", "."], check=True)
    ratios += [validate_rows(repository, options, count) for count in (1, MANY)]
    worst = max(ratios)
    print(f"the highest ratio to plain git is {worst:.2f}; the aim is at most {LIMIT:g}")
    return 0 if worst <= LIMIT else 1


def history_row(repository: Path, options: argparse.Namespace, title: str, count: int, job: str) -> float:
    paths = [prompt_path(number) for number in range(count)]
    ours = [sys.executable, __file__, "--job", job, "--repository", str(repository)]
    costs = measured({"git": lambda: plain_git(repository, paths), "ours": lambda: run(ours)}, options.runs)
    show(f"{title}: plain git", costs["git"])
    return show(f"{title}: ours", costs["ours"], costs["git"])


def validate_rows(repository: Path, options: argparse.Namespace, count: int) -> float:
    """Measure the whole command, and show what of it is there without `--base`."""
    for number in range(count):
        text = prompt_file(number, 1 + options.commits).replace("friendly", "polite")
        (repository / prompt_path(number)).write_text(text, encoding="utf-8")
    paths = [prompt_path(number) for number in range(count)]
    command = [sys.executable, "-m", "llmops_cli", "-C", str(repository), "-q", "validate"]
    scan = [sys.executable, __file__, "--job", "scan", "--repository", str(repository)]
    costs = measured(
        {
            "git": lambda: plain_base(repository, paths),
            "scan": lambda: run(scan),
            "start": lambda: run([sys.executable, __file__, "--job", "start", "--repository", str(repository)]),
            "without": lambda: run_command(command),
            "whole": lambda: run_command([*command, "--base", "HEAD"]),
        },
        options.runs,
    )
    bare_scan = Cost(costs["scan"].cpu - costs["start"].cpu, costs["scan"].wall - costs["start"].wall)
    floor = Cost(costs["git"].cpu + bare_scan.cpu, costs["git"].wall + bare_scan.wall)
    title = f"validate --base, {count} changed"
    show(f"{title}: plain git", costs["git"])
    show(f"{title}: git and event scan", floor)
    show(f"{title}: without --base", costs["without"])
    ratio = show(f"{title}: whole, to git", costs["whole"], costs["git"])
    show(f"{title}: whole, to both", costs["whole"], floor)
    return ratio


def show(title: str, cost: Cost, floor: Cost | None = None) -> float:
    """Print one row; return how many times the CPU of the floor it took."""
    ratios = f"{cost.cpu / floor.cpu:8.2f}{cost.wall / floor.wall:8.2f}" if floor else ""
    print(f"{title:42}{cost.cpu:9.0f}{cost.wall:9.0f}{ratios}", flush=True)
    return cost.cpu / floor.cpu if floor else 0.0


def plain_base(repository: Path, paths: list[str]) -> None:
    """List every prompt of the base, whose ids tell which files differ, and read the history of those that do."""
    listing = ["git", "-C", str(repository), "ls-tree", "-r", "HEAD", "prompts"]
    subprocess.run(listing, check=True, capture_output=True)
    plain_git(repository, paths)


def run_command(command: list[str]) -> None:
    """Run the command line; findings are no failure here, anything else is."""
    done = subprocess.run(command, check=False, capture_output=True, env=ENVIRONMENT)
    assert done.returncode in {0, 3}, done.stderr


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)


def measured(jobs: dict[str, Job], runs: int) -> dict[str, Cost]:
    """Run the jobs in turn, so that a busy machine slows all of them; this process counts for nobody."""
    results: dict[str, list[Cost]] = {name: [] for name in jobs}
    for _ in range(runs + 1):
        for name, job in jobs.items():
            before, started = children_cpu(), time.perf_counter()
            job()
            results[name].append(Cost(1000 * (children_cpu() - before), 1000 * (time.perf_counter() - started)))
    # the first round fills the caches of the file system and of byte code
    return {
        name: Cost(*(statistics.median(column) for column in zip(*costs[1:], strict=True)))
        for name, costs in results.items()
    }


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def plain_git(repository: Path, paths: list[str]) -> None:
    """Run what anybody would: log the paths, then read every commit and blob that the log names."""
    git = ["git", "-C", str(repository)]
    log = subprocess.run(
        [*git, "log", "--raw", "--no-abbrev", "--format=%H", "--", *paths], check=True, capture_output=True
    )
    names = re.findall(rb"^([0-9a-f]{40})$|^:\d+ \d+ [0-9a-f]{40} ([0-9a-f]{40})", log.stdout, re.MULTILINE)
    wanted = b"".join((commit or blob) + b"\n" for commit, blob in names)
    subprocess.run([*git, "cat-file", "--batch"], input=wanted, check=True, capture_output=True)


def our_log(repository: Path) -> None:
    with GitRepository.open(repository) as opened:
        entries = list(prompt_history(opened, prompt_id(0), ProjectSettings()))
    assert len(entries) >= 5, entries
    assert all(entry.prompt for entry in entries), entries[0].findings


def start(_repository: Path) -> None:
    """Do what is around the event scan: the start of Python and the imports."""
    import yaml  # noqa: F401, PLC0415 - the imports are what is measured


def scan(repository: Path) -> None:
    """Read every prompt on disk and walk its YAML events, and nothing else."""
    import yaml  # noqa: PLC0415 - as above

    for path in (repository / "prompts").iterdir():
        for _ in yaml.parse(path.read_bytes(), Loader=yaml.CSafeLoader):
            pass


def our_versions(repository: Path, count: int) -> None:
    with GitRepository.open(repository) as opened:
        versions = GitVersions(opened, ProjectSettings(), "HEAD")
        for number in range(count):
            assert len(versions.versions_of(prompt_id(number))) >= 5


TABLE = (
    ("log of one prompt", 1, "log"),
    ("versions of 1 prompt", 1, "versions-1"),
    (f"versions of {MANY} prompts", MANY, "versions-many"),
)

JOBS: dict[str, Callable[[Path], None]] = {
    "start": start,
    "scan": scan,
    "log": our_log,
    "versions-1": lambda repository: our_versions(repository, 1),
    "versions-many": lambda repository: our_versions(repository, MANY),
}


PROJECT = b"""\
providers:
  openai: {protocol: openai, api_key: {env: OPENAI_API_KEY}}
models:
  openai/gpt-5-mini-2026-08-07: {price: {input_usd_per_million: 0.25, output_usd_per_million: 2}}
"""


def build(repository: Path, commits: int, prompts: int) -> None:
    """Write the history as one fast-import stream; every commit edits one prompt, in turn."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(repository)], check=True)
    command = ["git", "-C", str(repository), "fast-import", "--quiet"]
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as child:
        assert child.stdin
        for piece in stream(commits, prompts):
            child.stdin.write(piece)
    assert child.returncode == 0
    subprocess.run(["git", "-C", str(repository), "gc", "-q"], check=True)
    subprocess.run(["git", "-C", str(repository), "checkout", "-q", "-f", "main"], check=True)


def stream(commits: int, prompts: int) -> Iterator[bytes]:
    for number in range(commits):
        message = f"Edit {number}\n".encode()
        yield b"commit refs/heads/main\n"
        yield b"committer Ada Example <ada@example.org> %d +0000\n" % (1_600_000_000 + 60 * number)
        yield b"data %d\n%s" % (len(message), message)
        if number == 0:
            yield b"M 100644 inline llmops.yaml\ndata %d\n%s\n" % (len(PROJECT), PROJECT)
        # the first commit holds all prompts, as a repository that was imported has it
        for which in range(prompts) if number == 0 else [number % prompts]:
            data = prompt_file(which, 1 + number // prompts).encode()
            yield b"M 100644 inline prompts/%s.yaml\ndata %d\n%s\n" % (prompt_id(which).encode(), len(data), data)


def prompt_path(number: int) -> str:
    return f"prompts/{prompt_id(number)}.yaml"


def prompt_id(number: int) -> str:
    return f"prompt-number{number:05d}x"


def prompt_file(number: int, version: int) -> str:
    lines = "\n".join(
        f"      {number}.{line}: keep the tone friendly and the answer short (v{version})." for line in range(30)
    )
    return f"""id: {prompt_id(number)}
version: {version}
model: {{name: openai/gpt-5-mini-2026-08-07, temperature: 0.2}}
messages:
  - role: user
    content: |
{lines}
      {{{{ email }}}}
variables:
  email: {{type: string}}
"""


if __name__ == "__main__":
    sys.exit(main())
