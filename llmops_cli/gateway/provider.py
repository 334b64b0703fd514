"""The port that every provider implements, and what a provider is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from llmops_cli.core.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.gateway.recordings import Recordings
    from llmops_cli.registry.project_file import ProviderSettings

    Notify = Callable[[str], None]
    """Takes one sentence for people: what the gateway does in their name, or could not do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderContext:
    """What a provider may use of the outside.

    `root` is the repository; weights named by path lie inside of it. `offline` forbids every network
    socket, `allow_commands` permits running the program that the project file names.
    `limits_exhausted` takes the seconds for which the provider says that nothing is left.
    """

    settings: ProviderSettings
    root: Path
    environ: Mapping[str, str]
    notify: Notify
    recordings: Recordings
    limits_exhausted: Callable[[float], None] = lambda _seconds: None
    offline: bool = False
    allow_commands: bool = True


class RateLimitedError(ProviderError):
    """The provider asks for fewer requests: too many from this key, or too many in all."""


class AccountRefusedError(ProviderError):
    """The provider refuses who asks, whatever is asked: the key is wrong, or there is nothing left to pay with."""


class Provider(Protocol):
    """One protocol spoken with one endpoint. Its class takes a `ProviderContext`."""

    def identity(self, model: str) -> JsonObject:
        """Return what else than the request decides the answer: endpoint, weights, runtime; for cache keys.

        `model` is the part of the name after the provider.

        Raises:
            SetupError: when this provider cannot be used on this machine.
        """
        ...

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer one request, once: retries and limits are other people's work.

        Raises:
            SetupError: when this provider cannot be used on this machine (extra, key, weights, network).
            ProviderError: when it did not answer, or not with a completion.
        """
        ...

    async def close(self) -> None:
        """Let go of connections, processes and memory; never raises."""
        ...


def half_a_surrogate_pair() -> ProviderError:
    """Return the error for a request that holds one: a model that got a question mark instead would mislead."""
    message = "the request holds half of a surrogate pair, which is no text and cannot be sent."
    return ProviderError(message, hint="Look for \\ud800 to \\udfff in the case's variables.")
