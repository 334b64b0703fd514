"""How each protocol is asked for the log-probabilities of the first tokens, as far as it has any to give."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.json_value import JsonObject

ALTERNATIVES = 20
"""Tokens whose probability is asked for at each place: the most that OpenAI and Gemini give."""

_SETTINGS: Mapping[str, JsonObject] = {
    "openai": {"logprobs": True, "top_logprobs": ALTERNATIVES},
    "openai_responses": {"include": ["message.output_text.logprobs"], "top_logprobs": ALTERNATIVES},
    "gemini": {"generationConfig": {"responseLogprobs": True, "logprobs": ALTERNATIVES}},
    "local": {"logprobs": True, "top_logprobs": ALTERNATIVES},
}


def logprob_settings(protocol: str) -> JsonObject | None:
    """Return what goes into a request's `extra`, None where the protocol has no log-probabilities."""
    return _SETTINGS.get(protocol)
