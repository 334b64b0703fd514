"""A provider without a model: it answers at once with the last user message, or with a text it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.completions import Completion, FinishReason, Usage
from llmops_cli.core.prompts import Role

if TYPE_CHECKING:
    from llmops_cli.core.completions import CompletionRequest
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.gateway.provider import ProviderContext

VERSION = 1
"""Rises whenever the same request is answered differently."""


class EchoProvider:
    """Answers `extra.reply` where the prompt sets it, else the last user message; words count as tokens."""

    def __init__(self, context: ProviderContext) -> None:
        """Need nothing of the context."""
        del context

    def identity(self, model: str) -> JsonObject:
        """Name the version of the echo."""
        return {"protocol": "echo", "model": model, "version": VERSION}

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer without waiting; `max_tokens` cuts after that many words, as a model would be cut."""
        words_in = sum(len(message.content.split()) for message in request.messages)
        text, finish_reason = _cut(_reply(request), request.model.max_tokens)
        return Completion(
            text=text,
            usage=Usage(input_tokens=words_in, output_tokens=len(text.split()), estimated=True),
            finish_reason=finish_reason,
            model_served=request.model.name,
            fingerprint=f"echo-{VERSION}",
        )

    async def close(self) -> None:
        """Hold nothing."""


def _reply(request: CompletionRequest) -> str:
    reply = request.model.extra.get("reply")
    if isinstance(reply, str):
        return reply
    return next((m.content for m in reversed(request.messages) if m.role is Role.USER), "")


def _cut(text: str, max_tokens: int | None) -> tuple[str, FinishReason]:
    if max_tokens is None or len(text.split()) <= max_tokens:
        return text, FinishReason.STOP
    return " ".join(text.split()[:max_tokens]), FinishReason.LENGTH
