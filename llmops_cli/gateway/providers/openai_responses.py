"""OpenAI's Responses: the newer protocol, in which answers are lists of items."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.completions import Completion, FinishReason, ToolCall, Usage
from llmops_cli.core.errors import ProviderError
from llmops_cli.core.prompts import OutputFormat
from llmops_cli.gateway.chat_format import chat_logprobs, function_of
from llmops_cli.gateway.http_provider import HttpProvider
from llmops_cli.gateway.wire_reading import count_of, fields, items, reading, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.completions import CompletionRequest, TokenLogprob
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.gateway.provider import ProviderContext

_INCOMPLETE = {"max_output_tokens": FinishReason.LENGTH, "content_filter": FinishReason.CONTENT_FILTER}


class OpenAIResponses:
    """The wire format of `POST /responses`. It has no stop sequences and no seeds: a prompt with either is refused."""

    name: ClassVar[str] = "openai_responses"
    default_base_url: ClassVar[str] = "https://api.openai.com/v1"
    default_key_env: ClassVar[str] = "OPENAI_API_KEY"

    def headers(self, key: str | None) -> Mapping[str, str]:
        """Return the bearer token."""
        return {"Authorization": f"Bearer {key}"} if key else {}

    def path(self, model: str) -> str:
        """Return the one path; the model stands in the body."""
        del model
        return "/responses"

    def body(self, request: CompletionRequest, model: str, base_url: str) -> JsonObject:
        """Return the request; answers are not kept by the provider unless the prompt's `extra` says so."""
        del base_url
        _refuse_what_is_unknown(request)
        settings = request.model
        body: dict[str, JsonValue] = {"store": False, **settings.extra}
        body["model"] = model
        body["input"] = [{"role": message.role.value, "content": message.content} for message in request.messages]
        given: JsonObject = {
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            "max_output_tokens": settings.max_tokens,
        }
        body.update({name: value for name, value in given.items() if value is not None})
        if request.tools:
            body["tools"] = [{"type": "function", **function_of(tool)} for tool in request.tools]
        if request.output.format is OutputFormat.JSON:
            body["text"] = {"format": _format(request)}
        return body

    def completion(self, document: JsonObject) -> Completion:
        """Read an answer."""
        with reading("a response"):
            output = items(document["output"])
            parts = [part for item in output if item.get("type") == "message" for part in items(item.get("content"))]
            refusal = "".join(text_of(part.get("refusal")) for part in parts)
            calls = tuple(_tool_call(item) for item in output if item.get("type") == "function_call")
            return Completion(
                text="".join(text_of(part.get("text")) for part in parts) or refusal,
                usage=_usage(fields(document.get("usage"))),
                finish_reason=_finish_reason(document, refused=bool(refusal), called=bool(calls)),
                tool_calls=calls,
                model_served=text_of(document.get("model")),
                logprobs=_logprobs(parts),
                details={"refusal": True} if refusal else {},
            )


def open_openai_responses(context: ProviderContext) -> HttpProvider:
    """Return the provider."""
    return HttpProvider(context, OpenAIResponses())


def _refuse_what_is_unknown(request: CompletionRequest) -> None:
    for name, value in (("stop", request.model.stop), ("seed", request.model.seed)):
        if value:
            message = f"the protocol openai_responses has no '{name}', which the prompt sets."
            raise ProviderError(message, hint="Use the protocol openai, or leave the setting out.")


def _format(request: CompletionRequest) -> JsonObject:
    if request.output.schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "name": "output", "strict": True, "schema": request.output.schema}


def _tool_call(item: JsonObject) -> ToolCall:
    return ToolCall(name=text_of(item["name"]), arguments=text_of(item.get("arguments")))


def _finish_reason(document: JsonObject, *, refused: bool, called: bool) -> FinishReason:
    if document.get("status") == "failed":
        message = f"the provider reports a failure: {text_of(fields(document.get('error')).get('code'))}"
        raise ProviderError(message, retryable=True)
    if refused:
        return FinishReason.CONTENT_FILTER
    if document.get("status") == "incomplete":
        reason = text_of(fields(document.get("incomplete_details")).get("reason"))
        return _INCOMPLETE.get(reason, FinishReason.OTHER)
    return FinishReason.TOOL_CALLS if called else FinishReason.STOP


def _usage(usage: JsonObject) -> Usage:
    return Usage(
        input_tokens=count_of(usage.get("input_tokens")),
        output_tokens=count_of(usage.get("output_tokens")),
        cached_input_tokens=count_of(fields(usage.get("input_tokens_details")).get("cached_tokens")),
        estimated=not usage,
    )


def _logprobs(parts: list[JsonObject]) -> tuple[TokenLogprob, ...]:
    return tuple(logprob for part in parts for logprob in chat_logprobs(part.get("logprobs")))
