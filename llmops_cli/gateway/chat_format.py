"""The chat-completions format, in which most servers and the embedded runtime speak: request and answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from llmops_cli.core.completions import Completion, FinishReason, TokenLogprob, ToolCall, Usage
from llmops_cli.core.errors import ProviderError
from llmops_cli.core.prompts import OutputFormat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.completions import CompletionRequest
    from llmops_cli.core.json_value import JsonObject, JsonValue

    Fields = Mapping[str, JsonValue]

_FINISH_REASONS = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.CONTENT_FILTER,
}


def chat_body(request: CompletionRequest, *, model: str, max_tokens_field: str = "max_tokens") -> JsonObject:
    """Return the request's body; what the prompt sets itself wins over its `extra`."""
    settings = request.model
    body: dict[str, JsonValue] = dict(settings.extra)
    body["model"] = model
    body["messages"] = [{"role": message.role.value, "content": message.content} for message in request.messages]
    given: Fields = {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "seed": settings.seed,
        max_tokens_field: settings.max_tokens,
    }
    body.update({name: value for name, value in given.items() if value is not None})
    if settings.stop:
        body["stop"] = list(settings.stop)
    if request.tools:
        body["tools"] = [chat_tool(tool) for tool in request.tools]
    response_format = _response_format(request)
    if response_format:
        body["response_format"] = response_format
    return body


def chat_tool(tool: JsonObject) -> JsonValue:
    """Return a tool definition as this format wraps it; one that is wrapped already stays as it is."""
    return tool if tool.get("type") == "function" and "function" in tool else {"type": "function", "function": tool}


def _response_format(request: CompletionRequest) -> JsonObject | None:
    if request.output.format is not OutputFormat.JSON:
        return None
    if request.output.schema is None:
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "json_schema": {"name": "output", "strict": True, "schema": request.output.schema},
    }


def completion_from_chat(
    document: JsonObject,
    *,
    latency_seconds: float,
    model_served: str = "",
    fingerprint: str = "",
) -> Completion:
    """Return the completion of an answer; `model_served` and `fingerprint` win over what the answer says.

    Raises:
        ProviderError: when the answer is not of this format.
    """
    try:
        return _completion(document, latency_seconds, model_served, fingerprint)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        message = f"the provider's answer is not a chat completion ({type(error).__name__}: {error})."
        raise ProviderError(message) from error


def _completion(document: JsonObject, latency_seconds: float, model_served: str, fingerprint: str) -> Completion:
    choice = cast("Sequence[Fields]", document["choices"])[0]
    message = cast("Fields", choice["message"])
    refusal = message.get("refusal")
    text = message.get("content") or refusal or ""
    if not isinstance(text, str):
        text = "".join(str(part.get("text", "")) for part in cast("Sequence[Fields]", text))
    finish_reason = _FINISH_REASONS.get(str(choice.get("finish_reason")), FinishReason.OTHER)
    return Completion(
        text=text,
        usage=_usage(cast("Fields | None", document.get("usage"))),
        finish_reason=FinishReason.CONTENT_FILTER if refusal else finish_reason,
        tool_calls=_tool_calls(cast("Sequence[Fields] | None", message.get("tool_calls"))),
        model_served=model_served or str(document.get("model") or ""),
        fingerprint=fingerprint or str(document.get("system_fingerprint") or ""),
        latency_seconds=latency_seconds,
        logprobs=_logprobs(cast("Fields | None", choice.get("logprobs"))),
        details={"refusal": True} if refusal else {},
    )


def _usage(usage: Fields | None) -> Usage:
    if not usage:
        return Usage(estimated=True)
    details = cast("Fields", usage.get("prompt_tokens_details") or {})
    return Usage(
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
        cached_input_tokens=_count(details.get("cached_tokens")),
    )


def _count(value: JsonValue) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _tool_calls(calls: Sequence[Fields] | None) -> tuple[ToolCall, ...]:
    functions = [cast("Fields", call["function"]) for call in calls or ()]
    return tuple(ToolCall(name=str(each["name"]), arguments=str(each.get("arguments", ""))) for each in functions)


def _logprobs(logprobs: Fields | None) -> tuple[TokenLogprob, ...]:
    tokens = cast("Sequence[Fields]", (logprobs or {}).get("content") or ())
    return tuple(
        TokenLogprob(
            token=str(each["token"]),
            logprob=float(cast("float", each["logprob"])),
            alternatives=tuple(
                (str(other["token"]), float(cast("float", other["logprob"])))
                for other in cast("Sequence[Fields]", each.get("top_logprobs") or ())
            ),
        )
        for each in tokens
    )
