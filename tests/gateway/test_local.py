"""The embedded model itself: same request, same bytes; schema kept; repeats differ and come back."""

from __future__ import annotations

import asyncio
import json
from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from gateway.requests_for_tests import ask

from llmops_cli.core.completions import FinishReason
from llmops_cli.core.errors import ProviderError, SetupError, UsageError
from llmops_cli.gateway.local_runtime import LocalRuntime
from llmops_cli.gateway.local_weights import find_weights
from llmops_cli.gateway.model_catalogue import CATALOGUE
from llmops_cli.gateway.provider import ProviderContext
from llmops_cli.gateway.providers.local import LocalProvider
from llmops_cli.gateway.recordings import Recordings
from llmops_cli.registry.project_file import ProviderSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject

NAME = "local/smollm2-135m"


def context(root: Path, environ: Mapping[str, str], *, concurrency: int = 2, offline: bool = True) -> ProviderContext:
    return ProviderContext(
        settings=ProviderSettings(name="local", protocol="local", concurrency=concurrency),
        root=root,
        environ=environ,
        notify=lambda _sentence: None,
        recordings=Recordings(root / "recordings"),
        offline=offline,
    )


def complete_all(where: ProviderContext, *requests: CompletionRequest) -> list[Completion]:
    async def run() -> list[Completion]:
        provider = LocalProvider(where)
        try:
            return list(await asyncio.gather(*(provider.complete(request) for request in requests)))
        finally:
            await provider.close()

    return asyncio.run(run())


@pytest.mark.local_model
def test_the_same_request_gives_the_same_bytes_whatever_runs_beside_it(
    tmp_path: Path, local_model_environ: Mapping[str, str]
) -> None:
    requests = [ask(f"Name one thing that begins with {letter}.", model=NAME) for letter in "abc"]
    crowded = complete_all(context(tmp_path, local_model_environ), *requests, *requests)
    alone = complete_all(context(tmp_path, local_model_environ, concurrency=1), *requests)
    texts = [completion.text for completion in alone]
    assert [completion.text for completion in crowded] == texts * 2
    assert len(set(texts)) == 3


@pytest.mark.local_model
def test_an_answer_says_what_ran_how_long_and_how_many_tokens(
    tmp_path: Path, local_model_environ: Mapping[str, str]
) -> None:
    (completion,) = complete_all(context(tmp_path, local_model_environ), ask(model=NAME, max_tokens=5))
    assert completion.finish_reason is FinishReason.LENGTH
    assert completion.usage.output_tokens == 5
    assert completion.usage.input_tokens > 10
    assert completion.latency_seconds > 0
    assert completion.model_served == "smollm2-135m@b179c9523d0e"
    assert CATALOGUE[0].weights_sha256 in completion.fingerprint


@pytest.mark.local_model
def test_a_declared_schema_is_kept_and_stop_sequences_stop(
    tmp_path: Path, local_model_environ: Mapping[str, str]
) -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": ["bug", "billing"]}},
        "required": ["label"],
        "additionalProperties": False,
    }
    constrained, stopped = complete_all(
        context(tmp_path, local_model_environ),
        ask("I was charged twice. Label it.", model=NAME, schema=schema, max_tokens=40),
        ask("Count: one, two, three, four", model=NAME, stop=("three",), max_tokens=40),
    )
    assert json.loads(constrained.text)["label"] in {"bug", "billing"}
    assert "three" not in stopped.text


@pytest.mark.local_model
def test_sampled_repeats_differ_and_come_out_the_same_again(
    tmp_path: Path, local_model_environ: Mapping[str, str]
) -> None:
    requests = [ask("Tell me a story.", model=NAME, temperature=1.0, trial=trial) for trial in range(3)]
    first = complete_all(context(tmp_path, local_model_environ), *requests)
    again = complete_all(context(tmp_path, local_model_environ), *requests)
    assert [completion.text for completion in first] == [completion.text for completion in again]
    assert len({completion.text for completion in first}) == 3


