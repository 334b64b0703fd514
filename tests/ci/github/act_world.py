"""Runs a workflow with `act` on this machine: the real action.yml on a repository of its own.

`act` takes the folder as it is for what actions/checkout brings. The Action is a copy of this repository's files
under the name of a remote one. All runs share one place for temporary files, so that the packages are installed once.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ci.gate_world import GateWorld

SOURCE = Path(__file__).parents[3]
ACTION_FILES = ("action.yml", ".github/action", "llmops_cli")

ACTION = "owner/llmops@1111111111111111111111111111111111111111"

WORKFLOW = f"""\
on: [pull_request, push, merge_group]
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8
        with:
          fetch-depth: 0
      - id: gate
        uses: {ACTION}
        env:
          RUNNER_TEMP: ${{{{ env.SHARED_TEMP }}}}
        with:
          github-token: ""
          python: ${{{{ env.PYTHON }}}}
      - if: always()
        shell: bash
        env:
          COMMENT: ${{{{ steps.gate.outputs.comment-path }}}}
          OUTCOME: ${{{{ steps.gate.outcome }}}}
          OUTPUTS: ${{{{ toJSON(steps.gate.outputs) }}}}
        run: |
          printf '%s' "$OUTPUTS" > "$RESULTS/outputs.json"
          printf '%s' "$OUTCOME" > "$RESULTS/outcome"
          if [ -n "$COMMENT" ]; then cp "$COMMENT" "$RESULTS/comment.md"; fi
"""


@dataclass(frozen=True)
class Result:
    """What the job came to; `outcome` is that of the Action's step."""

    outcome: str
    outputs: dict[str, str]
    comment: str
    log: str


class Act:
    """One workflow, run by `act` without containers, for one event after the other."""

    def __init__(self, world: GateWorld, folder: Path, temporary: Path) -> None:
        self._world = world
        self._folder = folder
        self._temporary = temporary
        self._action = folder / "action"
        for name in ACTION_FILES:
            if (SOURCE / name).is_dir():
                shutil.copytree(SOURCE / name, self._action / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                self._action.mkdir(exist_ok=True)
                shutil.copy(SOURCE / name, self._action / name)
        self._workflow = folder / "gate.yml"
        self._workflow.write_text(WORKFLOW)
        world.git("remote", "add", "origin", "https://github.com/owner/repo.git")

    def run(self, event: str, payload: dict[str, Any]) -> Result:
        """Run the workflow on what is checked out."""
        results = Path(tempfile.mkdtemp(dir=self._folder))
        (results / "event.json").write_text(json.dumps({"repository": {"full_name": "owner/repo"}} | payload))
        command = [
            str(Path(sys.executable).with_name("act")),
            event,
            *("-P", "ubuntu-latest=-self-hosted"),
            *("-e", str(results / "event.json")),
            *("-C", str(self._world.root)),
            *("-W", str(self._workflow)),
            *("--local-repository", f"{ACTION}={self._action}"),
            *("--env", f"RESULTS={results}"),
            *("--env", f"SHARED_TEMP={self._temporary}"),
            *("--env", f"PYTHON={sys.executable}"),
            "--no-cache-server",
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900)
        log = done.stdout + done.stderr
        assert (results / "outcome").exists(), log
        comment = results / "comment.md"
        return Result(
            outcome=(results / "outcome").read_text(),
            outputs=json.loads((results / "outputs.json").read_text()),
            comment=comment.read_text(encoding="utf-8") if comment.exists() else "",
            log=log,
        )
