"""The chat-completions format, in which most servers and the embedded runtime speak: request and answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.completions import Completion, FinishReason, TokenLogprob, ToolCall, Usage
from llmops_cli.core.prompts import OutputFormat
from llmops_cli.gateway.wire_reading import count_of, fields, items, number_of, reading, text_of

if TYPE_CHECKING:
    from llmops_cli.core.completions import CompletionRequest
    from llmops_cli.core.json_value import JsonObject, JsonValue

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
    given: JsonObject = {
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
    """Return a tool definition as this format wraps it."""
    return {"type": "function", "function": function_of(tool)}


def _response_format(request: CompletionRequest) -> JsonObject | None:
    if request.output.format is not OutputFormat.JSON:
        return None
    if request.output.schema is None:
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "json_schema": {"name": "output", "strict": True, "schema": request.output.schema},
    }


def function_of(tool: JsonObject) -> JsonObject:
    """Return name, description and parameters of a tool definition, wrapped or not."""
    return fields(tool["function"]) if tool.get("type") == "function" and "function" in tool else tool


def completion_from_chat(
    document: JsonObject,
    *,
    latency_seconds: float = 0.0,
    model_served: str = "",
    fingerprint: str = "",
) -> Completion:
    """Return the completion of an answer; `model_served` and `fingerprint` win over what the answer says.

    Raises:
        ProviderError: when the answer is not of this format.
    """
    with reading("a chat completion"):
        choice = items(document["choices"])[0]
        message = fields(choice["message"])
        refusal = text_of(message.get("refusal"))
        finish_reason = _FINISH_REASONS.get(text_of(choice.get("finish_reason")), FinishReason.OTHER)
        return Completion(
            text=_content(message) or refusal,
            usage=_usage(fields(document.get("usage"))),
            finish_reason=FinishReason.CONTENT_FILTER if refusal else finish_reason,
            tool_calls=_tool_calls(message),
            model_served=model_served or text_of(document.get("model")),
            fingerprint=fingerprint or text_of(document.get("system_fingerprint")),
            latency_seconds=latency_seconds,
            logprobs=chat_logprobs(fields(choice.get("logprobs")).get("content")),
            details={"refusal": True} if refusal else {},
        )


def chat_logprobs(tokens: JsonValue) -> tuple[TokenLogprob, ...]:
    """Read log-probabilities as OpenAI's protocols write them."""
    return tuple(
        TokenLogprob(
            token=text_of(each["token"]),
            logprob=number_of(each["logprob"]),
            alternatives=tuple(
                (text_of(other["token"]), number_of(other["logprob"])) for other in items(each.get("top_logprobs"))
            ),
        )
        for each in items(tokens)
    )


def _content(message: JsonObject) -> str:
    content = message.get("content")
    if content is None or isinstance(content, str):
        return text_of(content)
    # some servers send parts, as the protocol has them in requests
    return "".join(text_of(part.get("text")) for part in items(content))


def _usage(usage: JsonObject) -> Usage:
    return Usage(
        input_tokens=count_of(usage.get("prompt_tokens")),
        output_tokens=count_of(usage.get("completion_tokens")),
        cached_input_tokens=count_of(fields(usage.get("prompt_tokens_details")).get("cached_tokens")),
        estimated=not usage,
    )


def _tool_calls(message: JsonObject) -> tuple[ToolCall, ...]:
    functions = [fields(call["function"]) for call in items(message.get("tool_calls"))]
    return tuple(ToolCall(name=text_of(each["name"]), arguments=text_of(each.get("arguments"))) for each in functions)
