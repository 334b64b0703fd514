"""Limits and retries, by a clock that the tests move themselves."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime
from statistics import fmean
from typing import TYPE_CHECKING

import pytest
from gateway.requests_for_tests import answer, ask
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.completions import Usage
from llmops_cli.core.errors import ProviderError, SetupError
from llmops_cli.gateway.adaptive_limit import AdaptiveLimit
from llmops_cli.gateway.middleware.budget import BudgetedModel, BudgetReachedError
from llmops_cli.gateway.middleware.cost import PricedModel
from llmops_cli.gateway.middleware.fallback import FallbackModel
from llmops_cli.gateway.middleware.rate_limit import ProviderLimits, RateLimitedModel
from llmops_cli.gateway.middleware.retry import REFUSALS_IN_A_ROW, RetriedModel, RetryPolicy
from llmops_cli.gateway.middleware.usage import CountedModel
from llmops_cli.gateway.provider import AccountRefusedError, RateLimitedError
from llmops_cli.gateway.rate_limit_headers import read_limits
from llmops_cli.gateway.sliding_window import SlidingWindow
from llmops_cli.gateway.timing import Timing
from llmops_cli.registry.project_file import ProviderSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.completions import Completion, CompletionRequest, Model

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class Clock:
    """A clock that jumps ahead when somebody waits."""

    def __init__(self) -> None:
        self.time = 0.0
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)

    def timing(self) -> Timing:
        return Timing(now=lambda: self.time, sleep=self.sleep)


class ScriptedModel:
    """Fails as it is told, then answers."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.asked: list[str] = []

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request.model.name)
        if self.failures:
            raise self.failures.pop(0)
        return answer()


@pytest.mark.parametrize(
    ("headers", "retry_after", "exhausted"),
    [
        ({"retry-after": "7"}, 7.0, None),
        ({"retry-after": "Mon, 23 Nov 2026 12:01:30 GMT"}, 90.0, None),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5, None),
        ({"retry-after": "-3"}, 0.0, None),
        ({"retry-after": "soon"}, None, None),
        ({"retry-after": "1e99"}, 86400.0, None),
        ({"retry-after": "nan"}, None, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, None, 360.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, None, 0.02),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "6m0s"}, None, None),
        (
            {
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2026-11-23T12:00:30Z",
            },
            None,
            30.0,
        ),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "4"}, None, 4.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 12)}, None, 12.0),
        ({"x-ratelimit-remaining": "0"}, None, None),
    ],
)
def test_waits_are_read_in_every_form_that_vendors_use(
    headers: dict[str, str], retry_after: float | None, exhausted: float | None
) -> None:
    report = read_limits(headers, NOW)
    assert (report.retry_after_seconds, report.exhausted_seconds) == (retry_after, exhausted)


