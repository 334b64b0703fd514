"""The answer is in one of the expected languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.scores import ParameterProblem
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.evals.measuring.language_of_text import LANGUAGES, guess_language
from llmops_cli.evals.measuring.metric_base import (
    DeterministicMetric,
    Measure,
    Measurement,
    cannot_fail,
    failing,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext


class Language(DeterministicMetric):
    """The answer is written in one of the expected languages (two-letter codes of ISO 639-1).

    A small statistical model decides; it needs a sentence. Naming in `among` the languages that can
    occur makes it far more reliable on short answers. An answer without letters is in no language.

    Examples:
        {"languages": ["de"]} on "Der Kunde möchte sein Geld zurück, weil das Paket beschädigt war." passes
        {"languages": ["de"]} on "The customer wants a refund because the parcel was damaged." fails
        {"languages": ["fr", "en"]} on "Le client demande un remboursement pour sa commande." passes
        {"languages": ["es"], "among": ["es", "pt", "en"]} on "El cliente quiere un reembolso." passes
        {"languages": ["en"]} on "12345" fails
    """

    name: ClassVar[str] = "language"
    summary: ClassVar[str] = "the answer is written in one of the expected languages"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["languages"],
        "properties": {
            "languages": {
                "description": "The languages that pass, as two-letter codes.",
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
            },
            "among": {
                "description": "The languages that can occur, as two-letter codes. Default: all that are known.",
                "type": "array",
                "items": {"type": "string"},
                "default": [],
            },
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """The codes are known, and another language can occur."""
        wanted = cast("Sequence[str]", parameters["languages"])
        among = cast("Sequence[str]", parameters["among"])
        problems = [
            ParameterProblem(parameter=name, message=f"{name}: '{code[:20]}' is not known.", hint=_hint(code))
            for name, codes in (("languages", wanted), ("among", among))
            for code in codes
            if code not in LANGUAGES
        ]
        if not problems and among and set(among) <= set(wanted):
            message = "among names no language that would fail, so the metric cannot fail."
            problems.append(cannot_fail("among", message, "Name the other languages that can occur."))
        return problems

    def measure(self, parameters: JsonObject) -> Measure:
        """Return the guess."""
        wanted = tuple(cast("Sequence[str]", parameters["languages"]))
        among = tuple(cast("Sequence[str]", parameters["among"]))
        candidates = tuple(sorted({*wanted, *among})) if among else ()

        def guess(context: ScoreContext) -> Measurement:
            language = guess_language(context.completion.text, candidates)
            if language is None:
                return failing("has no letters, so no language")
            return verdict(language in wanted, f"reads as {language}, expected {' or '.join(wanted)}")

        return guess


def _hint(code: str) -> str:
    return did_you_mean(code, LANGUAGES) or "Use a two-letter code of ISO 639-1: en, de, fr."
