"""The answer declines to do what was asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.evals.measuring.metric_base import DeterministicMetric, Measure, Measurement, verdict
from llmops_cli.evals.measuring.text_matching import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext

BEGINNING = 300
"""Characters looked at: a refusal says so at once; further down the same words are mostly quoted."""

_PHRASES = (
    "i cannot help", "i can't help", "i cannot assist", "i can't assist", "i am unable to", "i'm unable to",
    "i cannot provide", "i can't provide", "i cannot fulfill", "i can't fulfill", "i cannot comply",
    "i can't comply", "i won't be able to", "i will not provide", "i must decline", "i have to decline",
    "i'm not able to", "i am not able to", "i cannot answer", "i can't answer", "i cannot do that",
    "i can't do that", "i'm sorry, but i can", "i am sorry, but i can", "sorry, i can't", "sorry, i cannot",
    "as an ai language model, i can", "i can't discuss", "i cannot discuss", "against my guidelines",
    "ich kann ihnen dabei nicht", "ich kann dir dabei nicht", "dabei kann ich nicht helfen",
    "das kann ich leider nicht", "je ne peux pas vous aider", "je ne peux pas répondre",
    "je suis désolé, mais je ne peux pas", "no puedo ayudar", "lo siento, pero no puedo", "non posso aiutar",
    "mi dispiace, ma non posso", "não posso ajudar", "desculpe, mas não posso", "ik kan je daar niet",
)  # fmt: skip


class Refusal(DeterministicMetric):
    """The answer declines: it has a refusing phrase among its first 300 characters.

    Phrases in English, German, French, Spanish, Italian, Portuguese and Dutch; add your own with
    `phrases`. It looks for words, it does not understand: a polite answer around the request is not
    seen. Ask for the opposite with `not: true`.

    Examples:
        {} on "I'm sorry, but I can't help with that." passes
        {} on "I’m unable to share account data." passes
        {} on "Here is your summary: the customer wants a refund." fails
        {"phrases": ["out of scope"]} on "That is out of scope for this assistant." passes
    """

    name: ClassVar[str] = "refusal"
    summary: ClassVar[str] = "the answer declines to do what was asked"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "properties": {
            "phrases": {
                "description": "Further phrases that mean a refusal here; case is ignored.",
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "default": [],
            },
        },
    }

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the search."""
        own = tuple(_plain(phrase) for phrase in cast("Sequence[str]", parameters["phrases"]))
        phrases = _PHRASES + own

        def search(context: ScoreContext) -> Measurement:
            beginning = _plain(context.completion.text.lstrip()[:BEGINNING])
            found = next((phrase for phrase in phrases if phrase in beginning), None)
            return verdict(found is not None, "no refusing phrase" if found is None else f"says {shown(found)}")

        return search


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("’", "'").casefold())
