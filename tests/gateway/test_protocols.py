"""Every protocol: what goes over the wire, and what comes back as a completion."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from gateway.protocol_server import Behaviour, Fault, ProtocolServer
from gateway.providers_for_tests import context_for, exchange
from gateway.requests_for_tests import ask

from llmops_cli.core.completions import FinishReason
from llmops_cli.core.errors import ProviderError, SetupError
from llmops_cli.gateway.http_provider import HttpProvider
from llmops_cli.gateway.providers import PROVIDERS

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.core.json_value import JsonObject

HTTP = ("openai", "openai_responses", "anthropic", "gemini")
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
TOOL: JsonObject = {"name": "look_up", "description": "Look a word up.", "parameters": {"type": "object"}}


@pytest.mark.parametrize("protocol", HTTP)
def test_an_answer_has_text_usage_and_what_was_served(protocol: str, tmp_path: Path) -> None:
    done = exchange(protocol, ask("Hello?", model="p/some-model", system="Be brief."), root=tmp_path)
    completion = done.completion
    assert completion.text == "Hello?"
    assert (completion.usage.input_tokens, completion.usage.output_tokens) == (11, 5)
    assert completion.usage.cached_input_tokens == 3
    assert not completion.usage.estimated
    assert completion.finish_reason is FinishReason.STOP
    assert completion.model_served.startswith(("some-model", "gemini-test"))
    assert completion.latency_seconds > 0


def test_openai_chat_sends_what_the_prompt_sets_and_no_more(tmp_path: Path) -> None:
    request = ask("Hi", model="p/m", system="S", seed=7, stop=("\n",), extra={"logprobs": True, "model": "evil"})
    done = exchange("openai", request, root=tmp_path)
    assert done.path == "/v1/chat/completions"
    assert done.headers["authorization"] == "Bearer secret-key"
    assert done.body == {
        "model": "m",
        "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Hi"}],
        "temperature": 0.0,
        "max_tokens": 20,
        "seed": 7,
        "stop": ["\n"],
        "logprobs": True,
    }
    assert done.completion.fingerprint == "fp_1"
    assert done.completion.logprobs[0].alternatives == (("no", -2.0),)
    bare = exchange("openai", ask("Hi", model="p/m", temperature=None, max_tokens=None), root=tmp_path)
    assert set(bare.body) == {"model", "messages"}


def test_openai_itself_gets_the_newer_name_of_the_limit() -> None:
    wire = _wire("openai")
    assert wire.body(ask(), "m", "https://api.openai.com/v1")["max_completion_tokens"] == 20
    assert wire.body(ask(), "m", "https://proxy.example/v1")["max_tokens"] == 20


def test_openai_responses_sends_input_and_keeps_nothing_at_the_provider(tmp_path: Path) -> None:
    done = exchange("openai_responses", ask("Hi", model="p/m", system="S", schema=SCHEMA), root=tmp_path)
    assert done.path == "/v1/responses"
    assert done.body["store"] is False
    assert done.body["input"] == [{"role": "system", "content": "S"}, {"role": "user", "content": "Hi"}]
    assert done.body["text"]["format"] == {"type": "json_schema", "name": "output", "strict": True, "schema": SCHEMA}
    assert done.body["max_output_tokens"] == 20
    cut = exchange("openai_responses", ask(model="p/m", max_tokens=1), root=tmp_path)
    assert cut.completion.finish_reason is FinishReason.LENGTH


def test_anthropic_moves_the_system_text_and_always_sets_a_limit(tmp_path: Path) -> None:
    done = exchange("anthropic", ask("Hi", model="p/m", system="S", max_tokens=None, stop=("x",)), root=tmp_path)
    assert done.path == "/v1/messages"
    assert (done.headers["x-api-key"], done.headers["anthropic-version"]) == ("secret-key", "2023-06-01")
    assert "authorization" not in done.headers
    assert done.body == {
        "model": "m",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "Hi"}],
        "system": "S",
        "temperature": 0.0,
        "stop_sequences": ["x"],
    }


def test_gemini_escapes_the_model_and_keeps_the_key_out_of_the_url(tmp_path: Path) -> None:
    extra = {"generationConfig": {"responseLogprobs": True, "logprobs": 2}}
    done = exchange("gemini", ask("Hi", model="p/tuned/m?x", system="S", seed=7, extra=extra), root=tmp_path)
    assert done.path == "/v1beta/models/tuned%2Fm%3Fx:generateContent"
    assert done.headers["x-goog-api-key"] == "secret-key"
    assert done.body == {
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "systemInstruction": {"parts": [{"text": "S"}]},
        "generationConfig": {
            "temperature": 0.0,
            "maxOutputTokens": 20,
            "seed": 7,
            "responseLogprobs": True,
            "logprobs": 2,
        },
    }
    assert done.completion.logprobs[0].alternatives == (("yes", -0.1), ("no", -2.0))


@pytest.mark.parametrize(
    ("protocol", "place"),
    [
        ("openai", lambda body: body["response_format"]["json_schema"]["schema"]),
        ("openai_responses", lambda body: body["text"]["format"]["schema"]),
        ("anthropic", lambda body: body["output_config"]["format"]["schema"]),
        ("gemini", lambda body: body["generationConfig"]["responseJsonSchema"]),
    ],
)
def test_an_output_schema_is_sent_where_the_protocol_has_it(protocol: str, place: Any, tmp_path: Path) -> None:
    done = exchange(protocol, ask('{"a": "b"}', model="p/m", schema=SCHEMA), root=tmp_path)
    assert place(done.body) == SCHEMA
    assert json.loads(done.completion.text) == {"a": "b"}


@pytest.mark.parametrize("protocol", HTTP)
def test_tool_calls_come_back_with_their_arguments_as_json(protocol: str, tmp_path: Path) -> None:
    behaviour = Behaviour(tool_call=("look_up", '{"word":"é"}'))
    done = exchange(protocol, ask(model="p/m", tools=(TOOL,)), behaviour, root=tmp_path)
    (call,) = done.completion.tool_calls
    assert (call.name, json.loads(call.arguments)) == ("look_up", {"word": "é"})
    assert done.completion.finish_reason is FinishReason.TOOL_CALLS
    assert '"look_up"' in json.dumps(done.body["tools"])


@pytest.mark.parametrize("protocol", HTTP)
def test_a_refusal_is_marked_as_one(protocol: str, tmp_path: Path) -> None:
    done = exchange(protocol, ask(model="p/m"), Behaviour(refusal=True, reply=lambda _: "I cannot."), root=tmp_path)
    assert done.completion.finish_reason is FinishReason.CONTENT_FILTER
    assert done.completion.details == {"refusal": True}


@pytest.mark.parametrize(
    ("protocol", "setting"), [("openai_responses", "stop"), ("openai_responses", "seed"), ("anthropic", "seed")]
)
def test_a_setting_that_the_protocol_does_not_have_is_refused_not_dropped(
    protocol: str, setting: str, tmp_path: Path
) -> None:
    request = ask(model="p/m", stop=("x",)) if setting == "stop" else ask(model="p/m", seed=1)
    with pytest.raises(ProviderError, match=f"has no '{setting}'"):
        exchange(protocol, request, root=tmp_path)


@pytest.mark.parametrize("protocol", HTTP)
@pytest.mark.parametrize(
    "document",
    [
        {},
        {"choices": []},
        {"choices": [{"message": 7}]},
        {"output": 7},
        {"content": [7]},
        {"candidates": [7]},
        {"output": [7]},
    ],
)
def test_an_answer_of_another_shape_is_a_provider_error(protocol: str, document: Any) -> None:
    with pytest.raises(ProviderError, match="the provider's answer is not"):
        _wire(protocol).completion(document)


def test_a_blocked_prompt_of_gemini_is_a_refusal_without_text() -> None:
    completion = _wire("gemini").completion({"promptFeedback": {"blockReason": "SAFETY"}})
    assert (completion.text, completion.finish_reason) == ("", FinishReason.CONTENT_FILTER)


def test_missing_usage_is_marked_as_not_counted() -> None:
    message = {"choices": [{"message": {"content": [{"type": "text", "text": "a"}]}, "finish_reason": "weird"}]}
    completion = _wire("openai").completion(message)
    assert (completion.text, completion.usage.estimated, completion.finish_reason) == ("a", True, FinishReason.OTHER)


@pytest.mark.parametrize("protocol", HTTP)
def test_the_identity_names_endpoint_and_protocol_and_holds_no_key(protocol: str, tmp_path: Path) -> None:
    make = PROVIDERS.resolve(protocol)
    assert callable(make)
    identity = make(context_for(protocol, "http://127.0.0.1:1", root=tmp_path)).identity("m")
    assert identity["protocol"] == protocol
    assert "secret" not in json.dumps(identity)


def test_an_error_of_the_provider_is_told_without_the_key(tmp_path: Path) -> None:
    async def run() -> None:
        async with ProtocolServer() as server:
            server.script([Fault.UNAUTHORIZED])
            key = "sk-1234567890abcdefghij"
            provider = HttpProvider(context_for("openai", server.url, root=tmp_path, key=key), _wire("openai"))
            try:
                with pytest.raises(ProviderError, match="answered 401: bad key") as caught:
                    await provider.complete(ask(model="p/m"))
            finally:
                await provider.close()
            assert key not in str(caught.value)
            assert not caught.value.retryable
            assert caught.value.hint == "Check the key of provider 'p' and what it may be used for."

    asyncio.run(run())


def test_offline_and_without_a_key_nothing_is_opened(tmp_path: Path) -> None:
    async def run(*, offline: bool) -> int:
        async with ProtocolServer() as server:
            context = context_for("openai", server.url, root=tmp_path, key="" if not offline else "k", offline=offline)
            provider = HttpProvider(context, _wire("openai"))
            with pytest.raises(SetupError):
                await provider.complete(ask(model="p/m"))
            return server.count

    assert asyncio.run(run(offline=True)) == 0
    assert asyncio.run(run(offline=False)) == 0


def _wire(protocol: str) -> Any:
    make = PROVIDERS.resolve(protocol)
    assert callable(make)
    return make(context_for(protocol, "http://127.0.0.1:1"))._wire
