"""Of a document that was read before, the part that changed: what is the same byte for byte is not read again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class ChangedPart:
    """`document` with the changed members alone; `first` members before them and `last` after them are the same."""

    first: int
    last: int
    document: bytes


def changed_part(data: bytes, start: bytes, end: bytes, members: Sequence[bytes]) -> ChangedPart | None:
    """Compare the members of the object between `start` and `end` with those that were there before.

    `members` are the texts `"name":value` of before, in order. None where the document has no such object. Nothing is
    promised of the bytes themselves: whoever puts the parts together again compares the whole.
    """
    opened, closed = data.find(start) + len(start), data.rfind(end)
    if opened < len(start) or closed < opened:
        return None
    first, low = 0, opened
    while first < len(members) and _ends_at(data, members[first], low, closed):
        low = min(low + len(members[first]) + 1, closed)
        first += 1
    last, high = 0, closed
    while last < len(members) - first and _begins_at(data, members[-1 - last], low, high):
        high = max(high - len(members[-1 - last]) - 1, low)
        last += 1
    changed = data[low:high].strip(b",")
    return ChangedPart(first, last, data[:opened] + changed + data[closed:])


def _ends_at(data: bytes, member: bytes, low: int, closed: int) -> bool:
    after = low + len(member)
    return data.startswith(member, low) and (after == closed or data[after : after + 1] == b",")


def _begins_at(data: bytes, member: bytes, low: int, high: int) -> bool:
    before = high - len(member)
    return before >= low and data.endswith(member, low, high) and (before == low or data[before - 1 : before] == b",")
