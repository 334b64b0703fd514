"""Completions as JSON and back: the form that journals, recordings and caches share."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from llmops_cli.core.completions import (
    Completion,
    CompletionSource,
    FinishReason,
    TokenLogprob,
    ToolCall,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue


def completion_as_json(completion: Completion) -> JsonObject:
    """Return the completion without what is at its default, so that lines stay short."""
    usage = completion.usage
    document: dict[str, JsonValue] = {
        "text": completion.text,
        "usage": {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens},
        "finish_reason": completion.finish_reason.value,
        "source": completion.source.value,
        "latency_seconds": completion.latency_seconds,
        "cost_usd": completion.cost_usd,
        "model_served": completion.model_served,
    }
    usage_document = cast("dict[str, JsonValue]", document["usage"])
    if usage.cached_input_tokens:
        usage_document["cached_input_tokens"] = usage.cached_input_tokens
    if usage.estimated:
        usage_document["estimated"] = True
    if completion.fingerprint:
        document["fingerprint"] = completion.fingerprint
    if completion.tool_calls:
        document["tool_calls"] = [{"name": call.name, "arguments": call.arguments} for call in completion.tool_calls]
    if completion.logprobs:
        document["logprobs"] = [_logprob_as_json(item) for item in completion.logprobs]
    if completion.details:
        document["details"] = completion.details
    return document


def completion_from_json(document: Mapping[str, JsonValue], *, source: CompletionSource | None = None) -> Completion:
    """Return the completion that `completion_as_json` wrote; `source` says where it comes from now, if it is known.

    Raises:
        KeyError, TypeError, ValueError: when the document is not such a form; the caller names the file and line.
    """
    usage = cast("Mapping[str, JsonValue]", document["usage"])
    cost = document.get("cost_usd")
    return Completion(
        text=_text(document["text"]),
        usage=Usage(
            input_tokens=_count(usage["input_tokens"]),
            output_tokens=_count(usage["output_tokens"]),
            cached_input_tokens=_count(usage.get("cached_input_tokens", 0)),
            estimated=usage.get("estimated") is True,
        ),
        finish_reason=FinishReason(_text(document.get("finish_reason", "stop"))),
        source=source or CompletionSource(_text(document.get("source", "live"))),
        latency_seconds=_number(document.get("latency_seconds", 0.0)),
        cost_usd=None if cost is None else _number(cost),
        model_served=_text(document.get("model_served", "")),
        fingerprint=_text(document.get("fingerprint", "")),
        tool_calls=_tool_calls(document["tool_calls"]) if "tool_calls" in document else (),
        logprobs=_logprobs(document["logprobs"]) if "logprobs" in document else (),
        details=cast("JsonObject", document.get("details", {})),
    )


def _tool_calls(document: JsonValue) -> tuple[ToolCall, ...]:
    calls = cast("Sequence[Mapping[str, JsonValue]]", document)
    return tuple(ToolCall(name=_text(call["name"]), arguments=_text(call["arguments"])) for call in calls)


def _logprobs(document: JsonValue) -> tuple[TokenLogprob, ...]:
    return tuple(map(_logprob_from_json, cast("Sequence[Sequence[JsonValue]]", document)))


def _logprob_as_json(item: TokenLogprob) -> JsonValue:
    return [item.token, item.logprob, [[token, logprob] for token, logprob in item.alternatives]]


def _logprob_from_json(item: Sequence[JsonValue]) -> TokenLogprob:
    token, logprob, alternatives = item
    pairs = cast("Sequence[Sequence[JsonValue]]", alternatives)
    return TokenLogprob(
        token=_text(token),
        logprob=_number(logprob),
        alternatives=tuple((_text(pair[0]), _number(pair[1])) for pair in pairs),
    )


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        message = f"expected text, got {type(value).__name__}"
        raise TypeError(message)
    return value


def _number(value: JsonValue) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        message = f"expected a number, got {type(value).__name__}"
        raise TypeError(message)
    return float(value)


def _count(value: JsonValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        message = "expected a whole number from 0"
        raise ValueError(message)
    return value
