"""Every way a command line can end: one message on stderr, nothing on stdout, and the right number."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from commands.llmops import llmops

from llmops_cli.commands import COMMANDS, Entry
from llmops_cli.commands._console import OutputClosedError
from llmops_cli.core import errors
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.findings import Finding, Position

LINUX = pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Make `llmops version` raise what the test puts into the list."""
    raised: list[BaseException] = []

    def payload(*_: object, **__: object) -> None:
        raise raised[0]

    monkeypatch.setattr("llmops_cli.commands.version.json.dumps", payload)
    return raised


def run_failing(raised: list[BaseException], error: BaseException, *more: str) -> tuple[int, str, str]:
    raised.append(error)
    outcome = llmops("version", "--format", "json", *more)
    return outcome.code, outcome.out, outcome.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("x"), 2),
        (errors.InvalidFileError("x"), 3),
        (errors.SetupError("x"), 4),
        (errors.ProviderError("x"), 5),
        (errors.NothingMatchedError("x"), 6),
        (errors.IncomparableError("x"), 7),
        (errors.RefusedError("x"), 8),
        (errors.TargetError("x"), 9),
        (KeyboardInterrupt(), 130),
        (OutputClosedError(), 130),
        (BrokenPipeError(), 130),
        (ZeroDivisionError("x"), 70),
    ],
)
def test_every_error_has_its_exit_code(failing: list[BaseException], error: BaseException, code: int) -> None:
    assert run_failing(failing, error)[0] == code


def test_an_error_says_where_what_and_what_next(failing: list[BaseException]) -> None:
    error = errors.SetupError("the key is missing.", where="llmops.yaml:3:5", hint="Set it: export OPENAI_API_KEY=…")
    code, out, err = run_failing(failing, error)
    assert (code, out) == (4, "")
    assert err == "error: llmops.yaml:3:5: the key is missing.\nhint: Set it: export OPENAI_API_KEY=…\n"


def test_the_findings_of_an_invalid_file_are_listed(failing: list[BaseException]) -> None:
    finding = Finding(path="prompts/a.yaml", position=Position(4, 2), rule="unknown-key", message="what is 'modle'?")
    _, _, err = run_failing(failing, errors.InvalidFileError("the file has 1 error.", findings=(finding,)))
    assert err.splitlines() == [
        "prompts/a.yaml:4:2 error unknown-key what is 'modle'?",
        "error: the file has 1 error.",
    ]


def test_interrupted_says_that_what_is_done_is_kept(failing: list[BaseException]) -> None:
    code, out, err = run_failing(failing, KeyboardInterrupt())
    assert (code, out) == (130, "")
    assert "what is done is kept" in err


def test_an_interrupt_that_python_wraps_is_no_bug(failing: list[BaseException]) -> None:
    # as 3.11 does for an exception, whatever it is, while a class is made
    wrapped = RuntimeError("Error calling __set_name__ on 'Field' instance 'details' in 'Completion'")
    wrapped.__cause__ = KeyboardInterrupt()
    code, out, err = run_failing(failing, wrapped)
    assert (code, out) == (130, "")
    assert "bug" not in err


@LINUX
def test_an_output_without_room_is_a_matter_of_the_machine() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "llmops_cli", "metrics", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == ExitCode.SETUP_MISSING
    assert ended.stderr.startswith("error: the output cannot be written: No space left on device.")
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


@LINUX
def test_nobody_is_told_where_neither_output_has_room() -> None:
    with open(os.devnull, "w", encoding="utf-8") as nothing, Path("/dev/full").open("w", encoding="utf-8") as full:  # noqa: PTH123 - a device
        ended = subprocess.run(
            [sys.executable, "-m", "llmops_cli", "list", "--nope"], stdout=nothing, stderr=full, check=False
        )
    assert ended.returncode == ExitCode.USAGE


def test_a_closed_pipe_is_quiet(failing: list[BaseException]) -> None:
    code, _, err = run_failing(failing, BrokenPipeError())
    assert (code, err) == (130, "")


def test_a_bug_leaves_a_report_without_secrets(
    failing: list[BaseException], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "not-to-be-seen-1234")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    error = ZeroDivisionError("division by not-to-be-seen-1234 with Bearer abcdefghijkl and sk-proj-abcdefgh12345678")
    code, out, err = run_failing(failing, error)
    assert (code, out) == (70, "")
    assert "Traceback" not in err
    (report,) = tmp_path.iterdir()
    assert str(report) in err.replace("\n", "")
    text = report.read_text(encoding="utf-8")
    assert "ZeroDivisionError" in text
    assert "command: llmops version" in text
    assert (report.stat().st_mode & 0o077) == 0
    for secret in ("not-to-be-seen-1234", "abcdefghijkl", "sk-proj"):
        assert secret not in text
        assert secret not in err


def test_a_message_never_carries_the_value_of_a_secret_variable(
    failing: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "hunter2-hunter2")
    assert "hunter2" not in run_failing(failing, errors.ProviderError("401 for hunter2-hunter2"))[2]


