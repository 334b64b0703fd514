"""A local program as a model."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from gateway.requests_for_tests import ask

from llmops_cli.core.errors import ProviderError, SetupError
from llmops_cli.gateway.provider import ProviderContext
from llmops_cli.gateway.providers.command import CommandProvider
from llmops_cli.gateway.recordings import Recordings
from llmops_cli.registry.project_file import ProviderSettings

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.core.completions import Completion


def run_program(root: Path, source: str, *, allow: bool = True, timeout_seconds: float = 30.0) -> Completion:
    (root / "model.py").write_text(source)
    context = ProviderContext(
        settings=ProviderSettings(name="my-tool", protocol="command", timeout_seconds=timeout_seconds),
        root=root,
        environ={"LLMOPS_COMMAND_MY_TOOL": f"{sys.executable} model.py"},
        notify=lambda _sentence: None,
        recordings=Recordings(root / "recordings"),
        allow_commands=allow,
    )
    return asyncio.run(CommandProvider(context).complete(ask("Hi", model="my-tool/m", trial=2)))


def test_the_program_reads_the_request_and_its_text_is_the_answer(tmp_path: Path) -> None:
    source = "import json, sys; r = json.load(sys.stdin); print(r['messages'][0]['content'], r['trial'])"
    completion = run_program(tmp_path, source)
    assert (completion.text, completion.usage.estimated) == ("Hi 2", True)


def test_an_answer_in_json_may_say_more(tmp_path: Path) -> None:
    source = """import json; print(json.dumps({"text": "a", "usage": {"input_tokens": 4, "output_tokens": 1}}))"""
    completion = run_program(tmp_path, source)
    assert (completion.text, completion.usage.input_tokens) == ("a", 4)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import sys; sys.exit('it broke')", "ended with 1: it broke"),
        ("print('{\"text\": 7}')", "not a completion"),
        ("print(' ' * 17_000_000)", "larger than 16 MiB"),
    ],
)
def test_what_is_no_answer_is_a_provider_error(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(ProviderError, match=said):
        run_program(tmp_path, source)


def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="no answer within"):
        run_program(tmp_path, "import time; time.sleep(600)", timeout_seconds=0.3)


def test_what_a_wrapper_started_ends_with_it(tmp_path: Path) -> None:
    # the child holds the pipes of the wrapper: as long as it lives, nobody who waits for both comes back
    source = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    with pytest.raises(ProviderError, match="no answer within"):
        run_program(tmp_path, source, timeout_seconds=2)


def test_where_commands_are_not_allowed_nothing_runs(tmp_path: Path) -> None:
    source = "import pathlib; pathlib.Path('ran').touch()"
    with pytest.raises(SetupError, match="not allowed here"):
        run_program(tmp_path, source, allow=False)
    assert not (tmp_path / "ran").exists()


def test_the_program_is_named_by_the_environment_and_never_by_the_repository(tmp_path: Path) -> None:
    context = ProviderContext(
        settings=ProviderSettings(name="my-tool", protocol="command"),
        root=tmp_path,
        environ={},
        notify=lambda _sentence: None,
        recordings=Recordings(tmp_path),
    )
    with pytest.raises(SetupError, match="LLMOPS_COMMAND_MY_TOOL"):
        CommandProvider(context).identity("m")
    absent = replace(context, environ={"LLMOPS_COMMAND_MY_TOOL": "/no/such/program"})
    with pytest.raises(SetupError, match="cannot be started"):
        asyncio.run(CommandProvider(absent).complete(ask(model="my-tool/m")))