@given(st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"]), st.text()))
def test_no_header_breaks_the_reading(headers: dict[str, str]) -> None:
    report = read_limits(headers, NOW)
    for wait in (report.retry_after_seconds, report.exhausted_seconds):
        assert wait is None or 0 <= wait <= 24 * 3600


def retried(model: Model, clock: Clock, **policy: float) -> RetriedModel:
    attempts = int(policy.pop("attempts", 5))
    return RetriedModel(model, RetryPolicy(attempts=attempts, **policy), clock.timing(), lambda: 0.5)


def later(seconds: float | None = None) -> ProviderError:
    return RateLimitedError("busy.", where="api", retryable=True, retry_after_seconds=seconds)


def test_waits_double_and_what_the_provider_asks_for_comes_first() -> None:
    clock = Clock()
    model = ScriptedModel(later(), later(), later(10.0))
    assert asyncio.run(retried(model, clock).complete(ask())).text == "Hi."
    assert clock.waits == [0.375, 0.75, 10.25]


def test_a_provider_that_never_answered_is_not_waited_for_again_and_again() -> None:
    clock = Clock()
    gone = ProviderError("nobody there.", retryable=True)
    model = ScriptedModel(*[gone] * 4)
    asked = retried(model, clock, attempts=3)

    async def run() -> None:
        with pytest.raises(ProviderError, match="in 3 attempts"):
            await asked.complete(ask())
        with pytest.raises(ProviderError, match="in 1 attempt"):
            await asked.complete(ask())
        assert len(clock.waits) == 2
        model.failures = [later(), later()]
        assert (await asked.complete(ask())).text == "Hi."
        assert len(clock.waits) == 4
        model.failures = [gone, gone]
        assert (await asked.complete(ask())).text == "Hi."

    asyncio.run(run())
    assert len(clock.waits) == 6


def test_a_provider_that_fails_after_it_has_answered_is_waited_for_every_time() -> None:
    clock = Clock()
    gone = ProviderError("nobody there.", retryable=True)
    model = ScriptedModel()
    asked = retried(model, clock, attempts=3)

    async def run() -> None:
        await asked.complete(ask())
        model.failures = [gone] * 6
        for _ in range(2):
            with pytest.raises(ProviderError, match="in 3 attempts"):
                await asked.complete(ask())

    asyncio.run(run())
    assert len(clock.waits) == 4


def test_a_provider_that_refuses_the_account_is_asked_once() -> None:
    model = ScriptedModel(*[AccountRefusedError("wrong key.", where="api", hint="Check it.")] * 9)
    asked = retried(model, Clock())

    async def run() -> list[str]:
        told = []
        for _ in range(3):
            with pytest.raises(AccountRefusedError) as caught:
                await asked.complete(ask())
            told.append(caught.value.message)
            assert (caught.value.where, caught.value.hint) == ("api", "Check it.")
        return told

    assert asyncio.run(run()) == ["wrong key.", *["wrong key, and is not asked again."] * 2]
    assert len(model.asked) == 1


def test_a_refusal_after_an_answer_may_be_one_account_of_several_until_there_are_many_in_a_row() -> None:
    refused = AccountRefusedError("no credit.")
    model = ScriptedModel()
    asked = retried(model, Clock())

    async def run(failures: int) -> None:
        model.failures = [refused] * failures
        for _ in range(failures):
            with pytest.raises(AccountRefusedError):
                await asked.complete(ask())

    async def all_of_it() -> None:
        await asked.complete(ask())
        await run(REFUSALS_IN_A_ROW - 1)
        await asked.complete(ask())
        await run(REFUSALS_IN_A_ROW)
        before = len(model.asked)
        with pytest.raises(AccountRefusedError, match="is not asked again"):
            await asked.complete(ask())
        assert len(model.asked) == before

    asyncio.run(all_of_it())


def test_an_answer_on_its_way_takes_a_first_refusal_back() -> None:
    class Shared:
        """A proxy with two accounts: the first request has the bad one, the second is on its way already."""

        def __init__(self) -> None:
            self.asked = 0

        async def complete(self, request: CompletionRequest) -> Completion:
            del request
            self.asked += 1
            first = self.asked == 1
            await asyncio.sleep(0)
            if first:
                message = "wrong key."
                raise AccountRefusedError(message)
            return answer()

    asked = retried(Shared(), Clock())

    async def run() -> list[Completion | BaseException]:
        both = await asyncio.gather(asked.complete(ask()), asked.complete(ask()), return_exceptions=True)
        return [*both, await asked.complete(ask())]

    refused, *answered = asyncio.run(run())
    assert isinstance(refused, AccountRefusedError)
    assert answered == [answer()] * 2


def test_what_cannot_succeed_later_is_not_tried_again() -> None:
    clock = Clock()
    error = ProviderError("bad request.")
    with pytest.raises(ProviderError) as caught:
        asyncio.run(retried(ScriptedModel(error), clock).complete(ask()))
    assert caught.value is error
    assert clock.waits == []


def test_attempts_and_time_are_bounded_and_the_error_says_how_often_it_was_tried() -> None:
    clock = Clock()
    with pytest.raises(RateLimitedError, match="busy, in 3 attempts") as caught:
        asyncio.run(retried(ScriptedModel(*[later() for _ in range(9)]), clock, attempts=3).complete(ask()))
    assert caught.value.where == "api"
    clock = Clock()
    with pytest.raises(RateLimitedError, match=r"busy, in 1 attempt\. The provider asks to wait 3600 s"):
        asyncio.run(retried(ScriptedModel(later(3600.0)), clock, total_seconds=60.0).complete(ask()))
    assert clock.waits == []


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 40)), max_size=60), st.integers(1, 50))
def test_no_minute_ever_holds_more_than_the_limit(steps: Sequence[tuple[float, int]], limit: int) -> None:
    window = SlidingWindow(limit)
    now, sent = 0.0, []
    for pause, amount in steps:
        now += pause
        while (wait := window.wait_seconds(amount, now)) > 0:
            now += wait
        window.add(min(amount, limit), now)
        sent.append((now, min(amount, limit)))
    for start, _ in sent:
        assert sum(amount for moment, amount in sent if start <= moment < start + 60.0 - 1e-6) <= limit


