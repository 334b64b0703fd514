"""Regular expressions from suites: RE2, which answers in time linear in the text, whatever the pattern."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

PATTERN_LIMIT_BYTES = 1024
"""The longest pattern that is taken; a longer one is a program, and cannot be reviewed."""

_SURROGATES = re.compile("[\ud800-\udfff]")

_UNSUPPORTED = (
    (re.compile(r"\(\?<?[=!]"), "look-around"),
    (re.compile(r"\\[1-9]|\\k<|\(\?P="), "back-references"),
    (re.compile(r"\(\?>"), "atomic groups"),
    (re.compile(r"\(\?\("), "conditional groups"),
    (re.compile(r"\\Z"), r"\Z (write \z)"),
)


class PatternError(ValueError):
    """The pattern cannot be used; the message says which construct is to blame and what to do instead."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    source: str
    _compiled: Any

    def found_in(self, text: str) -> str | None:
        """Return the first match in `text`, or None."""
        match = self._compiled.search(without_surrogates(text))
        return None if match is None else str(match.group())

    def covers(self, text: str) -> bool:
        """Return whether the pattern matches `text` from its beginning to its end."""
        return self._compiled.fullmatch(without_surrogates(text)) is not None


@lru_cache(maxsize=512)
def compile_pattern(source: str, flags: str = "") -> Pattern:
    """Compile a pattern; `flags` are the letters of RE2's inline flags (`i`, `m`, `s`).

    Raises:
        PatternError: when RE2 does not take it, or it is too long.
    """
    import re2  # noqa: PLC0415 - C++ that only suites with patterns need

    size = len(source.encode("utf-8", "replace"))
    if size > PATTERN_LIMIT_BYTES:
        message = f"the pattern has {size} bytes; at most {PATTERN_LIMIT_BYTES} are taken"
        raise PatternError(message)
    options = re2.Options()
    options.log_errors = False  # RE2 would write to stderr by itself
    try:
        return Pattern(source, re2.compile(f"(?{flags})(?:{source})" if flags else source, options))
    except (re2.error, UnicodeError) as error:
        raise PatternError(_explained(source, error)) from None


def without_surrogates(text: str) -> str:
    """Return `text` with lone surrogates, which have no UTF-8 form, replaced by U+FFFD."""
    return text if text.isascii() else _SURROGATES.sub("�", text)


def _explained(source: str, error: Exception) -> str:
    reason = error.args[0] if error.args else error
    shown = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    names = [name for construct, name in _UNSUPPORTED if construct.search(source)]
    if "repetition operator" in shown and shown.endswith("+"):
        names.append("possessive quantifiers")
    if names:
        return f"{names[0]}: not available in RE2, the engine that cannot be made to hang"
    if "repetition size" in shown:
        shown += " (a count goes up to 1000)"
    return shown
