"""action.yml, the workflows and every workflow in the docs: audited, pinned, documented."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from llmops_cli.ci.github.outputs import OUTPUTS

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs/guide/github-action.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ACTION = ROOT / "action.yml"
REQUIREMENTS = ROOT / ".github/action/requirements.txt"
LOCAL = ROOT / ".github/action/requirements-local.txt"
BUILD = ROOT / ".github/action/build-requirements.txt"
COPY_PASTE_LINES = 20

_YAML_BLOCK = re.compile(r"^```ya?ml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets() -> dict[str, str]:
    """Return the workflows that pages show, by a file name made of the page's."""
    found = {}
    for page in PAGES:
        for number, match in enumerate(_YAML_BLOCK.finditer(page.read_text(encoding="utf-8")), 1):
            if re.search(r"^jobs:", match[1], re.MULTILINE):
                found[f"{page.stem}-{number}.yml"] = match[1]
    return found


def audit(*paths: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [Path(sys.executable).with_name("zizmor"), "--offline", "--persona=pedantic", "--format=json", *paths],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip(), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def told(found: list[dict[str, Any]]) -> list[str]:
    return [f"{finding['ident']}: {finding['desc']}" for finding in found]


def test_workflows_and_action_are_clean() -> None:
    assert told(audit(ROOT / ".github/workflows", ACTION)) == []


def test_every_workflow_in_the_docs_is_clean(tmp_path: Path) -> None:
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    assert "github-action-1.yml" in snippets()
    for name, text in snippets().items():
        (folder / name).write_text(text, encoding="utf-8")

    assert told(audit(folder)) == []


def test_the_audit_finds_what_it_should(tmp_path: Path) -> None:
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    bad = "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
    bad += '      - uses: actions/checkout@v4\n      - run: echo "${{ github.event.pull_request.title }}"\n'
    (folder / "bad.yml").write_text(bad)

    assert {finding["ident"] for finding in audit(folder)} >= {
        "dangerous-triggers",
        "template-injection",
        "unpinned-uses",
        "excessive-permissions",
    }


def test_the_workflow_to_copy_is_short() -> None:
    first = snippets()["github-action-1.yml"].strip().splitlines()

    assert len(first) <= COPY_PASTE_LINES
    assert not any("paths" in line for line in first)


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.name)
def test_no_workflow_has_a_path_filter_or_rights_at_the_top(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert workflow["permissions"] == {}
    assert "paths" not in json.dumps(workflow[True])  # YAML 1.1 reads `on` as true


def test_the_action_uses_no_other_action_and_takes_inputs_through_the_environment_only() -> None:
    steps = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]

    assert not any("uses" in step for step in steps)
    assert not any("${{" in step["run"] for step in steps)


def test_every_input_reaches_the_command() -> None:
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    text = json.dumps(action["runs"])

    assert all(f"inputs.{name} " in text for name in action["inputs"])


def test_the_outputs_are_those_of_the_command() -> None:
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))

    assert list(action["outputs"]) == list(OUTPUTS)
    for name, field in action["outputs"].items():
        assert field["value"] == f"${{{{ steps.gate.outputs.{name} }}}}"
        assert field["description"] == OUTPUTS[name][0]


def test_the_tables_of_the_guide_are_what_action_yml_says(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("action_tables", ROOT / "docs/action_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = tmp_path / "page.md"
    page.write_text(GUIDE.read_text(encoding="utf-8"), encoding="utf-8")

    module.main([str(page)])

    assert page.read_text(encoding="utf-8") == GUIDE.read_text(encoding="utf-8"), "run: python docs/action_tables.py"


def pinned_by(*paths: Path) -> dict[str, set[str]]:
    """Return package → versions of requirement files in which every line has a version and a hash."""
    found: dict[str, set[str]] = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
            if line.startswith("#") or not line.strip():
                continue
            match = re.match(r"([a-z0-9._-]+)==([^ ;]+)", line)
            assert match is not None, line
            assert "--hash=sha256:" in line
            found.setdefault(match[1], set()).add(match[2])
    return found


@pytest.mark.parametrize("extra", ["", "local"])
def test_what_the_action_installs_is_pinned_and_hashed_and_fits_the_package(extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else ())]
    pinned = pinned_by(LOCAL if extra else REQUIREMENTS, BUILD)
    for requirement in map(Requirement, wanted):
        versions = pinned.get(requirement.name.lower().replace("_", "-"), set())
        assert versions, (
            f"{requirement.name} is missing: make the file anew, as the first line of requirements.txt says"
        )
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_the_own_gate_is_run_by_the_program_of_the_base() -> None:
    document = yaml.safe_load((ROOT / ".github/workflows/gate.yml").read_text(encoding="utf-8"))
    steps = document["jobs"]["gate"]["steps"]
    judge = next(step["with"] for step in steps if step.get("with", {}).get("path") == ".judge")

    assert [step["uses"] for step in steps if step["uses"].startswith("./")] == ["./.judge"]
    assert "pull_request.base.sha" in judge["ref"]
    assert "merge_group.base_sha" in judge["ref"]
    assert "head" not in judge["ref"]
