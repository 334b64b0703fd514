"""OpenAI's chat completions, and every server that speaks them: vLLM, Ollama, LiteLLM, Portkey, Kong, OpenRouter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from llmops_cli.gateway.chat_format import chat_body, completion_from_chat
from llmops_cli.gateway.http_provider import HttpProvider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.gateway.provider import ProviderContext


class OpenAIChat:
    """The wire format of `POST /chat/completions`."""

    name: ClassVar[str] = "openai"
    default_base_url: ClassVar[str] = "https://api.openai.com/v1"
    default_key_env: ClassVar[str] = "OPENAI_API_KEY"

    def headers(self, key: str | None) -> Mapping[str, str]:
        """Return the bearer token; servers on one's own machine often want none."""
        return {"Authorization": f"Bearer {key}"} if key else {}

    def path(self, model: str) -> str:
        """Return the one path; the model stands in the body."""
        del model
        return "/chat/completions"

    def body(self, request: CompletionRequest, model: str, base_url: str) -> JsonObject:
        """Return the request; OpenAI itself wants the limit under its newer name, which few others know."""
        own = urlsplit(base_url).hostname == urlsplit(self.default_base_url).hostname
        return chat_body(request, model=model, max_tokens_field="max_completion_tokens" if own else "max_tokens")

    def completion(self, document: JsonObject) -> Completion:
        """Read an answer."""
        return completion_from_chat(document)


def open_openai_chat(context: ProviderContext) -> HttpProvider:
    """Return the provider."""
    return HttpProvider(context, OpenAIChat())
