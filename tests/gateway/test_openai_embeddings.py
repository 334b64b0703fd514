"""Embeddings from an endpoint: one request for many texts, retried, in order, and refused where they are unsound."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from gateway.protocol_server import Fault, ProtocolServer

from llmops_cli.core.errors import ProviderError, SetupError, UsageError
from llmops_cli.gateway.assembly import Gateway
from llmops_cli.gateway.embeddings.openai_embeddings import _vectors
from llmops_cli.gateway.gateway_settings import AnswerMode, GatewaySettings
from llmops_cli.gateway.middleware.retry import RetryPolicy
from llmops_cli.registry.project_file import ProjectSettings, ProviderSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.embeddings import EmbeddedText


def gateway_for(url: str, **changes: Any) -> Gateway:
    providers = {
        name: ProviderSettings(name=name, protocol=protocol, base_url=f"{url}/v1", api_key_env="TEST_KEY")
        for name, protocol in (("corp", "openai"), ("claude", "anthropic"))
    }
    settings = GatewaySettings(
        project=replace(ProjectSettings(), providers={**ProjectSettings().providers, **providers}),
        root=Path.cwd(),
        environ={"TEST_KEY": "sk-0123456789abcdef0123"},
        retry=RetryPolicy(first_wait_seconds=0.01),
    )
    return Gateway(replace(settings, **changes))


def embed(
    texts: Sequence[str], *faults: Fault | None, again: bool = False
) -> tuple[Sequence[EmbeddedText], ProtocolServer]:
    async def run() -> tuple[Sequence[EmbeddedText], ProtocolServer]:
        async with ProtocolServer() as server:
            server.script(faults)
            gateway = gateway_for(server.url)
            try:
                embedder = gateway.embeddings.embedder("corp/text-embedding-3-small")
                found = await embedder.embed(texts)
                if again:
                    await embedder.embed(texts)
            finally:
                await gateway.close()
            return found, server

    return asyncio.run(run())


def test_many_texts_go_in_one_request_and_come_back_in_order_with_length_one() -> None:
    found, server = embed(["a", "bbb", "a"], again=True)
    (request,) = server.received
    assert request.path == "/v1/embeddings"
    assert request.body == {"input": ["a", "bbb"], "model": "text-embedding-3-small"}
    assert request.headers["authorization"] == "Bearer sk-0123456789abcdef0123"
    assert list(found[1].vector) == pytest.approx([3 / math.sqrt(10), 1 / math.sqrt(10), 0])
    assert list(found[0].vector) == list(found[2].vector)


def test_no_request_holds_more_texts_than_servers_take() -> None:
    _, server = embed([f"text {number}" for number in range(150)])
    assert [len(request.body["input"]) for request in server.received] == [64, 64, 22]


def test_what_may_succeed_later_is_tried_again() -> None:
    found, server = embed(["a"], Fault.RATE_LIMIT, Fault.SERVER_ERROR, Fault.TRUNCATED, None)
    assert len(server.received) == 4
    assert len(found) == 1


def test_a_refused_key_is_an_error_that_names_no_secret() -> None:
    with pytest.raises(ProviderError, match="401") as caught:
        embed(["a"], Fault.UNAUTHORIZED)
    assert "0123456789abcdef" not in str(caught.value)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"data": []},
        {"data": [{"index": 0, "embedding": []}, {"index": 1, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": ["x"]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [0.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [float("nan")]}]},
        {"data": "no list"},
    ],
    ids=str,
)
def test_an_answer_that_is_no_embedding_is_an_error_and_never_a_score(document: dict[str, Any]) -> None:
    with pytest.raises(ProviderError):
        _vectors(document, 2)


def test_another_order_of_the_answer_is_put_right() -> None:
    rows: Any = [{"index": 1, "embedding": [0.0, 2.0]}, {"index": 0, "embedding": [3.0, 0.0]}]
    assert _vectors({"data": rows}, 2) == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("model", "changes", "error", "message"),
    [
        ("minilm", {}, UsageError, "unknown embedding model"),
        ("nobody/model", {}, UsageError, "unknown provider 'nobody'"),
        ("claude/model", {}, UsageError, "no embeddings in OpenAI's format"),
        ("echo/model", {}, UsageError, "no embeddings in OpenAI's format"),
        ("corp/model", {"environ": {}}, SetupError, "TEST_KEY is not set"),
        ("corp/model", {"offline": True}, SetupError, "--offline forbids it"),
        ("corp/model", {"mode": AnswerMode.REPLAY}, SetupError, "a replay cannot have them"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_before_the_run(
    model: str, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        gateway_for("http://127.0.0.1:9", **changes).embeddings.embedder(model)


def test_only_the_embedded_model_gives_vectors_of_tokens() -> None:
    with pytest.raises(UsageError, match="only"):
        gateway_for("http://127.0.0.1:9").embeddings.token_embedder("corp/model")
