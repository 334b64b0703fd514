"""What changed between two JSON values, one row per place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.json_value import JsonObject, JsonValue


class ChangeKind(StrEnum):
    """Whether a place is new, gone, or says something else."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange:
    """One place, named as in the file (`model.temperature`), with what it said before and says now.

    `before` is None where the place is new, `after` where it is gone; `kind` tells that from a null.
    """

    path: str
    kind: ChangeKind
    before: JsonValue
    after: JsonValue


def value_changes(old: JsonObject, new: JsonObject, path: str = "") -> Iterator[ValueChange]:
    """Walk what differs between two objects, in the order of the new one, then what is gone.

    Objects are compared inside; lists are values: their order is their meaning. Numbers are equal when
    their canonical JSON is (1 and 1.0 are, 1 and true are not).
    """
    for key in (*new, *(key for key in old if key not in new)):
        place = f"{path}.{key}" if path else key
        before, after = old.get(key), new.get(key)
        if key not in old:
            yield ValueChange(path=place, kind=ChangeKind.ADDED, before=None, after=after)
        elif key not in new:
            yield ValueChange(path=place, kind=ChangeKind.REMOVED, before=before, after=None)
        elif isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from value_changes(before, after, place)
        elif canonical_json(before) != canonical_json(after):
            yield ValueChange(path=place, kind=ChangeKind.CHANGED, before=before, after=after)
