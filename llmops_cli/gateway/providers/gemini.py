"""Google's Gemini: `generateContent`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from llmops_cli.core.completions import Completion, FinishReason, TokenLogprob, ToolCall, Usage
from llmops_cli.core.prompts import OutputFormat, Role
from llmops_cli.gateway.chat_format import function_of
from llmops_cli.gateway.http_provider import HttpProvider
from llmops_cli.gateway.wire_reading import as_arguments, count_of, fields, items, number_of, reading, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.completions import CompletionRequest
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.gateway.provider import ProviderContext

_FINISH_REASONS = {
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "SAFETY": FinishReason.CONTENT_FILTER,
    "RECITATION": FinishReason.CONTENT_FILTER,
    "BLOCKLIST": FinishReason.CONTENT_FILTER,
    "PROHIBITED_CONTENT": FinishReason.CONTENT_FILTER,
    "SPII": FinishReason.CONTENT_FILTER,
}
_ROLES = {Role.USER: "user", Role.ASSISTANT: "model"}


class GeminiContent:
    """The wire format of `POST /v1beta/models/<model>:generateContent`."""

    name: ClassVar[str] = "gemini"
    default_base_url: ClassVar[str] = "https://generativelanguage.googleapis.com"
    default_key_env: ClassVar[str] = "GEMINI_API_KEY"

    def headers(self, key: str | None) -> Mapping[str, str]:
        """Return the key as a header; in the URL it would end up in logs."""
        return {"x-goog-api-key": key} if key else {}

    def path(self, model: str) -> str:
        """Return the path, which holds the model."""
        return f"/v1beta/models/{quote(model, safe='')}:generateContent"

    def body(self, request: CompletionRequest, model: str, base_url: str) -> JsonObject:
        """Return the request; `extra` may add to the generation config and beside it."""
        del model, base_url
        extra = dict(request.model.extra)
        config = {**fields(extra.pop("generationConfig", None)), **_generation_config(request)}
        system = [message.content for message in request.messages if message.role is Role.SYSTEM]
        body: dict[str, JsonValue] = extra
        body["contents"] = [
            {"role": _ROLES[message.role], "parts": [{"text": message.content}]}
            for message in request.messages
            if message.role is not Role.SYSTEM
        ]
        if system:
            body["systemInstruction"] = {"parts": [{"text": text} for text in system]}
        if config:
            body["generationConfig"] = config
        if request.tools:
            body["tools"] = [{"functionDeclarations": [_declaration(tool) for tool in request.tools]}]
        return body

    def completion(self, document: JsonObject) -> Completion:
        """Read an answer; a prompt that was blocked has no candidate and is a refusal."""
        with reading("a Gemini answer"):
            candidates = items(document.get("candidates"))
            blocked = text_of(fields(document.get("promptFeedback")).get("blockReason"))
            if not candidates and not blocked:
                message = "no candidates"
                raise KeyError(message)
            candidate = candidates[0] if candidates else {"finishReason": "SAFETY"}
            parts = items(fields(candidate.get("content")).get("parts"))
            calls = tuple(_tool_call(fields(part["functionCall"])) for part in parts if "functionCall" in part)
            reason = _FINISH_REASONS.get(text_of(candidate.get("finishReason")), FinishReason.OTHER)
            return Completion(
                text="".join(text_of(part.get("text")) for part in parts if not part.get("thought")),
                usage=_usage(fields(document.get("usageMetadata"))),
                finish_reason=FinishReason.TOOL_CALLS if calls and reason is FinishReason.STOP else reason,
                tool_calls=calls,
                model_served=text_of(document.get("modelVersion")),
                logprobs=_logprobs(fields(candidate.get("logprobsResult"))),
                details={"refusal": True} if reason is FinishReason.CONTENT_FILTER else {},
            )


def open_gemini(context: ProviderContext) -> HttpProvider:
    """Return the provider."""
    return HttpProvider(context, GeminiContent())


def _generation_config(request: CompletionRequest) -> JsonObject:
    settings = request.model
    wants_json = request.output.format is OutputFormat.JSON
    given: JsonObject = {
        "temperature": settings.temperature,
        "topP": settings.top_p,
        "maxOutputTokens": settings.max_tokens,
        "seed": settings.seed,
        "stopSequences": list(settings.stop) or None,
        "responseMimeType": "application/json" if wants_json else None,
        "responseJsonSchema": request.output.schema if wants_json else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _declaration(tool: JsonObject) -> JsonObject:
    function = function_of(tool)
    named = {name: function[name] for name in ("name", "description") if name in function}
    return {**named, "parametersJsonSchema": function.get("parameters", {"type": "object"})}


def _tool_call(call: JsonObject) -> ToolCall:
    return ToolCall(name=text_of(call["name"]), arguments=as_arguments(call.get("args")))


def _usage(usage: JsonObject) -> Usage:
    return Usage(
        input_tokens=count_of(usage.get("promptTokenCount")),
        # thoughts are billed as output
        output_tokens=count_of(usage.get("candidatesTokenCount")) + count_of(usage.get("thoughtsTokenCount")),
        cached_input_tokens=count_of(usage.get("cachedContentTokenCount")),
        estimated=not usage,
    )


def _logprobs(result: JsonObject) -> tuple[TokenLogprob, ...]:
    tops = items(result.get("topCandidates"))
    chosen = items(result.get("chosenCandidates"))
    return tuple(
        TokenLogprob(
            token=text_of(token["token"]),
            logprob=number_of(token["logProbability"]),
            alternatives=tuple(
                (text_of(other["token"]), number_of(other["logProbability"]))
                for other in (items(tops[index].get("candidates")) if index < len(tops) else ())
            ),
        )
        for index, token in enumerate(chosen)
    )