def test_a_window_takes_the_real_amount_when_it_is_known() -> None:
    window = SlidingWindow(100)
    entry = window.add(90, 0.0)
    assert window.wait_seconds(20, 1.0) == 59.0
    window.correct(entry, 50)
    assert window.wait_seconds(20, 1.0) == 0.0
    assert window.wait_seconds(1000, 61.0) == 0.0


def test_few_refusals_change_nothing_many_halve_at_once_and_none_add() -> None:
    limit = AdaptiveLimit(20)
    report(limit, refusals=8, answers=50)
    assert limit.places == 20
    report(limit, refusals=10, answers=10)
    assert limit.places == 10
    report(limit, refusals=8, answers=50)
    assert limit.places == 10
    report(limit, refusals=5, answers=50)
    assert limit.places == 11
    report(limit, refusals=100, answers=100)
    assert limit.places == 1
    for _ in range(30):
        report(limit, refusals=0, answers=int(limit.places))
    assert limit.places == 20


def test_refusals_at_random_do_not_bring_it_to_a_standstill() -> None:
    limit = AdaptiveLimit(50)
    draw = random.Random(7)  # noqa: S311 - a simulation
    places = []
    for _ in range(5000):
        limit.report(refused=draw.random() < 0.1)
        places.append(limit.places)
    assert fmean(places) > 35


def report(limit: AdaptiveLimit, *, refusals: int, answers: int) -> None:
    for number in range(answers):
        limit.report(refused=number < refusals)


def test_places_go_to_who_waits_longest_and_a_cancelled_wait_loses_none() -> None:
    async def run() -> list[int]:
        limit, order = AdaptiveLimit(2), list[int]()

        async def work(number: int) -> None:
            await limit.acquire()
            order.append(number)
            await asyncio.sleep(0)
            limit.release()

        tasks = [asyncio.create_task(work(number)) for number in range(6)]
        await asyncio.sleep(0)
        tasks[3].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(work(number) for number in (6, 7, 8)))
        return order

    assert asyncio.run(run()) == [0, 1, 2, 4, 5, 6, 7, 8]


def test_no_place_is_lost_when_a_wait_is_cancelled_in_the_moment_of_its_turn() -> None:
    async def run() -> None:
        for cancel_first in (True, False):
            limit = AdaptiveLimit(1)
            await limit.acquire()
            waiting = asyncio.create_task(limit.acquire())
            await asyncio.sleep(0)
            if cancel_first:
                waiting.cancel()
            limit.release()
            if not cancel_first:
                waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await asyncio.wait_for(limit.acquire(), 5)

    asyncio.run(run())


def limits(clock: Clock, **settings: int) -> ProviderLimits:
    return ProviderLimits(ProviderSettings(name="p", protocol="openai", **settings), clock.timing())  # type: ignore[arg-type]


def test_requests_per_minute_are_kept_before_the_provider_complains() -> None:
    clock = Clock()
    model = RateLimitedModel(ScriptedModel(), limits(clock, requests_per_minute=3, concurrency=1))

    async def run() -> None:
        for _ in range(7):
            await model.complete(ask())

    asyncio.run(run())
    assert clock.waits == [60.0, 60.0]