def test_verbose_adds_the_cause(failing: list[BaseException]) -> None:
    error = errors.SetupError("no")
    error.__cause__ = OSError("the disk said so")
    assert "the disk said so" in run_failing(failing, error, "-v")[2]


def test_control_characters_of_an_error_reach_no_terminal(failing: list[BaseException]) -> None:
    error = errors.UsageError("bad \x1b[31m\r\n::error::x", where="a\x1b]0;b\x07", hint="\u202egpj.exe")
    err = run_failing(failing, error)[2]
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", err)
    assert len(err.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("versio",), "Did you mean 'version'?"),
        (("rules", "lst"), "Did you mean 'list'?"),
        (("version", "--fromat", "json"), "Did you mean '--format'?"),
        (("version", "--no-colour"), "Did you mean '--no-color'?"),
        (("version", "--format", "yaml"), "'yaml' is not one of 'text', 'json'"),
        (("schema",), "missing argument 'KIND"),
        (("version", "-Z"), "no such option: -Z"),
    ],
)
def test_a_wrong_command_line_names_the_right_one(arguments: tuple[str, ...], expected: str) -> None:
    outcome = llmops(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert expected in " ".join(outcome.err.split())
    assert outcome.err.startswith("error: ")
    assert outcome.err.rstrip().endswith("--help")


def test_no_command_at_all_shows_the_help_and_is_a_usage_error() -> None:
    outcome = llmops()
    assert (outcome.code, outcome.out) == (2, "")
    assert "Start here:" in outcome.err


def all_commands() -> list[str]:
    return [entry.name for entry in COMMANDS]


@pytest.mark.parametrize("name", all_commands())
def test_every_command_explains_itself_within_80_columns(name: str) -> None:
    outcome = llmops(*name.split(), "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert "Global options" in outcome.out
    assert max(len(line) for line in outcome.out.splitlines()) <= 80


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_the_summary_of_a_command_is_the_first_sentence_of_its_docstring(entry: Entry) -> None:
    module, _, function = entry.location.partition(":")
    told = inspect.getdoc(getattr(import_module(f"llmops_cli.commands.{module}"), function)) or ""
    assert " ".join(told.split()).startswith(entry.summary)
    assert entry.summary.endswith(".")


def test_the_help_loads_no_command() -> None:
    script = "import sys; from llmops_cli.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    loaded = set(done.stderr.split())
    locations = {f"llmops_cli.commands.{entry.location.partition(':')[0]}" for entry in COMMANDS}
    assert not locations & loaded
    assert not {"asyncio", "yaml", "pandas", "httpx", "torch", "git", "jinja2", "rich", "jsonschema"} & loaded


def test_the_help_lists_every_command_with_a_whole_sentence() -> None:
    outcome = llmops("--help")
    assert outcome.code == 0
    for name in {name.split()[0] for name in all_commands()}:
        (line,) = [line for line in outcome.out.splitlines() if re.match(rf"  {name} ", line)]
        assert not line.endswith("..."), line
    assert max(len(line) for line in outcome.out.splitlines()) <= 80


@pytest.mark.parametrize("before", [True, False])
def test_global_options_stand_before_or_after_the_command(before: bool, tmp_path: Path) -> None:  # noqa: FBT001
    option = ("--repo", str(tmp_path / "nowhere"))
    words = (*option, "new", "a") if before else ("new", "a", *option)
    outcome = llmops(*words)
    assert outcome.code == 2
    assert "there is no folder" in outcome.err


def test_version_is_an_option_and_a_command() -> None:
    assert llmops("--version").out.startswith("llmops ")
    assert llmops("version").out.startswith("llmops ")
    assert llmops("version", "--format", "json").out.startswith('{\n  "llmops"')


def test_the_exit_codes_in_the_help_are_those_of_the_contract() -> None:
    text = " ".join(llmops("--help").out.split())
    for code in ExitCode:
        if code not in {ExitCode.BUG, ExitCode.INTERRUPTED}:
            assert f"{code.value} " in text


def test_a_reader_that_goes_away_ends_the_process_quietly() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "llmops_cli", "schema", "prompt"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait() != 0
    assert said == ""


def test_help_and_version_load_nothing_heavy() -> None:
    script = (
        "import sys; from llmops_cli.cli import main; main([sys.argv[1]]); "
        "print(*sorted({name.split('.')[0] for name, module in sys.modules.items() if module}))"
    )
    for option in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", script, option], capture_output=True, text=True, check=True, env=dict(os.environ)
        )
        loaded = set(done.stdout.splitlines()[-1].split())
        assert not loaded & {
            "pandas",
            "numpy",
            "httpx",
            "git",
            "torch",
            "jinja2",
            "jsonschema",
            "yaml",
            "asyncio",
            "rich",
        }


def test_an_interrupt_while_the_commands_load_ends_without_a_traceback() -> None:
    script = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'llmops_cli.cli':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from llmops_cli.__main__ import run\n"
        "sys.exit(run())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (130, "interrupted.")


def test_the_script_is_the_entry_that_answers_an_interrupt() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"] == {"llmops": "llmops_cli.__main__:run"}
