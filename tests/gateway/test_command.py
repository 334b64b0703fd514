"""A local program as a model."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
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


def context_of(root: Path, command: str, *, allow: bool = True, timeout_seconds: float = 30.0) -> ProviderContext:
    return ProviderContext(
        settings=ProviderSettings(name="my-tool", protocol="command", timeout_seconds=timeout_seconds),
        root=root,
        environ={**os.environ, "LLMOPS_COMMAND_MY_TOOL": command},
        notify=lambda _sentence: None,
        recordings=Recordings(root / "recordings"),
        allow_commands=allow,
    )


def run_program(
    root: Path, source: str, *, text: str = "Hi", allow: bool = True, timeout_seconds: float = 30.0
) -> Completion:
    (root / "model.py").write_text(source)
    context = context_of(root, f"{sys.executable} model.py", allow=allow, timeout_seconds=timeout_seconds)
    return asyncio.run(CommandProvider(context).complete(ask(text, model="my-tool/m", trial=2)))


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


def test_a_program_that_writes_without_end_is_ended_at_the_limit(tmp_path: Path) -> None:
    source = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    with pytest.raises(ProviderError, match="larger than 16 MiB"):
        run_program(tmp_path, source)


def test_errors_without_end_do_not_hold_up_the_answer(tmp_path: Path) -> None:
    source = "import sys; sys.stderr.write('x' * 1_000_000); print('done')"
    assert run_program(tmp_path, source).text == "done"


def test_a_program_need_not_read_the_request(tmp_path: Path) -> None:
    source = "import os; os.close(0); print('deaf')"
    assert run_program(tmp_path, source, text="word " * 100_000).text == "deaf"


def test_what_left_the_session_and_holds_the_output_is_not_waited_for_without_end(tmp_path: Path) -> None:
    stays = "import time; time.sleep(20)"
    source = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{stays}'], start_new_session=True)"
    with pytest.raises(ProviderError, match="no answer within 1 s"):
        run_program(tmp_path, source, timeout_seconds=1)


@pytest.mark.parametrize("turns", range(8))
def test_a_program_that_is_cancelled_while_it_starts_leaves_nothing_behind(tmp_path: Path, turns: int) -> None:
    # Ctrl-C in the moment of the start: the shell has started its child, and asyncio knows the shell only
    seconds = f"60{turns}.{os.getpid()}"
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\nsleep {seconds}\n")
    slow.chmod(0o755)

    async def run() -> None:
        asking = asyncio.ensure_future(CommandProvider(context_of(tmp_path, str(slow))).complete(ask(model="t/m")))
        for _ in range(turns):
            await asyncio.sleep(0)
        # in the first turns there is no shell yet
        for _ in range(20):
            if not running(f"sleep {seconds}"):
                time.sleep(0.01)  # noqa: ASYNC251 - the loop must not get on with the start
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(run())
    for _ in range(100):
        if not running(f"sleep {seconds}"):
            break
        time.sleep(0.05)  # a signal is sent, not waited for
    assert not running(f"sleep {seconds}")


def running(command: str) -> bool:
    listed = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout
    return command in listed.splitlines()


def test_where_commands_are_not_allowed_nothing_runs(tmp_path: Path) -> None:
    source = "import pathlib; pathlib.Path('ran').touch()"
    with pytest.raises(SetupError, match="not allowed here"):
        run_program(tmp_path, source, allow=False)
    assert not (tmp_path / "ran").exists()


def test_the_program_is_named_by_the_environment_and_never_by_the_repository(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="LLMOPS_COMMAND_MY_TOOL"):
        CommandProvider(context_of(tmp_path, "")).identity("m")
    absent = context_of(tmp_path, "/no/such/program")
    with pytest.raises(SetupError, match="cannot be started"):
        asyncio.run(CommandProvider(absent).complete(ask(model="my-tool/m")))
