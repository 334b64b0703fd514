"""How a provider says that it is not about the request, but about who asks: a wrong key, or nothing left to pay with.

Vendors say it in ways that look like something else: OpenAI sends the 429 of a rate limit when credit is used up,
Anthropic and Gemini the 400 of a bad request for credit and for keys. Waiting and asking again help in none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject, JsonValue

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
    """Return what to do when the refusal is about the account, None when it is about anything else.

    `error` is the object of that name in the answer's body, empty where there is none.
    """
    words = _words(error)
    said = error.get("message")
    broke = isinstance(said, str) and _CREDIT_SENTENCE in said
    if status == _CREDIT_STATUS or broke or words & _CREDIT_WORDS:
        return f"The account of provider '{provider}' has nothing left to pay with: see its billing page."
    if status == _KEY_STATUS or words & _KEY_WORDS:
        return f"Check the key of provider '{provider}' and what it may be used for."
    return None


def _words(error: JsonObject) -> frozenset[str]:
    details = error.get("details")
    parts = [error, *(details if isinstance(details, list) else ())]
    return frozenset(word for part in parts if isinstance(part, Mapping) for word in _named(part))


def _named(part: Mapping[str, JsonValue]) -> list[str]:
    return [word for name in ("code", "type", "reason") if isinstance(word := part.get(name), str)]
