"""The repository's own publish.yml, run by `act` without containers: merged, live in staging, then in production.

Checking out is what `act` does itself; the two actions that carry the folder from job to job are stood in for by copies
on this machine.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from llmops_cli.release.event_log import verify
from llmops_cli.release.reading import load_state
from llmops_cli.release.targets.file import FileTarget

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
WORKFLOW = ROOT / ".github/workflows/publish.yml"
COPY = """\
name: {name}
description: Stands in for actions/{name}.
inputs:
  name: {{description: name, required: true}}
  path: {{description: path, required: true}}
  overwrite: {{description: overwrite, required: false}}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        FROM: {source}
        TO: {target}
      run: |
        rm -rf "$TO" && mkdir -p "$TO" && cp -R "$FROM/." "$TO/"
"""
HERE, THERE = "${{ inputs.path }}", "${{ env.ARTIFACTS }}/${{ inputs.name }}"


def used(name: str) -> str:
    """Return the reference by which the workflow uses an action."""
    line = next(line for line in WORKFLOW.read_text("utf-8").splitlines() if f"actions/{name}@" in line)
    return line.partition("uses: ")[2].split()[0]


def clone(folder: Path) -> Path:
    """Clone the repository as it is on this branch, with what is not committed yet, as its main."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    changed = subprocess.run(
        ["git", "ls-files", "-mo", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for path in filter(None, changed.split("\0")):
        if (ROOT / path).is_file():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, folder / path)
    git("checkout", "-q", "-B", "main")
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", "Merged")
    git("remote", "remove", "origin")
    git("remote", "add", "origin", "https://github.com/owner/repo.git")
    return folder


def test_what_is_merged_is_live_in_staging_and_promoted_to_production(tmp_path: Path) -> None:
    repository = clone(tmp_path / "repository")
    artifacts = tmp_path / "artifacts"
    stand_ins = []
    for name, source, to in (("upload-artifact", HERE, THERE), ("download-artifact", THERE, HERE)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "action.yml").write_text(COPY.format(name=name, source=source, target=to), "utf-8")
        stand_ins += ["--local-repository", f"{used(name)}={folder}"]
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"ref": "refs/heads/main", "repository": {"full_name": "owner/repo"}}), "utf-8")
    command = [
        str(Path(sys.executable).with_name("act")), "push",
        *("-P", "ubuntu-24.04=-self-hosted"),
        *("-e", str(event), "-C", str(repository), "-W", str(repository / ".github/workflows/publish.yml")),
        *("--env", f"ARTIFACTS={artifacts}", "--env", f"LLMOPS_PYTHON={sys.executable}"),
        *stand_ins,
        "--no-cache-server",
    ]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    prompts = {path.stem for path in (ROOT / "prompts").glob("*.yaml")}
    with closing(FileTarget(artifacts / "releases")) as target:
        staging, production = (load_state(target, name) for name in ("staging", "production"))
        assert set(staging.prompts) == set(production.prompts) == prompts
        assert {name: prompt.stable for name, prompt in staging.prompts.items()} == {
            name: prompt.stable for name, prompt in production.prompts.items()
        }, "the same bytes, nothing built again"
        assert all(verify(target, name).problems == () for name in ("staging", "production"))


def test_each_environment_has_one_job_at_a_time_and_production_waits_for_its_reviewers() -> None:
    jobs = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]
    assert {name: job["environment"] for name, job in jobs.items()} == {name: name for name in jobs}
    for name, job in jobs.items():
        assert job["concurrency"] == {"group": f"publish-{name}", "cancel-in-progress": False}
    assert jobs["production"]["needs"] == "staging"
