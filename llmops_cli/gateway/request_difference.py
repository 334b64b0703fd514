"""Why a recording does not fit: what differs between a request and the nearest one that was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue


def describe_difference(request: JsonObject, recorded: Iterable[JsonObject]) -> str:
    """Return a sentence that names what changed since the nearest recorded request, or that nothing is near."""
    nearest = max(recorded, key=lambda other: _likeness(request, other), default=None)
    if nearest is None or not _likeness(request, nearest):
        return "No recorded request has a message in common with it: the case is new, or every message changed."
    changes = list(_changes(request, nearest))
    return f"The prompt or its case changed since it was recorded: {'; '.join(changes)}."


def _likeness(request: JsonObject, other: JsonObject) -> int:
    """Count the messages in common; the last one weighs more, since that is where a case's input usually stands."""
    ours, theirs = _messages(request), _messages(other)
    same = sum(1 for a, b in zip(ours, theirs, strict=False) if a == b)
    return same + 2 * bool(ours and theirs and ours[-1] == theirs[-1])


def _changes(request: JsonObject, other: JsonObject) -> Iterator[str]:
    ours, theirs = _messages(request), _messages(other)
    if len(ours) != len(theirs):
        yield f"{len(theirs)} messages then, {len(ours)} now"
    for number, (now, then) in enumerate(zip(ours, theirs, strict=False), start=1):
        if now != then:
            yield f"message {number} ({now['role']}) is another text"
    yield from _changed_settings(request, other)
    for name in ("output", "tools"):
        if request.get(name) != other.get(name):
            yield f"{name} changed"


def _changed_settings(request: JsonObject, other: JsonObject) -> Iterator[str]:
    now = cast("Mapping[str, JsonValue]", request["model"])
    then = cast("Mapping[str, JsonValue]", other["model"])
    for name in sorted({*now, *then}):
        if now.get(name) != then.get(name):
            yield f"model.{name} was {_shown(then, name)} and is {_shown(now, name)}"


def _shown(settings: Mapping[str, JsonValue], name: str) -> str:
    return repr(settings[name]) if name in settings else "not set"


def _messages(request: JsonObject) -> Sequence[Mapping[str, JsonValue]]:
    return cast("Sequence[Mapping[str, JsonValue]]", request["messages"])
