"""Which language a text is in: a small naive-Bayes model over byte n-grams, in the package, offline."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from llmops_cli.registry.contracts.patterns import without_surrogates

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

ENOUGH = 4000
"""Characters looked at; more do not change the answer."""

LANGUAGES = frozenset((
    "af", "am", "an", "ar", "as", "az", "ba", "be", "bg", "bn", "br", "bs", "ca", "cs", "cy", "da", "de", "dz",
    "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fo", "fr", "fy", "ga", "gd", "gl", "gu", "ha", "he", "hi",
    "hr", "ht", "hu", "hy", "id", "ig", "is", "it", "ja", "jv", "ka", "kk", "km", "kn", "ko", "ku", "ky", "la",
    "lb", "lg", "ln", "lo", "lt", "lv", "mg", "mk", "ml", "mn", "mr", "ms", "mt", "my", "ne", "nl", "nn", "no",
    "oc", "om", "or", "pa", "pl", "ps", "pt", "qu", "ro", "ru", "rw", "sa", "se", "si", "sk", "sl", "sn", "so",
    "sq", "sr", "st", "sv", "sw", "ta", "te", "tg", "th", "tk", "tl", "tr", "tt", "ug", "uk", "ur", "uz", "vi",
    "vo", "wa", "xh", "yo", "zh", "zu",
))  # fmt: skip
"""The two-letter codes (ISO 639-1) that the model knows; a test compares them with the model's own list."""


def guess_language(text: str, candidates: tuple[str, ...] = ()) -> str | None:
    """Return the likeliest of the candidates (all languages when empty), or None for a text without letters."""
    beginning = without_surrogates(text.strip()[:ENOUGH])
    if not any(character.isalpha() for character in beginning):
        return None
    return str(_identifier(candidates).classify(beginning)[0])


@lru_cache(maxsize=8)
def _identifier(candidates: tuple[str, ...]) -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - numpy and 5 MB that few need

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    if candidates:
        identifier.set_languages(list(candidates))
    return identifier
