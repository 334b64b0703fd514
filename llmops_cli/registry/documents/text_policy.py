"""Which characters may stand in prompt text: what a reviewer sees is what a model reads.

Refused are controls, characters that reorder text (CVE-2021-42574, "Trojan Source"), characters that
nobody sees but a tokenizer reads (tag characters, zero-width characters, runs of variation selectors),
and private-use characters. Joiners and selectors pass where scripts and emoji need them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTROL = "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff"
_BIDI = "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069"
_PRIVATE = "\\ue000-\\uf8ff\\U000f0000-\\U000ffffd\\U00100000-\\U0010fffd"
_NONCHARACTERS = "\\ufdd0-\\ufdef" + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(17))
_INVISIBLE = (
    "\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200d\\u2060-\\u2065\\u206a-\\u206f"
    "\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffc\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a"
    "\\U000e0000-\\U000e0fff"
)
_SUSPECT = re.compile(f"[{_CONTROL}{_BIDI}{_PRIVATE}{_INVISIBLE}{_NONCHARACTERS}]+")
_RULES = (
    ("control-character", re.compile(f"[{_CONTROL}]")),
    ("bidi-character", re.compile(f"[{_BIDI}]")),
    ("private-use-character", re.compile(f"[{_PRIVATE}]")),
)

_JOINERS = frozenset("\u200c\u200d")
_ZERO_WIDTH_JOINER = "\u200d"
_EMOJI_PRESENTATION = frozenset("\ufe0e\ufe0f")
_CATEGORIES_WITH_FORMS = frozenset({"So", "Sm", "Po", "Pd", "Sk", "Lo", "Mc", "Cn"})
# scripts whose letters join or stack: Arabic to Sinhala, Thai to Myanmar, Khmer to Mongolian, Limbu to Vedic
# extensions, Phags-pa and Devanagari extended, Arabic presentation forms, Brahmic scripts, Adlam
_JOINING_SCRIPT = re.compile(
    "[\\u0600-\\u109f\\u1780-\\u18af\\u1900-\\u1cff\\ua840-\\ua8ff\\ua980-\\uaaff\\uabc0-\\uabff\\ufb50-\\ufdcf"
    "\\ufdf0-\\ufdff\\ufe70-\\ufefe\\U00010a00-\\U00010aff\\U00011000-\\U00011fff\\U0001e900-\\U0001e95f]"
)
_TAG_BASE = 0xE0000
_TAG_END = 0xE007F
_FLAGS = tuple(
    "".join(chr(_TAG_BASE + ord(letter)) for letter in region) + chr(_TAG_END) for region in ("gbeng", "gbsct", "gbwls")
)
"""The tags that follow a black flag to make England's, Scotland's, Wales' (UTS #51); no other emoji has tags."""
_BLACK_FLAG = "\U0001f3f4"
_MOST_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TextProblem:
    """A run of characters that may not stand in prompt text.

    `offset` counts characters from 0; `rule` is `control-character`, `bidi-character`,
    `invisible-character` or `private-use-character`; `message` is safe to show.
    """

    offset: int
    code_points: tuple[int, ...]
    rule: str
    message: str


def scan_text(text: str) -> tuple[TextProblem, ...]:
    """Return every run of characters in `text` that the policy refuses, in order. TAB and LF pass."""
    # the class is large and slow to match, and a text repeats few letters: ask about each of them once
    if not _SUSPECT.search("".join(set(text))):
        return ()
    return tuple(problem for match in _SUSPECT.finditer(text) for problem in _judge(text, match.start(), match.end()))


def mixed_scripts(identifier: str) -> str | None:
    """Return why `identifier` could be mistaken for another one, or None.

    Identifiers that mix scripts (a Cyrillic letter among Latin ones) look like one name and are another.
    """
    by_script: dict[str, str] = {}
    for letter in identifier:
        if letter.isalpha():
            by_script.setdefault(_script(letter), letter)
    if len(by_script) < 2:  # noqa: PLR2004 - one script is no mixture
        return None
    odd = next((letter for letter in by_script.values() if not letter.isascii()), identifier[0])
    scripts = " and ".join(sorted(script.capitalize() for script in by_script))
    return f"mixes {scripts} letters: {describe(ord(odd))}"


