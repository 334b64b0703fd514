"""What is asked of a model and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from llmops_cli.core.canonical_json import canonical_json, digest_of_bytes

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.prompts import Message, ModelSettings, OutputContract


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """One request, complete: two equal requests mean the same to any provider.

    `model.name` is resolved (`provider/model`, no alias). `trial` is the number of the repeat, from 0:
    it is part of the key of recordings and caches, so that repeats are repeats, and is never sent.
    """

    messages: tuple[Message, ...]
    model: ModelSettings
    output: OutputContract
    tools: tuple[JsonObject, ...] = ()
    trial: int = 0

    def as_json(self) -> JsonObject:
        """Return all that decides the answer, the trial aside."""
        return {"messages": self._messages_as_json(), **_settings_as_json(self.model, self.output, self.tools)}

    def digest(self) -> str:
        """Return the key under which a recording or a cache keeps the answer (the trial goes beside it).

        It is the digest of `as_json`, whose canonical form has the messages first.
        """
        settings = _SETTINGS.text(self.model, self.output, self.tools)
        return digest_of_bytes(b'{"messages":%s,%s' % (canonical_json(self._messages_as_json()), settings[1:]))

    def _messages_as_json(self) -> list[JsonValue]:
        return [{"role": m.role.value, "content": m.content} for m in self.messages]


def _settings_as_json(model: ModelSettings, output: OutputContract, tools: tuple[JsonObject, ...]) -> JsonObject:
    settings = dict(model.as_json())
    settings.pop("fallbacks", None)
    return {"model": settings, "output": output.as_json(), "tools": list(tools)}


class _SettingsOfRun:
    """The canonical JSON of all of a request but its messages; the same values for every request of a run."""

    def __init__(self) -> None:
        self._kept: tuple[ModelSettings, OutputContract, tuple[JsonObject, ...], bytes] | None = None

    def text(self, model: ModelSettings, output: OutputContract, tools: tuple[JsonObject, ...]) -> bytes:
        kept = self._kept
        if kept and kept[0] is model and kept[1] is output and kept[2] is tools:
            return kept[3]
        text = canonical_json(_settings_as_json(model, output, tools))
        self._kept = (model, output, tools, text)
        return text


_SETTINGS = _SettingsOfRun()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the provider counted them; `estimated` where it did not and we had to."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool that the model wants called; `arguments` is the JSON text as the model wrote it."""

    name: str
    arguments: str


class FinishReason(StrEnum):
    """Why a completion ended."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    OTHER = "other"


class CompletionSource(StrEnum):
    """Where a completion came from; reports say it for each run."""

    LIVE = "live"
    RECORDING = "recording"
    CACHE = "cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLogprob:
    """The natural logarithm of the probability of one output token, with the alternatives offered."""

    token: str
    logprob: float
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a model answered.

    `model_served` and `fingerprint` are what the provider says it ran, `latency_seconds` is the time of
    the attempt that succeeded, `cost_usd` is None when the price is unknown (never 0 for unknown).
    """

    text: str
    usage: Usage
    finish_reason: FinishReason = FinishReason.STOP
    tool_calls: tuple[ToolCall, ...] = ()
    model_served: str = ""
    fingerprint: str = ""
    latency_seconds: float = 0.0
    cost_usd: float | None = None
    source: CompletionSource = CompletionSource.LIVE
    logprobs: tuple[TokenLogprob, ...] = ()
    details: JsonObject = field(default_factory=dict[str, "JsonValue"])


class Model(Protocol):
    """The port through which evaluations and judges reach models. `gateway` implements it."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer one request.

        Raises:
            ProviderError: when no provider could answer, after retries and fallbacks.
        """
        ...
