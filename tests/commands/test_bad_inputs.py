"""The bad-input corpus through the command line: the right exit code, one place per problem, nothing else happens."""

from __future__ import annotations

import importlib.util
import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from commands.llmops import llmops
from reports.hostile import CONTROL

from llmops_cli.registry.rules import RULES

if TYPE_CHECKING:
    from bad_inputs.generate import BadInput

CORPUS = Path(__file__).parents[1] / "bad_inputs" / "generate.py"
HANG_SECONDS = 120
MOST_MEGABYTES = 300
INVALID, PASS = 3, 0
FINDING = re.compile(r"(?m)^[^\s:].*:\d+:\d+ (?:error|warning|note) (?P<rule>[a-z0-9-]+) \S")


def corpus() -> list[BadInput]:
    spec = importlib.util.spec_from_file_location("bad_inputs_of_commands", CORPUS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    inputs: list[BadInput] = module.cases()
    assert CORPUS.with_name("manifest.tsv").read_text(encoding="utf-8") == module.manifest()
    return inputs


ALL = corpus()
BOMBS = [bad for bad in ALL if bad.id in {"A01", "A02", "A04", "A49", "D15", "D22", "E05", "E10", "E12", "E58"}]


def written(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.mark.usefixtures("no_socket")
@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.id)
def test_validate_ends_as_the_manifest_says_with_every_problem_at_its_place(bad: BadInput, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    bad.write_to(root)
    before = written(tmp_path)
    outcome = llmops("validate", folder=root)
    assert outcome.code == (INVALID if bad.outcome == "REJECT" else PASS), outcome.out + outcome.err
    assert not CONTROL.search(outcome.out + outcome.err)
    assert "Traceback" not in outcome.err
    assert "A1b2C3d4A1b2" not in outcome.out + outcome.err
    rules = {match["rule"] for match in FINDING.finditer(outcome.out)}
    assert rules <= set(RULES)
    assert bad.rule in {*rules, ""}
    assert written(tmp_path) == before


@pytest.mark.usefixtures("no_socket")
@pytest.mark.parametrize("bad", [bad for bad in ALL if bad.rule], ids=lambda bad: bad.id)
def test_the_finding_has_its_line_a_message_and_a_way_on(bad: BadInput, tmp_path: Path) -> None:
    bad.write_to(tmp_path)
    findings = json.loads(llmops("validate", "--format", "json", folder=tmp_path).out)["findings"]
    assert {finding["rule"] for finding in findings} <= set(RULES)
    ours = [finding for finding in findings if finding["rule"] == bad.rule and finding["path"] == bad.path]
    assert ours
    assert bad.line in {0, *(finding["line"] for finding in ours)}
    for finding in ours:
        # a note stands for places that are too many to list
        assert finding["severity"] in {"error" if bad.outcome == "REJECT" else "warning", "note"}
        assert finding["column"] >= 1
        assert len(finding["message"]) > 10
        # what to do next stands in the hint, or the message says all there is to it
        assert finding["hint"] or finding["message"].endswith(".")


@pytest.mark.usefixtures("no_socket")
@pytest.mark.parametrize("bad", [bad for bad in ALL if bad.command == "eval"], ids=lambda bad: bad.id)
def test_a_valid_file_that_must_not_pass_does_not_pass(bad: BadInput, tmp_path: Path) -> None:
    bad.write_to(tmp_path)
    outcome = llmops("eval", "demo", folder=tmp_path)
    assert outcome.code in {1, 7, 10}, outcome.out + outcome.err
    assert not re.search("(?m)^PASS", outcome.out)


@pytest.mark.usefixtures("no_socket")
@pytest.mark.parametrize("command", ["eval", "list", "show demo", "render demo --var body=x", "log demo", "diff demo"])
@pytest.mark.parametrize("bad", [bad for bad in ALL if bad.id in {"A01", "A28", "C02", "D06", "E08", "E52"}])
def test_no_command_trips_over_a_bad_file(bad: BadInput, command: str, tmp_path: Path) -> None:
    bad.write_to(tmp_path)
    outcome = llmops(*command.split(), folder=tmp_path)
    assert outcome.code in {0, 2, 3, 4, 6}
    assert not CONTROL.search(outcome.out + outcome.err)
    assert not (tmp_path / "pwned").exists()


def test_every_input_ends_by_itself_with_its_exit_code_and_in_little_memory() -> None:
    """Each in a process that is killed where it does not end: nothing here depends on how fast the machine is."""
    command = [sys.executable, str(CORPUS.with_name("measure.py"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10 * HANG_SECONDS)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["id"] for row in rows} == {bad.id for bad in ALL}
    assert [row for row in rows if row["code"] < 0 or row["megabytes"] > MOST_MEGABYTES] == []
    outcomes = {bad.id: INVALID if bad.outcome == "REJECT" else PASS for bad in ALL}
    validated = {row["id"]: row["code"] for row in rows if row["command"] == "validate"}
    assert validated == outcomes
    # a suite that cannot be used ends an evaluation too; what can be used is scored or has nothing to compare with
    assert {row["code"] for row in rows if row["command"] == "eval demo"} <= {0, 1, 2, 3, 7, 10}
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["validate", "eval demo"])
@pytest.mark.parametrize("bad", BOMBS, ids=lambda bad: bad.id)
def test_a_bomb_takes_little_memory_and_ends(bad: BadInput, command: str, tmp_path: Path) -> None:
    bad.write_to(tmp_path)
    # not ru_maxrss: a child inherits the peak of the process that started it
    script = (
        "import re, sys; from pathlib import Path; from llmops_cli.cli import main; code = main(sys.argv[1:]); "
        "print('peak', code, int(re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=HANG_SECONDS,
    )
    _, code, megabytes = done.stdout.splitlines()[-1].split()
    assert int(megabytes) < MOST_MEGABYTES
    if command == "validate":
        assert int(code) == (INVALID if bad.outcome == "REJECT" else PASS)
    assert "Traceback" not in done.stderr
