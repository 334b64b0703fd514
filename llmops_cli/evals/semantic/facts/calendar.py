"""Days, months, weekdays and clock times as English texts and ISO 8601 write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmops_cli.evals.semantic.facts.tokens import Token

_MONTH_LIST = "january february march april may june july august september october november december"
_WEEKDAY_LIST = "monday tuesday wednesday thursday friday saturday sunday"
_MONTHS: Mapping[str, int] = {
    **{name: number for number, name in enumerate(_MONTH_LIST.split(), start=1)},
    **{name[:3]: number for number, name in enumerate(_MONTH_LIST.split(), start=1)},
    "sept": 9,
}
_WEEKDAYS: Mapping[str, int] = {
    **{name: number for number, name in enumerate(_WEEKDAY_LIST.split())},
    **{f"{name}s": number for number, name in enumerate(_WEEKDAY_LIST.split())},
    **{name[:3]: number for number, name in enumerate(_WEEKDAY_LIST.split())},
}
_ALSO_WORDS = frozenset({"may", "march", "mar", "jan", "sat", "sun", "wed", "mon"})
"""Names that are words or first names too: they count only beside a number, or not at all."""

_NAMED_TIMES = {"noon": 12 * 60, "midnight": 0}
_YEAR_DIGITS = 4
_FIRST_YEAR, _LAST_YEAR = 1000, 2999


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as far as the text gives it; fields that it leaves open are None. `clock` is minutes of the day."""

    written: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    clock: int | None = None
    day_first_unknown: bool = False

    @property
    def kind(self) -> str:
        """What the moment is: two of different kinds do not contradict each other."""
        return "time" if self.clock is not None else "weekday" if self.weekday is not None else "date"

    def agrees(self, other: Moment) -> bool:
        """Tell whether both may mean the same: no field that both give differs, and one is given by both."""
        if self.kind != other.kind:
            return False
        mine, theirs = self._fields(), other._fields()
        if self._same(mine, theirs):
            return True
        if self.day_first_unknown or other.day_first_unknown:
            year, month, day, *rest = mine
            return self._same((year, day, month, *rest), theirs)
        return False

    def _fields(self) -> tuple[int | None, ...]:
        return (self.year, self.month, self.day, self.weekday, self.clock)

    @staticmethod
    def _same(mine: Sequence[int | None], theirs: Sequence[int | None]) -> bool:
        both = [(a, b) for a, b in zip(mine, theirs, strict=True) if a is not None and b is not None]
        return bool(both) and all(a == b for a, b in both)

    def numbers(self) -> Iterator[int]:
        """Yield the numbers of the date, which the other text may name by themselves."""
        yield from (number for number in (self.year, self.day) if number is not None)


def moments_of(tokens: Sequence[Token]) -> tuple[tuple[Moment, ...], frozenset[int]]:
    """Return the moments of a text, and the numbers of the tokens that they take up."""
    found: list[Moment] = []
    taken: set[int] = set()
    place = 0
    while place < len(tokens):
        read = _numeric(tokens[place]) or _clock(tokens, place) or _month(tokens, place) or _weekday(tokens[place])
        if read is None:
            place += 1
            continue
        moment, length = read
        found.append(moment)
        taken.update(range(place, place + length))
        place += length
    return tuple(found), frozenset(taken)


def _numeric(token: Token) -> tuple[Moment, int] | None:
    if token.is_number and token.text.count("-") == 2:  # noqa: PLR2004 - year, month, day
        year, month, day = map(int, token.text.split("-"))
        return Moment(token.text, year, month, day), 1
    if token.is_number and token.text.count("/") == 2:  # noqa: PLR2004 - as above
        one, two, year = map(int, token.text.split("/"))
        month, day = (two, one) if one > 12 else (one, two)  # noqa: PLR2004 - months in a year
        unknown = max(one, two) <= 12 and one != two  # noqa: PLR2004
        return Moment(token.text, year, month, day, day_first_unknown=unknown), 1
    return None


def _clock(tokens: Sequence[Token], place: int) -> tuple[Moment, int] | None:
    token = tokens[place]
    if token.lower in _NAMED_TIMES:
        return Moment(token.text, clock=_NAMED_TIMES[token.lower]), 1
    hour, colon, minutes = token.text.partition(":")
    if len(hour) > 2:  # noqa: PLR2004 - no hour has more digits
        return None
    if not (token.is_number and hour.isdecimal() and (not colon or minutes.isdecimal())) or int(hour) > 24:  # noqa: PLR2004
        return None
    half, length = _half_of_day(tokens, place + 1)
    if not colon and not half:
        return None
    at = int(hour) % 12 + (12 if half == "p" else 0) if half else int(hour)
    written = token.text + (f" {half}m" if half else "")
    return Moment(written, clock=at * 60 + int(minutes or 0)), 1 + length


def _half_of_day(tokens: Sequence[Token], place: int) -> tuple[str, int]:
    """Return `a` or `p` and the tokens that it takes: `pm`, `p.m.`, `p.m`."""
    words = [token.lower for token in tokens[place : place + 4]]
    if words[:1] in (["am"], ["pm"]):
        return words[0][0], 1
    if words[:3] in (["a", ".", "m"], ["p", ".", "m"]):
        return words[0], 3 + (words[3:4] == ["."])
    return "", 0


def _month(tokens: Sequence[Token], place: int) -> tuple[Moment, int] | None:
    """Read `March 3, 2025`, `3rd of March 2025`, `March 2025`, `in April`."""
    end, day = place, None
    if tokens[place].is_number:
        day = _day(tokens[place])
        end = place + 1
        end += _is(tokens, end, {"st", "nd", "rd", "th"})
        end += _is(tokens, end, {"of"})
    if end >= len(tokens) or tokens[end].lower not in _MONTHS or (end > place and day is None):
        return None
    name = tokens[end]
    end += 1
    if day is None:
        end, day = _day_behind(tokens, end)
    end, year = _year_behind(tokens, end)
    alone = day is None and year is None
    if not name.text[0].isupper() or (alone and name.lower in _ALSO_WORDS):
        return None
    written = " ".join(token.text for token in tokens[place:end]).replace(" ,", ",")
    return Moment(written, year, _MONTHS[name.lower], day), end - place


def _day_behind(tokens: Sequence[Token], place: int) -> tuple[int, int | None]:
    day = _day(tokens[place]) if place < len(tokens) else None
    if day is None:
        return place, None
    place += 1
    return place + _is(tokens, place, {"st", "nd", "rd", "th"}), day


def _year_behind(tokens: Sequence[Token], place: int) -> tuple[int, int | None]:
    at = place + _is(tokens, place, {","})
    text = tokens[at].text if at < len(tokens) else ""
    if text.isdecimal() and len(text) == _YEAR_DIGITS and _FIRST_YEAR <= int(text) <= _LAST_YEAR:
        return at + 1, int(text)
    return place, None


def _weekday(token: Token) -> tuple[Moment, int] | None:
    if token.lower not in _WEEKDAYS or token.lower in _ALSO_WORDS or not token.text[0].isupper():
        return None
    return Moment(token.text, weekday=_WEEKDAYS[token.lower]), 1


def _day(token: Token) -> int | None:
    return int(token.text) if token.text.isdecimal() and len(token.text) <= 2 and 1 <= int(token.text) <= 31 else None  # noqa: PLR2004


def _is(tokens: Sequence[Token], place: int, words: set[str]) -> bool:
    return place < len(tokens) and tokens[place].lower in words
