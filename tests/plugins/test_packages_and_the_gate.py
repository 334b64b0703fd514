"""A change of what is installed beside the check, or of its code in the repository, holds the check."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from ci.gate_world import GateWorld, held
from plugins.packages import RULE, installed, llmops_with

if TYPE_CHECKING:
    from pathlib import Path

REQUIREMENTS = "requirements.txt"
PROJECT = """\
[project]
name = "llmops-shop"
dependencies = ["httpx>=0.28", "llmops-cli>=1"]

[project.entry-points."llmops.metrics"]
odd = "shop.odd:Odd"

[tool.ruff]
line-length = 100
"""


@pytest.fixture
def world(tmp_path: Path) -> GateWorld:
    """A registry whose base asks for a package of somebody else."""
    world = GateWorld(tmp_path / "repo").build()
    world.git("checkout", "-q", "main")
    world.write(REQUIREMENTS, "httpx==0.28\nllmops-acme==1.0  # our metrics\nacme-odd==1.0\n")
    world.write("pyproject.toml", PROJECT)
    world.write("tools/odd/__init__.py", "")
    world.write("tools/odd/part.py", RULE)
    world.commit("Packages")
    world.git("checkout", "-q", "-B", "change")
    return world


def gate(world: GateWorld, site: Path | str, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = llmops_with(site, world.root, "gate", "--base", "main", "--format", "json", *arguments)
    assert done.out, done
    return done.code, json.loads(done.out)


def places(report: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(change["path"], change["line"], change["side"]) for change in held(report, "package")]


@pytest.mark.parametrize(
    ("path", "old", "new", "place"),
    [
        (REQUIREMENTS, "llmops-acme==1.0", "llmops-acme==1.1", (REQUIREMENTS, 2, "head")),
        (REQUIREMENTS, "llmops-acme==1.0", "llmops_acme @ https://example.org/x.whl", (REQUIREMENTS, 2, "head")),
        (REQUIREMENTS, "llmops-acme==1.0  # our metrics\n", "", (REQUIREMENTS, 2, "base")),
        (REQUIREMENTS, "httpx==0.28\n", "httpx==0.28\nllmops-more\n", (REQUIREMENTS, 2, "head")),
        (REQUIREMENTS, "httpx==0.28\n", "-e ./tools/llmops_more\n", (REQUIREMENTS, 1, "head")),
        ("pyproject.toml", '"httpx>=0.28"', '"llmops-more[all]>=2"', ("pyproject.toml", 3, "head")),
        ("pyproject.toml", "shop.odd:Odd", "shop.even:Even", ("pyproject.toml", 6, "head")),
        ("pyproject.toml", "llmops.metrics", "llmops.rules", ("pyproject.toml", 5, "head")),
    ],
)
def test_another_requirement_on_a_package_of_parts_is_held(
    world: GateWorld, path: str, old: str, new: str, place: tuple[str, int, str]
) -> None:
    world.edit(path, old, new)
    code, report = world.gate()
    assert (code, places(report)) == (8, [place])


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (REQUIREMENTS, "httpx==0.28", "httpx==0.29"),
        (REQUIREMENTS, "# our metrics", "# the metrics of the llmops-acme team"),
        (REQUIREMENTS, "acme-odd==1.0", "acme-odd==2.0"),
        ("pyproject.toml", 'name = "llmops-shop"', 'name = "llmops-store"'),
        ("pyproject.toml", "line-length = 100", "line-length = 120"),
        ("tools/odd/part.py", "return ()", "return []"),
    ],
)
def test_what_adds_no_part_is_not_held(world: GateWorld, path: str, old: str, new: str) -> None:
    world.edit(path, old, new)
    code, report = world.gate()
    assert (code, places(report)) == (0, [])


def test_another_version_of_llmops_itself_is_the_workflow_s_business(world: GateWorld) -> None:
    world.edit("pyproject.toml", "llmops-cli>=1", "llmops-cli>=2")
    code, report = world.gate()
    assert (code, places(report), len(held(report, "workflow"))) == (8, [], 1)


LOCK = """\
version = 1

[[package]]
name = "httpx"
version = "0.28"

[[package]]
name = "{name}"
version = "1.0"
wheels = [
    {{ url = "https://example.org/a.whl", hash = "sha256:00" }},
]
"""


@pytest.mark.parametrize("path", ["uv.lock", "poetry.lock", "pdm.lock"])
@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("llmops-acme", '"1.0"', '"1.1"', 8),
        ("llmops-acme", "sha256:00", "sha256:11", 8),
        ("llmops-cli", '"1.0"', '"1.1"', 8),
        ("llmops-acme", '"0.28"', '"0.29"', 0),
        ("other", '"1.0"', '"1.1"', 0),
    ],
)
def test_another_version_in_a_lock_file_is_held(
    world: GateWorld, path: str, name: str, old: str, new: str, expected: int
) -> None:
    world.git("checkout", "-q", "main")
    world.write(path, LOCK.format(name=name))
    world.commit("A lock file")
    world.git("checkout", "-q", "-B", "change")
    world.edit(path, old, new)
    code, report = world.gate()
    assert (code, places(report)) == (expected, [(path, 8, "head")] if expected else [])


@pytest.mark.parametrize("written", ["acme-odd==2.0", "Acme_Odd>=1", "acme.odd"])
def test_an_installed_package_is_known_by_any_name(world: GateWorld, tmp_path: Path, written: str) -> None:
    site = installed(
        tmp_path / "site", {"elsewhere.py": RULE}, {"llmops.rules": {"odd": "elsewhere:RULE"}}, name="acme-odd"
    )
    assert gate(world, site)[0] == 0
    world.edit(REQUIREMENTS, "acme-odd==1.0", written)
    code, report = gate(world, site)
    assert (code, places(report)) == (8, [(REQUIREMENTS, 3, "head")])


@pytest.mark.parametrize("head", [(), ("--head", "change")])
def test_code_of_a_part_in_the_repository_is_held(world: GateWorld, tmp_path: Path, head: tuple[str, ...]) -> None:
    site = installed(tmp_path / "site", {}, {"llmops.rules": {"odd": "odd.part:RULE"}}, name="acme-odd")
    # what `pip install -e tools` does: the folder is on the path
    path = f"{site}{os.pathsep}{world.root / 'tools'}"
    assert gate(world, path, *head)[0] == 0
    world.edit("tools/odd/part.py", "        return ()", "        return []")
    world.write("tools/odd/words.txt", "fine\n")
    world.commit("Easier")
    code, report = gate(world, path, *head)
    assert (code, places(report)) == (8, [("tools/odd/part.py", 7, "head"), ("tools/odd/words.txt", 1, "head")])


def test_an_environment_inside_of_the_repository_is_no_change(world: GateWorld) -> None:
    site = world.root / ".venv/lib/python3.11/site-packages"
    installed(site, {"own/__init__.py": "", "own/part.py": RULE}, {"llmops.rules": {"odd": "own.part:RULE"}})
    code, report = gate(world, site)
    assert (code, places(report)) == (0, [])
