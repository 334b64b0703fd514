"""What a refusal says beside its status: whom it is about, how long to wait, and whether waiting can help today.

Vendors word it so that the status misleads: OpenAI sends the 429 of a rate limit when credit is used up, Anthropic and
Gemini the 400 of a bad request for credit and for keys, Gemini a 429 also when the day's quota is used up, and how
long to wait it writes into the body. `error` is here the object of that name in an answer's body, empty without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from llmops_cli.gateway.rate_limit_headers import wait_of

if TYPE_CHECKING:
    from datetime import datetime

    from llmops_cli.core.json_value import JsonObject

_KEY_STATUS = 401
_CREDIT_STATUS = 402

_KEY_WORDS = frozenset(
    {
        # OpenAI's `code`
        "invalid_api_key",
        "account_deactivated",
        # Anthropic's `type`
        "authentication_error",
        # Gemini's `reason`, as google/api/error_reason.proto lists them
        "API_KEY_INVALID",
        "API_KEY_SERVICE_BLOCKED",
        "CONSUMER_SUSPENDED",
        "SERVICE_DISABLED",
    }
)
_CREDIT_WORDS = frozenset(
    {
        # OpenAI's `code`
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        # Anthropic's `type`
        "billing_error",
        # Gemini's `reason`
        "BILLING_DISABLED",
        # the proxy LiteLLM's `type`
        "budget_exceeded",
    }
)
_CREDIT_SENTENCE = "credit balance is too low"
"""Anthropic's only sign beside a 400 of type `invalid_request_error`."""


def account_hint(status: int, error: JsonObject, provider: str) -> str | None:
    """Return what to do when the refusal is about who asks, whatever is asked; None when it is about anything else."""
    words = _words(error)
    said = error.get("message")
    broke = isinstance(said, str) and _CREDIT_SENTENCE in said
    if status == _CREDIT_STATUS or broke or words & _CREDIT_WORDS:
        return f"The account of provider '{provider}' has nothing left to pay with: see its billing page."
    if status == _KEY_STATUS or words & _KEY_WORDS:
        return f"Check the key of provider '{provider}' and what it may be used for."
    return None


def asked_seconds(error: JsonObject, now: datetime) -> float | None:
    """Return how long the provider asks to wait, where it says so in the body: Google's `RetryInfo`."""
    delays = [detail.get("retryDelay") for detail in _details(error, "google.rpc.RetryInfo")]
    waits = [wait for delay in delays if isinstance(delay, str) and (wait := wait_of(delay, now)) is not None]
    return max(waits, default=None)


def day_is_used_up(error: JsonObject) -> bool:
    """Tell whether a quota of the day is what was exceeded: Google's `QuotaFailure`, which names each quota."""
    for detail in _details(error, "google.rpc.QuotaFailure"):
        violations = detail.get("violations")
        for violation in violations if isinstance(violations, list) else ():
            quota = violation.get("quotaId") if isinstance(violation, Mapping) else None
            if isinstance(quota, str) and "PerDay" in quota:
                return True
    return False


def _words(error: JsonObject) -> frozenset[str]:
    return frozenset(word for part in (error, *_details(error)) for word in _named(part))


def _details(error: JsonObject, kind: str = "") -> list[JsonObject]:
    """Return the details of an error as Google's APIs give them; `kind` is the end of their `@type`."""
    details = error.get("details")
    found = [part for part in details if isinstance(part, Mapping)] if isinstance(details, list) else []
    return [part for part in found if str(part.get("@type", "")).endswith(kind)]


def _named(part: JsonObject) -> list[str]:
    return [word for name in ("code", "type", "reason") if isinstance(word := part.get(name), str)]
