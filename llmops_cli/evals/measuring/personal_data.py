"""Personal data that a pattern and a check digit can recognise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from llmops_cli.registry.contracts.patterns import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Sequence

Check: TypeAlias = Callable[[str], bool]

_CARD_DIGITS = range(13, 20)
_IBAN_LENGTH = range(15, 35)
_PHONE_DIGITS = range(8, 16)
_OCTET = 255


def luhn(number: str) -> bool:
    """Return whether the digits end in the right check digit (ISO/IEC 7812-1, annex B)."""
    digits = [int(character) for character in number if character.isdecimal()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004 - 5 doubled has two digits
    return len(digits) in _CARD_DIGITS and len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def iban(text: str) -> bool:
    """Return whether the check digits are right (ISO 13616: the rearranged number is 1 modulo 97)."""
    compact = "".join(text.split()).upper()
    if len(compact) not in _IBAN_LENGTH:
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def _ssn(text: str) -> bool:
    area, group, serial = text.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _phone(text: str) -> bool:
    return sum(character.isdecimal() for character in text) in _PHONE_DIGITS


def _ipv4(text: str) -> bool:
    return all(int(part) <= _OCTET for part in text.split("."))


# RE2: linear on hostile answers; \b is ASCII there, which fits what is looked for
_RECOGNISERS: Mapping[str, tuple[str, Check]] = {
    "email": (r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}", lambda _text: True),
    "phone": (
        r"(?:\+|\b00)[1-9](?:[ ./-]?\(?\d\)?){7,14}\b|\(\d{3}\) ?\d{3}[ -]\d{4}\b|\b\d{3}[-.]\d{3}[-.]\d{4}\b",
        _phone,
    ),
    "iban": (r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,4})?\b", iban),
    "card": (r"\b\d(?:[ -]?\d){12,18}\b", luhn),
    "us_ssn": (r"\b\d{3}-\d{2}-\d{4}\b", _ssn),
    "ipv4": (r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", _ipv4),
}

KINDS = tuple(_RECOGNISERS)
"""The kinds of personal data that can be looked for."""


def find_personal_data(text: str, kinds: Sequence[str], allowed: frozenset[str]) -> Mapping[str, int]:
    """Return how many matches of each kind `text` holds; kinds without a match are left out."""
    import re2  # noqa: PLC0415 - C++ that only suites with patterns need

    readable = without_surrogates(text)
    found: dict[str, int] = {}
    for kind in kinds:
        pattern, check = _RECOGNISERS[kind]
        matches = (match.group() for match in re2.finditer(pattern, readable))
        count = sum(1 for match in matches if match not in allowed and check(match))
        if count:
            found[kind] = count
    return found
