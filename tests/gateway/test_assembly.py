"""The gateway as a whole: where answers come from, what is said about it, and that no fault loses one."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from gateway.protocol_server import Behaviour, Fault, ProtocolServer
from gateway.requests_for_tests import answer, ask

from llmops_cli.core.completions import CompletionSource
from llmops_cli.core.errors import ProviderError, SetupError, UsageError
from llmops_cli.gateway.assembly import open_gateway
from llmops_cli.gateway.gateway_settings import AnswerMode, GatewaySettings
from llmops_cli.gateway.middleware.budget import BudgetReachedError
from llmops_cli.gateway.middleware.retry import RetryPolicy
from llmops_cli.gateway.recordings import RecordingMissError, Recordings
from llmops_cli.registry.project_file import ModelAlias, ProjectSettings, ProviderSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from llmops_cli.core.completions import Completion, CompletionRequest

NAME = "remote/m"
LIVE, CACHE, RECORDING = CompletionSource.LIVE, CompletionSource.CACHE, CompletionSource.RECORDING


def settings_for(
    root: Path, url: str = "http://127.0.0.1:1", *, key: str = "k", concurrency: int = 50
) -> GatewaySettings:
    remote = ProviderSettings(
        name="remote",
        protocol="openai",
        base_url=f"{url}/v1",
        api_key_env="TEST_KEY",
        concurrency=concurrency,
    )
    project = ProjectSettings()
    aliases = {"quick": ModelAlias(name="quick", target=NAME)}
    return GatewaySettings(
        project=replace(project, providers={**project.providers, "remote": remote}, models=aliases),
        root=root,
        environ={"TEST_KEY": key} if key else {},
    )


async def ask_all(settings: GatewaySettings, requests: Sequence[CompletionRequest]) -> list[Completion]:
    async with open_gateway(settings) as gateway:
        return list(await asyncio.gather(*(gateway.complete(request) for request in requests)))


def run_with_server(
    root: Path, work: Callable[[ProtocolServer, GatewaySettings], object], behaviour: Behaviour | None = None
) -> None:
    async def run() -> None:
        async with ProtocolServer(behaviour) as server:
            result = work(server, settings_for(root, server.url))
            assert asyncio.iscoroutine(result)
            await result

    asyncio.run(run())


def test_auto_asks_once_and_then_answers_from_the_cache(tmp_path: Path) -> None:
    async def work(server: ProtocolServer, settings: GatewaySettings) -> None:
        requests = [ask(str(number), model=NAME, trial=number % 2) for number in range(10)]
        first = await ask_all(settings, requests)
        second = await ask_all(settings, requests)
        assert {completion.source for completion in first} == {LIVE}
        assert {completion.source for completion in second} == {CACHE}
        assert [completion.text for completion in first] == [completion.text for completion in second]
        assert server.count == 10
        live = await ask_all(replace(settings, mode=AnswerMode.LIVE), requests[:1])
        assert (live[0].source, server.count) == (LIVE, 11)

    run_with_server(tmp_path, work)


def test_record_asks_the_model_and_replay_then_opens_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [ask(str(number), model=NAME) for number in range(3)]

    async def work(server: ProtocolServer, settings: GatewaySettings) -> None:
        await ask_all(settings, requests)
        recorded = await ask_all(replace(settings, mode=AnswerMode.RECORD), requests)
        assert {completion.source for completion in recorded} == {LIVE}
        assert server.count == 6

    run_with_server(tmp_path, work)
    assert (tmp_path / "evals" / "recordings" / "remote" / "m.jsonl").read_bytes().count(b"\n") == 3
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a socket was opened"))
    settings = replace(settings_for(tmp_path), mode=AnswerMode.REPLAY, use_cache=False)
    replayed = asyncio.run(ask_all(settings, requests))
    assert [(c.text, c.source) for c in replayed] == [("0", RECORDING), ("1", RECORDING), ("2", RECORDING)]
    with pytest.raises(RecordingMissError, match=r"model\.max_tokens was 20 and is 21"):
        asyncio.run(ask_all(settings, [ask("1", model=NAME, max_tokens=21)]))


@pytest.mark.parametrize(
    ("offline", "key", "reason"), [(True, "k", "--offline forbids it"), (False, "", "TEST_KEY is not set")]
)
def test_where_live_is_impossible_recordings_answer_and_it_is_said_once(
    tmp_path: Path, *, offline: bool, key: str, reason: str
) -> None:
    recordings = Recordings(tmp_path / "evals" / "recordings")
    for text in ("a", "b"):
        recordings.add(ask(text, model=NAME), answer(text))
    recordings.close()
    said: list[str] = []
    settings = replace(settings_for(tmp_path, key=key), offline=offline, notify=said.append, price=lambda *_: 0.5)

    async def run() -> None:
        async with open_gateway(settings) as gateway:
            both = await asyncio.gather(*(gateway.complete(ask(text, model=NAME)) for text in ("a", "b")))
            assert [(c.text, c.source, c.cost_usd) for c in both] == [("a", RECORDING, 0.5), ("b", RECORDING, 0.5)]
            assert gateway.spent_usd == 0.0
            with pytest.raises(RecordingMissError, match="not recorded") as missed:
                await gateway.complete(ask("c", model=NAME))
            assert reason in (missed.value.hint or "")
            assert gateway.notices == tuple(said)

    asyncio.run(run())
    assert len(said) == 1
    assert said[0].startswith("remote/m answers from the committed recordings: ")
    assert reason in said[0]


def test_where_live_is_impossible_and_nothing_is_recorded_the_reason_is_the_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="TEST_KEY is not set"):
        asyncio.run(ask_all(settings_for(tmp_path, key=""), [ask(model=NAME)]))
    live = replace(settings_for(tmp_path, key=""), mode=AnswerMode.LIVE)
    with pytest.raises(SetupError, match="TEST_KEY is not set"):
        asyncio.run(ask_all(live, [ask(model=NAME)]))


def test_a_down_provider_is_an_error_and_no_reason_to_replay(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path / "evals" / "recordings")
    recordings.add(ask(model=NAME), answer())
    recordings.close()
    quick = replace(settings_for(tmp_path), retry=RetryPolicy(attempts=1))
    with pytest.raises(ProviderError, match="connection was refused"):
        asyncio.run(ask_all(quick, [ask(model=NAME)]))


def test_a_model_is_described_by_alias_or_name(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_gateway(settings_for(tmp_path)) as gateway:
            described = gateway.describe("quick")
            assert (described.name, described.protocol, described.deterministic) == (NAME, "openai", False)
            assert gateway.describe("local/smollm2-135m").deterministic
            for unknown, hint in (("quik", "Did you mean 'quick'?"), ("remte/m", "Did you mean 'remote'?")):
                with pytest.raises(UsageError) as caught:
                    gateway.describe(unknown)
                assert caught.value.hint == hint
            with pytest.raises(UsageError, match="unknown provider 'nowhere'"):
                await gateway.complete(ask(model="nowhere/m"))

    asyncio.run(run())


def test_every_answer_arrives_through_refusals_errors_and_resets_without_needless_requests(tmp_path: Path) -> None:
    rates: Mapping[Fault, float] = {
        Fault.RATE_LIMIT: 0.10,
        Fault.SERVER_ERROR: 0.05,
        Fault.RESET_BEFORE: 0.01,
        Fault.RESET_AFTER: 0.01,
        Fault.TRUNCATED: 0.01,
    }
    cases = 300

    async def work(server: ProtocolServer, settings: GatewaySettings) -> None:
        patient = replace(settings, retry=RetryPolicy(attempts=12, first_wait_seconds=0.01))
        completions = await ask_all(patient, [ask(str(number), model=NAME) for number in range(cases)])
        assert [completion.text for completion in completions] == [str(number) for number in range(cases)]
        # one request per answer and one per fault: 1 / (1 - 0.18) is what is necessary
        assert server.count <= 1.2 * cases / (1 - sum(rates.values()))

    run_with_server(tmp_path, work, Behaviour(rates=rates, latency_seconds=0.002))


def test_a_storm_of_refusals_lowers_what_runs_at_once_and_passes(tmp_path: Path) -> None:
    async def work(server: ProtocolServer, settings: GatewaySettings) -> None:
        server.script([Fault.RATE_LIMIT] * 60)
        patient = replace(settings, retry=RetryPolicy(attempts=12, first_wait_seconds=0.01))
        completions = await ask_all(patient, [ask(str(number), model=NAME) for number in range(60)])
        assert len({completion.text for completion in completions}) == 60
        assert server.count == 120

    run_with_server(tmp_path, work, Behaviour(latency_seconds=0.002))


def test_no_more_requests_run_at_once_than_the_project_file_or_the_caller_says(tmp_path: Path) -> None:
    async def run() -> int:
        async with ProtocolServer(Behaviour(latency_seconds=0.01)) as server:
            settings = settings_for(tmp_path, server.url, concurrency=3)
            await ask_all(settings, [ask(str(number), model=NAME) for number in range(20)])
            assert server.most_at_once == 3
            await ask_all(replace(settings, concurrency=5), [ask(str(number), model=NAME) for number in range(20, 40)])
            return server.most_at_once

    assert asyncio.run(run()) == 5


def test_a_budget_stops_new_requests_and_keeps_what_is_done(tmp_path: Path) -> None:
    async def work(server: ProtocolServer, settings: GatewaySettings) -> None:
        limited = replace(settings, max_cost_usd=2.0, price=lambda _name, _usage: 1.0)
        async with open_gateway(limited) as gateway:
            assert (await gateway.complete(ask("1", model=NAME))).cost_usd == 1.0
            await gateway.complete(ask("2", model=NAME))
            with pytest.raises(BudgetReachedError):
                await gateway.complete(ask("3", model=NAME))
            assert (gateway.spent_usd, server.count) == (2.0, 2)

    run_with_server(tmp_path, work)


def test_fallbacks_stand_in_only_where_they_are_wanted(tmp_path: Path) -> None:
    request = ask("Hi", model="remote/m")
    request = replace(request, model=replace(request.model, fallbacks=("echo/any",)))
    settings = replace(settings_for(tmp_path), retry=RetryPolicy(attempts=1), mode=AnswerMode.LIVE)
    with pytest.raises(ProviderError):
        asyncio.run(ask_all(settings, [request]))
    (completion,) = asyncio.run(ask_all(replace(settings, use_fallbacks=True), [request]))
    assert (completion.text, completion.details) == ("Hi", {"fallback_for": "remote/m"})


def test_echo_answers_without_files_and_replay_is_a_provider_of_its_own(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path / "evals" / "recordings")
    recordings.add(ask("q", model="replay/old"), answer("from then"))
    recordings.close()
    requests = [
        ask("Hi there", model="echo/x", max_tokens=1),
        ask("q", model="replay/old"),
        ask("a", model="echo/x", extra={"reply": "{}"}),
    ]
    completions = asyncio.run(ask_all(settings_for(tmp_path), requests))
    assert [completion.text for completion in completions] == ["Hi", "from then", "{}"]
    assert not (tmp_path / ".llmops").exists()


def test_half_a_surrogate_pair_is_an_error_before_anything_is_sent_and_mended_in_an_answer(tmp_path: Path) -> None:
    async def work(server: ProtocolServer, settings: GatewaySettings) -> None:
        with pytest.raises(ProviderError, match="surrogate pair"):
            await ask_all(settings, [ask("\ud83d", model=NAME)])
        with pytest.raises(ProviderError, match="surrogate pair"):
            await ask_all(replace(settings, mode=AnswerMode.LIVE, use_cache=False), [ask("\ud83d", model=NAME)])
        assert server.count == 0
        (completion,) = await ask_all(replace(settings, mode=AnswerMode.RECORD), [ask("whole", model=NAME)])
        assert completion.text == "\ufffd!"

    run_with_server(tmp_path, work, Behaviour(reply=lambda _text: "\ud83d!"))


def test_the_gateway_loads_neither_http_nor_runtime_before_it_needs_them() -> None:
    script = (
        "import sys; import llmops_cli.gateway.assembly; import llmops_cli.gateway.providers.local;"
        "import llmops_cli.gateway.providers.openai_chat; import llmops_cli.gateway.recordings;"
        "print(sorted({'httpx', 'aiohttp', 'xllamacpp', 'tiktoken', 'git', 'pandas', 'jinja2'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert printed == "[]\n"


@pytest.mark.local_model
def test_the_embedded_model_answers_live_and_then_from_the_cache(
    tmp_path: Path, local_model_environ: Mapping[str, str]
) -> None:
    settings = replace(settings_for(tmp_path), environ=local_model_environ, offline=True)
    requests = [ask("Say hi.", model="local/smollm2-135m", max_tokens=4)]
    first, second = (asyncio.run(ask_all(settings, requests))[0] for _ in range(2))
    assert (first.source, second.source) == (LIVE, CACHE)
    assert first.text == second.text
