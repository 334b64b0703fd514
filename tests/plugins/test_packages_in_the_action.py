"""The Action's input `packages`: a package with its hash is in the environment that decides; another one is not."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from plugins.packages import entry_points_text, wheel

ROOT = Path(__file__).parents[2]


class Runner:
    """`install.sh` of the Action, without the packages of llmops itself: those are for the tests with act."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        scripts = folder / "action/.github/action"
        scripts.mkdir(parents=True)
        shutil.copy(ROOT / ".github/action/install.sh", scripts)
        none = wheel(folder, {"nothing.py": ""}, {}, name="nothing", version="1")
        for name in ("build-requirements.txt", "requirements.txt"):
            (scripts / name).write_text(self.requirement(none) + "\n", encoding="utf-8")

    @staticmethod
    def requirement(built: Path, digest: str = "") -> str:
        found = digest or hashlib.sha256(built.read_bytes()).hexdigest()
        return f"{built.name.partition('-')[0]} @ {built.as_uri()} --hash=sha256:{found}"

    def install(self, packages: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "RUNNER_TEMP": str(self.folder),
            "LLMOPS_ACTION_PATH": str(self.folder / "action"),
            "LLMOPS_PYTHON": sys.executable,
            "LLMOPS_PACKAGES": packages,
            "PIP_NO_INDEX": "1",
        }
        command = ["bash", str(self.folder / "action/.github/action/install.sh")]
        return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)

    def has(self, module: str) -> bool:
        python = self.folder / "llmops-environment/bin/python"
        return subprocess.run([python, "-c", f"import {module}"], check=False, capture_output=True).returncode == 0


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    entries = {"entry_points.txt": entry_points_text({"llmops.reports": {"odd": "odd:write"}})}
    return wheel(tmp_path, {"odd.py": "def write(document):\n    return 'fine'\n"}, entries, name="odd", version="1")


def test_a_package_is_installed_by_its_hash_and_goes_with_its_line(tmp_path: Path, odd: Path) -> None:
    runner = Runner(tmp_path)
    done = runner.install(runner.requirement(odd))
    assert (done.returncode, runner.has("odd")) == (0, True), done
    again = runner.install("")
    assert (again.returncode, runner.has("odd")) == (0, False), again


@pytest.mark.parametrize("packages", ["odd @ {uri}", "odd @ {uri} --hash=sha256:" + "0" * 64, "-e {folder}"])
def test_a_package_without_its_hash_ends_the_check(tmp_path: Path, odd: Path, packages: str) -> None:
    runner = Runner(tmp_path)
    done = runner.install(packages.format(uri=odd.as_uri(), folder=tmp_path))
    assert done.returncode != 0, done
    assert not runner.has("odd")
    assert not (tmp_path / "llmops-environment/made-of").exists()
