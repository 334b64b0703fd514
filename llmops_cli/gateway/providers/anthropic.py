"""Anthropic's Messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.completions import Completion, FinishReason, ToolCall, Usage
from llmops_cli.core.errors import ProviderError
from llmops_cli.core.prompts import OutputFormat, Role
from llmops_cli.gateway.chat_format import function_of
from llmops_cli.gateway.http_provider import HttpProvider
from llmops_cli.gateway.wire_reading import as_arguments, count_of, fields, items, reading, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.completions import CompletionRequest
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.gateway.provider import ProviderContext

DEFAULT_MAX_TOKENS = 4096
"""The protocol demands a limit; this one holds where the prompt sets none."""

_VERSION = "2023-06-01"
_FINISH_REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "refusal": FinishReason.CONTENT_FILTER,
}


class AnthropicMessages:
    """The wire format of `POST /v1/messages`. It knows no seeds and no log-probabilities: a seed is refused."""

    name: ClassVar[str] = "anthropic"
    default_base_url: ClassVar[str] = "https://api.anthropic.com"
    default_key_env: ClassVar[str] = "ANTHROPIC_API_KEY"

    def headers(self, key: str | None) -> Mapping[str, str]:
        """Return the key in the protocol's own header, and the protocol's version."""
        version = {"anthropic-version": _VERSION}
        return {**version, "x-api-key": key} if key else version

    def path(self, model: str) -> str:
        """Return the one path; the model stands in the body."""
        del model
        return "/v1/messages"

    def body(self, request: CompletionRequest, model: str, base_url: str) -> JsonObject:
        """Return the request; system messages go where the protocol wants them."""
        del base_url
        settings = request.model
        if settings.seed is not None:
            message = "the protocol anthropic has no 'seed', which the prompt sets."
            raise ProviderError(message, hint="Leave the seed out: repeats of this provider cannot be pinned.")
        body: dict[str, JsonValue] = dict(settings.extra)
        body["model"] = model
        body["max_tokens"] = settings.max_tokens or DEFAULT_MAX_TOKENS
        body["messages"] = [
            {"role": message.role.value, "content": message.content}
            for message in request.messages
            if message.role is not Role.SYSTEM
        ]
        system = [message.content for message in request.messages if message.role is Role.SYSTEM]
        given: JsonObject = {
            "system": "\n\n".join(system) or None,
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            "stop_sequences": list(settings.stop) or None,
            "tools": [_tool(tool) for tool in request.tools] or None,
            "output_config": _output_config(request),
        }
        body.update({name: value for name, value in given.items() if value is not None})
        return body

    def completion(self, document: JsonObject) -> Completion:
        """Read an answer."""
        with reading("a message"):
            blocks = items(document["content"])
            reason = text_of(document.get("stop_reason"))
            return Completion(
                text="".join(text_of(block.get("text")) for block in blocks if block.get("type") == "text"),
                usage=_usage(fields(document.get("usage"))),
                finish_reason=_FINISH_REASONS.get(reason, FinishReason.OTHER),
                tool_calls=tuple(_tool_call(block) for block in blocks if block.get("type") == "tool_use"),
                model_served=text_of(document.get("model")),
                details={"refusal": True} if reason == "refusal" else {},
            )


def open_anthropic(context: ProviderContext) -> HttpProvider:
    """Return the provider."""
    return HttpProvider(context, AnthropicMessages())


def _tool(tool: JsonObject) -> JsonObject:
    if "input_schema" in tool:
        return tool
    function = function_of(tool)
    named = {name: function[name] for name in ("name", "description") if name in function}
    return {**named, "input_schema": function.get("parameters", {"type": "object"})}


def _output_config(request: CompletionRequest) -> JsonObject | None:
    """Return the constraint; JSON without a schema is a matter of the prompt's words in this protocol."""
    if request.output.format is not OutputFormat.JSON or request.output.schema is None:
        return None
    extra = fields(request.model.extra.get("output_config"))
    return {**extra, "format": {"type": "json_schema", "schema": request.output.schema}}


def _tool_call(block: JsonObject) -> ToolCall:
    return ToolCall(name=text_of(block["name"]), arguments=as_arguments(block.get("input")))


def _usage(usage: JsonObject) -> Usage:
    """Sum what the protocol counts apart: fresh input, input written to the provider's cache, input read from it."""
    cached = count_of(usage.get("cache_read_input_tokens"))
    fresh = count_of(usage.get("input_tokens")) + count_of(usage.get("cache_creation_input_tokens"))
    return Usage(
        input_tokens=fresh + cached,
        output_tokens=count_of(usage.get("output_tokens")),
        cached_input_tokens=cached,
        estimated=not usage,
    )
