"""The OpenAI-compatible protocol against one real proxy; `.ci/litellm` installs and starts it."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest
from gateway.requests_for_tests import ask

from llmops_cli.core.errors import ProviderError, SetupError
from llmops_cli.gateway.assembly import open_gateway
from llmops_cli.gateway.gateway_settings import AnswerMode, GatewaySettings
from llmops_cli.gateway.middleware.retry import RetryPolicy
from llmops_cli.registry.project_file import ProjectSettings, ProviderSettings

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.core.completions import Completion, CompletionRequest

PROXY = os.environ.get("LLMOPS_TEST_LITELLM", "")

pytestmark = pytest.mark.skipif(not PROXY, reason="the proxy is 740 MB to install: .ci/litellm runs these tests")


def answer(request: CompletionRequest, root: Path, *, key: str = "sk-for-this-test") -> Completion:
    provider = ProviderSettings(name="proxy", protocol="openai", base_url=f"{PROXY}/v1", api_key_env="PROXY_KEY")
    settings = GatewaySettings(
        project=ProjectSettings(providers={"proxy": provider}),
        root=root,
        environ={"PROXY_KEY": key},
        mode=AnswerMode.LIVE,
        use_cache=False,
        retry=RetryPolicy(attempts=2),
    )

    async def run() -> Completion:
        async with open_gateway(settings) as gateway:
            return await gateway.complete(request)

    return asyncio.run(run())


def test_the_proxy_answers_with_text_and_usage(tmp_path: Path) -> None:
    completion = answer(ask("Hello?", model="proxy/mock-mini"), tmp_path)
    assert completion.text == "The proxy says: fine."
    assert completion.model_served == "mock-mini"
    assert completion.usage.input_tokens > 0
    assert completion.usage.output_tokens > 0
    assert not completion.usage.estimated


def test_an_unknown_model_is_the_providers_error_and_not_an_answer(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="mock-maxi"):
        answer(ask("Hello?", model="proxy/mock-maxi"), tmp_path)


def test_a_failing_upstream_is_an_error_after_its_retries(tmp_path: Path) -> None:
    with pytest.raises(ProviderError):
        answer(ask("Hello?", model="proxy/broken"), tmp_path)


def test_a_wrong_key_is_a_matter_of_set_up_and_never_printed(tmp_path: Path) -> None:
    with pytest.raises((SetupError, ProviderError)) as caught:
        answer(ask("Hello?", model="proxy/mock-mini"), tmp_path, key="sk-not-the-key-of-this-proxy")
    assert "sk-not-the-key" not in str(caught.value)
