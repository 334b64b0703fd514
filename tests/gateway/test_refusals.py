"""What vendors say when they refuse, word for word as they send it, over a real socket."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from gateway.protocol_server import ProtocolServer, Refusal
from gateway.providers_for_tests import context_for
from gateway.requests_for_tests import ask
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.errors import ProviderError
from llmops_cli.gateway.provider import AccountRefusedError, RateLimitedError
from llmops_cli.gateway.providers import PROVIDERS
from llmops_cli.gateway.refusals import account_hint, asked_seconds, day_is_used_up

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.core.json_value import JsonObject


def _openai(code: str) -> Any:
    return {"error": {"message": "See your plan.", "type": code, "param": None, "code": code}}


def _anthropic(kind: str, message: str = "no") -> Any:
    return {"type": "error", "error": {"type": kind, "message": message}}


def _gemini(reason: str) -> Any:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
    return {"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT", "details": [info]}}


@pytest.mark.parametrize(
    ("protocol", "refusal", "hint"),
    [
        ("openai", Refusal(429, _openai("insufficient_quota")), "nothing left to pay with"),
        ("openai", Refusal(400, _openai("billing_hard_limit_reached")), "nothing left to pay with"),
        ("openai", Refusal(401, _openai("invalid_api_key")), "Check the key"),
        ("openai", Refusal(402, {"error": {"message": "Insufficient credits", "code": 402}}), "nothing left"),
        (
            "openai",
            Refusal(400, {"error": {"message": "Budget!", "type": "budget_exceeded", "code": "400"}}),
            "nothing",
        ),
        ("openai", Refusal(401, {"error": "Unauthorized"}), "Check the key"),
        ("openai", Refusal(401, []), "Check the key"),
        ("anthropic", Refusal(401, _anthropic("authentication_error")), "Check the key"),
        ("anthropic", Refusal(402, _anthropic("billing_error")), "nothing left to pay with"),
        (
            "anthropic",
            Refusal(400, _anthropic("invalid_request_error", "Your credit balance is too low to go on.")),
            "nothing left to pay with",
        ),
        ("gemini", Refusal(400, _gemini("API_KEY_INVALID")), "Check the key"),
        ("gemini", Refusal(403, _gemini("BILLING_DISABLED")), "nothing left to pay with"),
    ],
)
def test_a_refusal_of_the_account_is_told_apart_from_a_busy_provider_and_a_bad_request(
    protocol: str, refusal: Refusal, hint: str, tmp_path: Path
) -> None:
    error = refused(protocol, refusal, tmp_path)
    assert isinstance(error, AccountRefusedError)
    assert not error.retryable
    assert hint in (error.hint or "")


@pytest.mark.parametrize(
    ("protocol", "refusal"),
    [
        ("openai", Refusal(429, _openai("rate_limit_exceeded"))),
        ("openai", Refusal(400, _openai("context_length_exceeded"))),
        ("openai", Refusal(403, _openai("model_not_found"))),
        ("anthropic", Refusal(429, _anthropic("rate_limit_error"))),
        ("anthropic", Refusal(400, _anthropic("invalid_request_error", "messages: at least one"))),
        ("anthropic", Refusal(403, _anthropic("permission_error"))),
        ("gemini", Refusal(429, _gemini("RATE_LIMIT_EXCEEDED"))),
        ("gemini", Refusal(400, {"error": {"code": 400, "details": "none", "message": 7}})),
    ],
)
def test_what_is_about_the_request_or_the_moment_is_no_refusal_of_the_account(
    protocol: str, refusal: Refusal, tmp_path: Path
) -> None:
    error = refused(protocol, refusal, tmp_path)
    assert not isinstance(error, AccountRefusedError)
    assert error.retryable is (refusal.status == 429)


def _quota(*quotas: str, delay: object) -> Any:
    failure = {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaMetric": "requests", "quotaId": quota} for quota in quotas],
    }
    wait = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    return {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": [failure, wait]}}


@pytest.mark.parametrize(
    ("delay", "seconds"), [("20.5s", 20.5), ("38s", 38.0), ("soon", None), (7, None), ("-3s", None), ("1e999s", None)]
)
def test_gemini_writes_into_the_body_how_long_to_wait(delay: object, seconds: float | None, tmp_path: Path) -> None:
    body = _quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", delay=delay)
    error = refused("gemini", Refusal(429, body), tmp_path)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds == seconds


def test_a_quota_of_the_day_is_not_waited_for(tmp_path: Path) -> None:
    quotas = [f"GenerateRequestsPer{period}PerProjectPerModel-FreeTier" for period in ("Minute", "Day")]
    error = refused("gemini", Refusal(429, _quota(*quotas, delay="20s")), tmp_path)
    assert not isinstance(error, RateLimitedError | AccountRefusedError)
    assert not error.retryable
    assert "comes back with the next one" in (error.hint or "")


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.sampled_from(["PerDay", "1s", "type.googleapis.com/google.rpc.RetryInfo"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["@type", "details", "violations", "quotaId", "retryDelay", "code"]), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["details", "message", "code", "type"]), _JSON), st.integers(400, 599))
def test_no_refusal_breaks_the_reading(error: JsonObject, status: int) -> None:
    assert isinstance(day_is_used_up(error), bool)
    assert account_hint(status, error, "p") is None or status in {401, 402} or error
    wait = asked_seconds(error, datetime.now(UTC))
    assert wait is None or 0 <= wait <= 24 * 3600


def refused(protocol: str, refusal: Refusal, root: Path) -> ProviderError:
    async def run() -> ProviderError:
        async with ProtocolServer() as server:
            server.script([refusal])
            make = PROVIDERS.resolve(protocol)
            assert callable(make)
            provider = make(context_for(protocol, server.url, root=root, key="k"))
            try:
                with pytest.raises(ProviderError) as caught:
                    await provider.complete(ask(model="p/m"))
            finally:
                await provider.close()
            return caught.value

    return asyncio.run(run())
