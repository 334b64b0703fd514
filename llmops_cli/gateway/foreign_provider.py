"""A provider of another package: its answers are looked at, and what it raises is an error that names it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import NoneType
from typing import TYPE_CHECKING, cast

from llmops_cli.core.attribute_types import wrong_attribute
from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.completion_json import completion_as_json
from llmops_cli.core.completions import Completion, CompletionSource, FinishReason, Usage
from llmops_cli.core.errors import LlmopsError, ProviderError
from llmops_cli.gateway.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.completions import CompletionRequest
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.gateway.provider import Provider, ProviderContext

_METHODS = ("identity", "complete", "close")
_TOKENS = ("input_tokens", "output_tokens", "cached_input_tokens")
_COMPLETION: Mapping[str, type | tuple[type, ...]] = {
    "text": str,
    "usage": Usage,
    "finish_reason": FinishReason,
    "tool_calls": tuple,
    "model_served": str,
    "fingerprint": str,
    "latency_seconds": (int, float),
    "cost_usd": (int, float, NoneType),
    "logprobs": tuple,
    "details": Mapping,
}


def open_foreign_provider(protocol: str, context: ProviderContext) -> Provider:
    """Open the provider that a package brings for `protocol`.

    Raises:
        SetupError: it cannot be loaded or opened, or is no provider.
    """
    make = cast("Callable[[ProviderContext], Provider]", PROVIDERS.resolve(protocol))
    try:
        inner = make(context)
    except LlmopsError:
        raise
    except (Exception, SystemExit) as error:
        raise PROVIDERS.broken(protocol, error) from error
    missing = [name for name in _METHODS if not callable(getattr(inner, name, None))]
    if missing:
        raise PROVIDERS.no_such_part(protocol, f"what it opens has no {' and no '.join(missing)}")
    return _ForeignProvider(protocol, inner, context)


class _ForeignProvider:
    """The provider inside of the promises that the gateway relies on."""

    def __init__(self, protocol: str, inner: Provider, context: ProviderContext) -> None:
        self._protocol = protocol
        self._inner = inner
        self._notify = context.notify
        self._package = PROVIDERS.row(protocol).package

    def identity(self, model: str) -> JsonObject:
        """Return what the provider says, and its package: another version may answer otherwise."""
        try:
            said = self._inner.identity(model)
            canonical_json(said)
        except LlmopsError:
            raise
        except (Exception, SystemExit) as error:
            raise PROVIDERS.broken(self._protocol, error) from error
        return {"said": said, "protocol": self._protocol, "package": self._package}

    def prepare(self) -> None:
        """Let the provider look for what it needs (a key), where it has such a step."""
        prepare = getattr(self._inner, "prepare", None)
        if prepare is None:
            return
        try:
            prepare()
        except LlmopsError:
            raise
        except (Exception, SystemExit) as error:
            raise PROVIDERS.broken(self._protocol, error) from error

    async def complete(self, request: CompletionRequest) -> Completion:
        """Return one answer. Whatever it says of its source, it is live: it comes from no recording of ours."""
        try:
            answer = await self._inner.complete(request)
        except LlmopsError:
            raise
        except (Exception, SystemExit) as error:
            broken = PROVIDERS.broken(self._protocol, error)
            raise ProviderError(broken.message, hint=broken.hint) from error
        if problem := _problem(answer):
            broken = PROVIDERS.no_such_part(self._protocol, problem)
            raise ProviderError(broken.message, hint=broken.hint)
        return answer if answer.source is CompletionSource.LIVE else replace(answer, source=CompletionSource.LIVE)

    async def close(self) -> None:
        """Close it; a failure is told and keeps nobody else from closing."""
        try:
            await self._inner.close()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what was measured is not lost for it
            self._notify(PROVIDERS.broken(self._protocol, error).message)


def _problem(answer: object) -> str:
    """Return what is wrong with an answer, as a clause, or an empty string."""
    if not isinstance(answer, Completion):
        return f"it answered with a {type(answer).__name__}, not with a Completion"
    if wrong := wrong_attribute(answer, _COMPLETION):
        return f"the {wrong} of its Completion is of another type"
    usage = answer.usage
    if wrong_attribute(usage, dict.fromkeys(_TOKENS, int)) or min(getattr(usage, name) for name in _TOKENS) < 0:
        # less than nothing would be paid back into the budget
        return "the tokens of its Completion are no numbers from 0"
    if not (math.isfinite(answer.latency_seconds) and answer.latency_seconds >= 0):
        return "the latency of its Completion is no time"
    try:
        canonical_json(completion_as_json(answer))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - its parts may be anything
        return f"its Completion cannot be written down: {type(error).__name__}: {error}"
    return ""