def describe(code_point: int) -> str:
    """Return `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    name = unicodedata.name(chr(code_point), "") or _UNNAMED.get(code_point, "")
    return f"U+{code_point:04X} {name}".rstrip()


_UNNAMED = {0x00: "NULL", 0x07: "BELL", 0x08: "BACKSPACE", 0x0D: "CARRIAGE RETURN", 0x1B: "ESCAPE", 0x7F: "DELETE", 0x85: "NEXT LINE"}  # fmt: skip # noqa: E501


def _judge(text: str, start: int, end: int) -> Iterator[TextProblem]:
    """Split one run of suspects into problems of one rule each, leaving out what has its place there."""
    begin, rule = start, ""
    offset = start
    while offset < end:
        width = _welcome(text, offset)
        found = "" if width else _rule_of(text[offset])
        if rule and found != rule:
            yield _problem(text, begin, offset, rule)
        if found != rule:
            begin, rule = offset, found
        offset += width or 1
    if rule:
        yield _problem(text, begin, end, rule)


def _rule_of(character: str) -> str:
    return next((rule for rule, pattern in _RULES if pattern.match(character)), "invisible-character")


def _welcome(text: str, offset: int) -> int:
    """Return how many characters from `offset` on are in their right place: 0 when the first is not."""
    before, character = text[max(offset - 1, 0) : offset], text[offset]
    if not before:
        return 0
    if before == _BLACK_FLAG:
        return next((len(flag) for flag in _FLAGS if text.startswith(flag, offset)), 0)
    if character in _JOINERS:
        return 1 if _JOINING_SCRIPT.match(before) or _joins_emoji(text, offset) else 0
    return 1 if _takes_selector(before, character) else 0


def _joins_emoji(text: str, offset: int) -> bool:
    if text[offset] != _ZERO_WIDTH_JOINER:
        return False
    before = text[:offset].rstrip("\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")[-1:]
    return _is_pictograph(before) and _is_pictograph(text[offset + 1 : offset + 2])


def _is_pictograph(character: str) -> bool:
    # emoji are symbols (So), a few arrows among them are Sm; unassigned (Cn) in the pictographic planes are newer emoji
    return bool(character) and (
        unicodedata.category(character) in {"So", "Sm"} or "\U0001f000" <= character <= "\U0001faff"
    )


def _takes_selector(before: str, selector: str) -> bool:
    """Tell whether a variation selector after `before` chooses one of its forms: Mongolian, CJK, symbols."""
    if "\u180b" <= selector <= "\u180f":
        return "\u1820" <= before <= "\u18aa"
    if "\U000e0100" <= selector <= "\U000e01ef":
        return unicodedata.name(before, "").startswith("CJK ")
    if not "\ufe00" <= selector <= "\ufe0f":
        return False
    if before.isascii():
        return before in "#*0123456789" and selector in _EMOJI_PRESENTATION
    return unicodedata.category(before) in _CATEGORIES_WITH_FORMS


def _problem(text: str, start: int, end: int, rule: str) -> TextProblem:
    run = text[start:end]
    return TextProblem(
        offset=start, code_points=tuple(map(ord, run)), rule=rule, message=f"{_names(run)} {_harm(run, rule)}"
    )


def _names(run: str) -> str:
    distinct = list(dict.fromkeys(run))
    names = ", ".join(describe(ord(character)) for character in distinct[:_MOST_SHOWN])
    more = f" and {len(distinct) - _MOST_SHOWN} more" if len(distinct) > _MOST_SHOWN else ""
    return f"{names}{more}" if len(run) == 1 else f"{len(run)} characters ({names}{more})"


def _harm(run: str, rule: str) -> str:
    if rule == "control-character":
        shown = "".join(f"\\x{ord(c):02x}" if ord(c) < 0xA0 else f"<U+{ord(c):04X}>" for c in run[:_MOST_SHOWN])  # noqa: PLR2004
        return f"({shown}) can steer a terminal or end a text early."
    if rule == "bidi-character":
        return "can show reviewers another text than the model reads (Trojan Source)."
    if rule == "private-use-character":
        return "means something else on every machine."
    hidden = hidden_text(run)
    return f'hides the text "{hidden}".' if hidden else "cannot be seen, but the model reads it."


def hidden_text(run: str) -> str:
    """Return the ASCII text that tag characters or variation selectors smuggle, or an empty string."""
    decoded: list[str] = []
    for character in run:
        code_point = ord(character)
        if _TAG_BASE < code_point < _TAG_END:
            decoded.append(chr(code_point - _TAG_BASE))
        elif 0xE0100 <= code_point <= 0xE01EF:  # noqa: PLR2004 - VS17 to VS256 carry the bytes 16 to 255
            decoded.append(chr(code_point - 0xE0100 + 16))
        elif "\ufe00" <= character <= "\ufe0f":
            decoded.append(chr(code_point - 0xFE00))
    text = "".join(decoded)
    return text if len(text) > 1 and text.isascii() and text.isprintable() else ""


def _script(letter: str) -> str:
    """Return the first word of the letter's name, which is its script for all letters people confuse."""
    return unicodedata.name(letter, "UNKNOWN").split()[0]