def test_tokens_per_minute_are_estimated_before_and_corrected_after() -> None:
    clock = Clock()
    model = RateLimitedModel(ScriptedModel(), limits(clock, tokens_per_minute=40, concurrency=1))

    async def run() -> None:
        # estimated 2 + 20 each, really 10 each
        for _ in range(3):
            await model.complete(ask("Hello?", max_tokens=20))

    asyncio.run(run())
    assert clock.waits == [60.0]


def test_when_the_provider_says_that_nothing_is_left_everybody_waits() -> None:
    clock = Clock()
    shared = limits(clock)
    model = RateLimitedModel(ScriptedModel(), shared)
    shared.close_for(12.0)
    asyncio.run(model.complete(ask()))
    assert clock.waits == [12.0]


def test_one_refusal_holds_up_nobody_else_and_a_storm_holds_up_everybody() -> None:
    clock = Clock()
    shared = limits(clock)

    async def ask_once(*failures: Exception) -> None:
        model = RateLimitedModel(ScriptedModel(*failures), shared)
        if failures:
            with pytest.raises(RateLimitedError):
                await model.complete(ask())
        else:
            await model.complete(ask())

    async def run() -> None:
        await ask_once(later(30.0))
        await ask_once()
        assert clock.waits == []
        for _ in range(3):
            await ask_once(later(30.0))
        await ask_once()

    asyncio.run(run())
    assert clock.waits == [30.0]


def test_the_next_model_stands_in_and_the_answer_says_so() -> None:
    said: list[str] = []
    model = ScriptedModel(ProviderError("down."), SetupError("no key."))
    fallback = FallbackModel(model, lambda name: {"alias": "c/3"}.get(name, name), said.append)
    request = ask(model="a/1")
    with_two = request_with_fallbacks(request, ("b/2", "alias"))
    completion = asyncio.run(fallback.complete(with_two))
    assert model.asked == ["a/1", "b/2", "c/3"]
    assert completion.details == {"fallback_for": "a/1"}
    assert said == ["a/1 did not answer (down.) and c/3 stood in for it."]
    first = ProviderError("first.")
    with pytest.raises(ProviderError, match="first") as caught:
        asyncio.run(
            FallbackModel(ScriptedModel(first, ProviderError("x"), ProviderError("y")), str, said.append).complete(
                with_two
            )
        )
    assert caught.value is first
    with pytest.raises(ProviderError, match="alone"):
        asyncio.run(FallbackModel(ScriptedModel(ProviderError("alone")), str, said.append).complete(request))


def request_with_fallbacks(request: CompletionRequest, fallbacks: tuple[str, ...]) -> CompletionRequest:
    return replace(request, model=replace(request.model, fallbacks=fallbacks))


def test_a_usage_that_the_provider_left_out_is_estimated_and_another_stays() -> None:
    class Silent:
        async def complete(self, request: CompletionRequest) -> Completion:
            del request
            return replace(answer("four words are here"), usage=Usage(estimated=True))

    counted = asyncio.run(CountedModel(Silent()).complete(ask("Hello there?", model="openai/gpt-4o")))
    assert (counted.usage.input_tokens, counted.usage.output_tokens, counted.usage.estimated) == (10, 4, True)
    assert asyncio.run(CountedModel(ScriptedModel()).complete(ask())) == answer()


def test_the_budget_ends_new_calls_and_only_live_answers_cost() -> None:
    async def run() -> None:
        priced = PricedModel(ScriptedModel(), lambda _name, usage: usage.output_tokens * 1.0)
        by_cost = BudgetedModel(priced, max_cost_usd=5.0)
        assert [(await by_cost.complete(ask())).cost_usd for _ in range(2)] == [3.0, 3.0]
        with pytest.raises(BudgetReachedError, match=r"budget of \$5 is spent"):
            await by_cost.complete(ask())
        by_calls = BudgetedModel(priced, max_calls=1)
        await by_calls.complete(ask())
        with pytest.raises(BudgetReachedError, match="limit of 1 calls"):
            await by_calls.complete(ask())
        unknown = PricedModel(ScriptedModel(), lambda _name, _usage: None)
        assert (await unknown.complete(ask())).cost_usd is None

    asyncio.run(run())
