"""Ask a provider no more than it allows: at once, per minute, and when it says that nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.gateway.adaptive_limit import AdaptiveLimit
from llmops_cli.gateway.provider import RateLimitedError
from llmops_cli.gateway.sliding_window import SlidingWindow

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion, CompletionRequest, Model
    from llmops_cli.gateway.timing import Timing
    from llmops_cli.registry.project_file import ProviderSettings

CHARACTERS_PER_TOKEN = 3
"""A low guess before the provider has counted, so that the estimate is rather too many tokens than too few."""

STORM = 3
"""So many refusals in a row mean that everybody has to wait, not only the request that was refused."""

_UNSET_ANSWER_TOKENS = 512


class ProviderLimits:
    """What one provider and key can bear; everything that calls it shares this."""

    def __init__(self, settings: ProviderSettings, timing: Timing) -> None:
        """Take the limits of the project file."""
        self.at_once = AdaptiveLimit(settings.concurrency)
        self._requests = _window(settings.requests_per_minute)
        self._tokens = _window(settings.tokens_per_minute)
        self._timing = timing
        self._closed_until = 0.0
        self._refusals = 0

    async def enter(self, tokens: float) -> list[float] | None:
        """Wait for a place and for the minute's limits; returns the entry of the tokens, for `leave`."""
        await self.at_once.acquire()
        try:
            # looked at again after each wait: others may have gone first
            while (wait := self._wait_seconds(tokens)) > 0:
                await self._timing.sleep(wait)
        except BaseException:
            self.at_once.release()
            raise
        now = self._timing.now()
        if self._requests:
            self._requests.add(1, now)
        return self._tokens.add(tokens, now) if self._tokens else None

    def answered(self, entry: list[float] | None, completion: Completion) -> None:
        """Count an answer with the tokens that it really took."""
        self._refusals = 0
        self.at_once.report(refused=False)
        if self._tokens and entry and not completion.usage.estimated:
            self._tokens.correct(entry, completion.usage.input_tokens + completion.usage.output_tokens)

    def refused(self, entry: list[float] | None, retry_after_seconds: float | None) -> None:
        """Count a refusal; in a storm of them everybody waits as long as the provider asks."""
        self._refusals += 1
        self.at_once.report(refused=True)
        if self._tokens and entry:
            self._tokens.correct(entry, 0)
        if self._refusals >= STORM and retry_after_seconds:
            self.close_for(retry_after_seconds)

    def close_for(self, seconds: float) -> None:
        """Let nothing through for so long: the provider said that nothing is left."""
        self._closed_until = max(self._closed_until, self._timing.now() + seconds)

    def _wait_seconds(self, tokens: float) -> float:
        now = self._timing.now()
        waits = [self._closed_until - now]
        if self._requests:
            waits.append(self._requests.wait_seconds(1, now))
        if self._tokens:
            waits.append(self._tokens.wait_seconds(tokens, now))
        return max(waits)


class RateLimitedModel:
    """One attempt at a time through the limits; a retry outside of it queues again."""

    def __init__(self, model: Model, limits: ProviderLimits) -> None:
        """Wrap `model`."""
        self._model = model
        self._limits = limits

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer when the limits allow it."""
        entry = await self._limits.enter(_estimated_tokens(request))
        try:
            completion = await self._model.complete(request)
        except RateLimitedError as error:
            self._limits.refused(entry, error.retry_after_seconds)
            raise
        else:
            self._limits.answered(entry, completion)
            return completion
        finally:
            self._limits.at_once.release()


def _estimated_tokens(request: CompletionRequest) -> float:
    characters = sum(len(message.content) for message in request.messages)
    return characters / CHARACTERS_PER_TOKEN + (request.model.max_tokens or _UNSET_ANSWER_TOKENS)


def _window(limit: int | None) -> SlidingWindow | None:
    return None if limit is None else SlidingWindow(limit)
