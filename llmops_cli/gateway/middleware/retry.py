"""Try again what may succeed later, within a budget of attempts and of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from llmops_cli.core.errors import ProviderError
from llmops_cli.gateway.provider import AccountRefusedError, RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from llmops_cli.core.completions import Completion, CompletionRequest, Model
    from llmops_cli.gateway.timing import Timing

Answer = TypeVar("Answer")

REFUSALS_IN_A_ROW = 20
"""Of ten accounts behind a proxy, one of them refused, so many in a row come once in 10^20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long. Waits double from the first to the longest; what the provider asks for comes first."""

    attempts: int = 8
    total_seconds: float = 300.0
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0


class RetriedModel:
    """Waits are spread at random, so that those who failed together do not come back together."""

    def __init__(self, model: Model, policy: RetryPolicy, timing: Timing, draw: Callable[[], float]) -> None:
        """Wrap `model`; `draw` gives numbers in [0, 1)."""
        self._model = model
        self._retry = Retry(policy, timing, draw)

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer, at the latest with the last attempt.

        Raises:
            ProviderError: the last one, saying how many attempts there were.
        """
        return await self._retry.run(lambda: self._model.complete(request))


class Retry:
    """Repeats one exchange with a provider, whatever it asks for.

    A provider that has never answered, not even in all attempts of one exchange, is likely the wrong one: a wrong
    address, or no network. From then on each exchange has one attempt, until one of them succeeds, so that a thousand
    cases do not wait for it one after the other. One that fails after it has answered, or that asks to be asked
    later, is waited for as ever.

    A provider that refuses the account is not asked any more: after the first refusal if it has never answered, else
    after `REFUSALS_IN_A_ROW`, for a proxy may share the requests among several accounts.
    """

    def __init__(self, policy: RetryPolicy, timing: Timing, draw: Callable[[], float]) -> None:
        """Take the policy; `draw` gives numbers in [0, 1)."""
        self._policy = policy
        self._timing = timing
        self._draw = draw
        self._has_answered = False
        self._given_up = False
        self._refusals = 0
        self._refused: ProviderError | None = None

    async def run(self, attempt_once: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return what the first successful attempt gives.

        Raises:
            ProviderError: the last one, saying how many attempts there were, or why nobody is asked any more.
        """
        self._check_account()
        until = self._timing.now() + self._policy.total_seconds
        attempt = 1
        while True:
            try:
                answer = await attempt_once()
            except AccountRefusedError as error:
                self._note_refusal(error)
                raise
            except ProviderError as error:
                wait = self._wait_seconds(attempt, error)
                spent = attempt >= self._policy.attempts or self._timing.now() + wait > until
                silent = error.retryable and not self._has_answered and not isinstance(error, RateLimitedError)
                if not error.retryable or spent or (silent and self._given_up):
                    self._given_up = self._given_up or (silent and spent)
                    raise _after(error, attempt) from error
            else:
                self._has_answered = True
                self._refusals = 0
                self._refused = None
                return answer
            await self._timing.sleep(wait)
            attempt += 1
            self._check_account()

    def _check_account(self) -> None:
        if self._refused is not None:
            # without the traceback of the last time, which would grow with every case
            raise self._refused.with_traceback(None)

    def _note_refusal(self, error: AccountRefusedError) -> None:
        self._refusals += 1
        if self._refusals >= (REFUSALS_IN_A_ROW if self._has_answered else 1):
            message = f"{error.message.rstrip('.')}, and is not asked again."
            self._refused = AccountRefusedError(message, where=error.where, hint=error.hint)

    def _wait_seconds(self, attempt: int, error: ProviderError) -> float:
        policy = self._policy
        longest = min(policy.first_wait_seconds * 2.0 ** (attempt - 1), policy.longest_wait_seconds)
        asked = error.retry_after_seconds
        if asked is not None:
            # never before the moment that the provider named, and not all of us in that moment
            return asked + policy.first_wait_seconds * self._draw()
        return longest * (0.5 + self._draw() / 2)


def _after(error: ProviderError, attempts: int) -> ProviderError:
    if attempts == 1 and not error.retryable:
        return error
    asked = error.retry_after_seconds
    later = f" The provider asks to wait {asked:.0f} s." if asked else ""
    message = f"{error.message.rstrip('.')}, in {attempts} attempt{'s' if attempts > 1 else ''}.{later}"
    return type(error)(
        message,
        where=error.where,
        hint=error.hint,
        retryable=error.retryable,
        retry_after_seconds=asked,
    )
