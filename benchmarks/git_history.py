"""What history costs beside plain git: `python benchmarks/git_history.py [--commits N] [--prompts N]`.

Builds a repository (20,000 commits, 2,000 prompts of about 2 KB) with `git fast-import` in a temporary folder,
then measures two jobs, ours in a fresh Python with all its imports, beside git alone; medians of several runs:

* log: `prompt_history` of one prompt, beside `git log -- <path>` and one `git cat-file --batch` that reads the
  commits and blobs it names;
* versions: the version lookups of 1 and of 100 changed prompts, beside `git log --raw` of their paths
  and one `cat-file --batch` of the same objects;
* validate --base: the whole command over all prompts, of which 1 and then 100 differ from the base. What `--base`
  adds to `validate` stands beside plain git that reads the same: every prompt of the base, and the history of
  the prompts that differ.
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
from typing import TYPE_CHECKING

from llmops_cli.registry.git.repository import GitRepository
from llmops_cli.registry.history.prompt_history import GitVersions, prompt_history
from llmops_cli.registry.project_file import ProjectSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANY = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--commits", type=int, default=20_000)
    parser.add_argument("--prompts", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--repository", type=Path, help="reuse a repository that was built before")
    options = parser.parse_args()
    if options.job:
        JOBS[options.job](options.repository)
        return
    with tempfile.TemporaryDirectory() as folder:
        repository = options.repository or Path(folder) / "repository"
        if not repository.exists():
            build(repository, options.commits, options.prompts)
        report(repository, options)


def report(repository: Path, options: argparse.Namespace) -> None:
    print(f"{options.commits:,} commits, {options.prompts:,} prompts, median of {options.runs} runs")
    print(f"{'':38}{'CPU ms':>9}{'wall ms':>9}{'× CPU':>8}{'× wall':>8}")
    for title, count, job in TABLE:
        paths = [f"prompts/{prompt_id(number)}.yaml" for number in range(count)]
        ours = [sys.executable, __file__, "--job", job, "--repository", str(repository)]
        cpu, wall = measured(lambda paths=paths: plain_git(repository, paths), options.runs)  # type: ignore[misc]
        our_cpu, our_wall = measured(lambda ours=ours: run(ours), options.runs)  # type: ignore[misc]
        print(f"{title + ': plain git':38}{cpu:9.0f}{wall:9.0f}")
        print(f"{title + ': ours':38}{our_cpu:9.0f}{our_wall:9.0f}{our_cpu / cpu:8.2f}{our_wall / wall:8.2f}")
    report_validate(repository, options)


def report_validate(repository: Path, options: argparse.Namespace) -> None:
    """Compare the command with and without `--base`: parsing and checking the files costs the same in both."""
    runs = min(options.runs, 3)
    command = [sys.executable, "-m", "llmops_cli", "-C", str(repository), "-q", "validate"]
    for count in (1, MANY):
        for number in range(count):
            text = prompt_file(number, 1 + options.commits).replace("friendly", "polite")
            (repository / f"prompts/{prompt_id(number)}.yaml").write_text(text, encoding="utf-8")
        paths = [f"prompts/{prompt_id(number)}.yaml" for number in range(count)]
        git_cpu, git_wall = measured(lambda paths=paths: plain_base(repository, paths), runs)  # type: ignore[misc]
        cpu, wall = measured(lambda: run_command(command), runs)
        base_cpu, base_wall = measured(lambda: run_command([*command, "--base", "HEAD"]), runs)
        title = f"validate --base, {count} changed"
        print(f"{title + ': plain git':38}{git_cpu:9.0f}{git_wall:9.0f}")
        print(f"{title + ': without --base':38}{cpu:9.0f}{wall:9.0f}")
        print(f"{title + ': whole':38}{base_cpu:9.0f}{base_wall:9.0f}")
        more_cpu, more_wall = base_cpu - cpu, base_wall - wall
        print(
            f"{title + ': by --base':38}{more_cpu:9.0f}{more_wall:9.0f}"
            f"{more_cpu / git_cpu:8.2f}{more_wall / git_wall:8.2f}"
        )


def plain_base(repository: Path, paths: list[str]) -> None:
    """Read every prompt of the base and the history of those that changed."""
    git = ["git", "-C", str(repository)]
    listing = subprocess.run([*git, "ls-tree", "-r", "HEAD", "prompts"], check=True, capture_output=True)
    wanted = b"".join(line.split()[2] + b"\n" for line in listing.stdout.splitlines())
    subprocess.run([*git, "cat-file", "--batch"], input=wanted, check=True, capture_output=True)
    plain_git(repository, paths)


def run_command(command: list[str]) -> None:
    subprocess.run(command, check=False, capture_output=True)


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measured(job: Callable[[], object], runs: int) -> tuple[float, float]:
    """CPU and wall milliseconds of a job, of the children it starts: this process counts for nobody."""
    results = []
    for _ in range(runs):
        before, started = children_cpu(), time.perf_counter()
        job()
        results.append((1000 * (children_cpu() - before), 1000 * (time.perf_counter() - started)))
    return statistics.median(cpu for cpu, _ in results), statistics.median(wall for _, wall in results)


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
    "log": our_log,
    "versions-1": lambda repository: our_versions(repository, 1),
    "versions-many": lambda repository: our_versions(repository, MANY),
}


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
        # the first commit holds all prompts, as a repository that was imported has it
        for which in range(prompts) if number == 0 else [number % prompts]:
            data = prompt_file(which, 1 + number // prompts).encode()
            yield b"M 100644 inline prompts/%s.yaml\ndata %d\n%s\n" % (prompt_id(which).encode(), len(data), data)


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
    main()