@pytest.mark.local_model
def test_log_probabilities_come_when_asked_for(tmp_path: Path, local_model_environ: Mapping[str, str]) -> None:
    request = ask("Yes or no?", model=NAME, max_tokens=2, extra={"logprobs": True, "top_logprobs": 3})
    (completion,) = complete_all(context(tmp_path, local_model_environ), request)
    assert len(completion.logprobs) == 2
    assert all(item.logprob <= 0 and len(item.alternatives) == 3 for item in completion.logprobs)


@pytest.mark.local_model
def test_what_the_model_cannot_do_is_a_provider_error(tmp_path: Path, local_model_environ: Mapping[str, str]) -> None:
    for request in (ask("x " * 9000, model=NAME), ask(model=NAME, schema={"type": "strng"})):
        with pytest.raises(ProviderError, match="refused the request"):
            complete_all(context(tmp_path, local_model_environ), request)


@pytest.mark.local_model
def test_tokens_are_counted_exactly(tmp_path: Path, local_model_environ: Mapping[str, str]) -> None:
    async def run() -> int:
        provider = LocalProvider(context(tmp_path, local_model_environ))
        try:
            return await provider.count_tokens("hello world", "smollm2-135m")
        finally:
            await provider.close()

    assert asyncio.run(run()) == 2


@pytest.mark.local_model
def test_a_file_that_is_no_model_is_a_set_up_error(tmp_path: Path, local_model_environ: Mapping[str, str]) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF but no more")
    with pytest.raises(SetupError, match="cannot be loaded"):
        complete_all(context(tmp_path, local_model_environ), ask(model="local/broken.gguf"))


def test_without_the_extra_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_found(_name: str) -> str:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr("importlib.metadata.version", not_found)
    with pytest.raises(SetupError, match="xllamacpp") as caught:
        complete_all(context(tmp_path, {"LLMOPS_CACHE_DIR": str(tmp_path)}), ask(model=NAME))
    assert caught.value.hint == 'Install it: pip install "llmops-cli[local]"'


def test_offline_missing_weights_are_a_set_up_error_and_nothing_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _name: "1")
    with pytest.raises(SetupError, match="not on this machine") as caught:
        complete_all(context(tmp_path, {"LLMOPS_CACHE_DIR": str(tmp_path)}), ask(model=NAME))
    assert caught.value.hint == "Fetch them: llmops models pull smollm2-135m"


def test_weights_that_cannot_be_fetched_are_tried_once_for_all_who_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def refuse(name: str, *_arguments: object, **_options: object) -> Path:
        tried.append(name)
        message = "no network"
        raise SetupError(message)

    monkeypatch.setattr("importlib.metadata.version", lambda _name: "1")
    monkeypatch.setattr("llmops_cli.gateway.local_weights.pull", refuse)

    async def run() -> list[object]:
        provider = LocalProvider(context(tmp_path, {"LLMOPS_CACHE_DIR": str(tmp_path)}, offline=False))
        requests = [ask(str(number), model=NAME) for number in range(3)]
        return list(await asyncio.gather(*map(provider.complete, requests), return_exceptions=True))

    assert [str(error) for error in asyncio.run(run())] == ["no network"] * 3
    assert tried == ["smollm2-135m"]


@pytest.mark.parametrize("model", ["local/../../secret.gguf", "local//etc/secret.gguf", "local/smollm2"])
def test_a_name_that_is_neither_known_nor_a_path_inside_the_repository_is_refused(tmp_path: Path, model: str) -> None:
    with pytest.raises(UsageError):
        LocalProvider(context(tmp_path, {})).identity(model.removeprefix("local/"))


def test_a_named_file_that_is_not_there_is_a_set_up_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        LocalProvider(context(tmp_path, {})).identity("models/none.gguf")


@pytest.mark.local_model
def test_a_runtime_that_answered_nothing_can_be_unloaded_at_once(
    tmp_path: Path, local_model_environ: Mapping[str, str]
) -> None:
    weights = find_weights("smollm2-135m", context(tmp_path, local_model_environ))
    LocalRuntime(weights).close()
    refused = LocalRuntime(weights)
    with pytest.raises(ProviderError, match="refused the request"):
        refused.chat({"messages": [{"role": "user", "content": "x " * 9000}], "max_tokens": 1})
    refused.close()
