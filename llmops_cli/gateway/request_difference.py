"""Why a recording does not fit: what differs between a request and the nearest one that was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue

NEAR = 0.3
"""The likeness of the messages, from 0 to 1, from which a recorded request counts as the same case before an edit."""

_SHOWN = 60


def describe_difference(request: JsonObject, recorded: Iterable[JsonObject]) -> str:
    """Return a sentence that names what changed since the nearest recorded request, or that nothing is near."""
    likeness, nearest = max(((_likeness(request, other), other) for other in recorded), key=_first, default=(0.0, None))
    if nearest is None or likeness < NEAR:
        return "No recorded request is like it: the case is new, or most of the prompt changed."
    return f"Since it was recorded, the prompt or its case changed: {'; '.join(_changes(request, nearest))}."


def _first(pair: tuple[float, JsonObject]) -> float:
    return pair[0]


def _likeness(request: JsonObject, other: JsonObject) -> float:
    """Return how much of the messages is the same, from 0 to 1, message by message."""
    ours, theirs = _messages(request), _messages(other)
    same = [_likeness_of_texts(_text(a), _text(b)) for a, b in zip(ours, theirs, strict=False)]
    return sum(same) / max(len(ours), len(theirs), 1)


def _likeness_of_texts(now: str, then: str) -> float:
    """Return the part of both that is the same at the beginning and at the end: edits sit in one place mostly."""
    if now == then:
        return 1.0
    start, end = _common_ends(now, then)
    return (start + end) / max(len(now), len(then))


def _common_ends(now: str, then: str) -> tuple[int, int]:
    """Return how many characters both have in common at the beginning, and beyond those at the end."""
    start = _common_start(now, then)
    return start, _common_start(now[start:][::-1], then[start:][::-1])


def _common_start(one: str, other: str) -> int:
    # by halves: slices compare in C, and there may be thousands of recordings
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[:middle] == other[:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _changes(request: JsonObject, other: JsonObject) -> Iterator[str]:
    ours, theirs = _messages(request), _messages(other)
    if len(ours) != len(theirs):
        yield f"{len(theirs)} messages then, {len(ours)} now"
    for number, (now, then) in enumerate(zip(ours, theirs, strict=False), start=1):
        if now["role"] != then["role"]:
            yield f"message {number} was of role {then['role']} and is of role {now['role']}"
        if now["content"] != then["content"]:
            yield f"message {number} ({now['role']}) {_edit(_text(now), _text(then))}"
    yield from _changed_settings(request, other)
    for name in ("output", "tools"):
        if request.get(name) != other.get(name):
            yield f"{name} changed"


def _edit(now: str, then: str) -> str:
    start, end = _common_ends(now, then)
    # whole words: "short" reads better than the letters of it that happen to differ
    while start and now[start - 1].isalnum() and _any_alnum(_part(now, start, end)[:1], _part(then, start, end)[:1]):
        start -= 1
    while end and now[-end].isalnum() and _any_alnum(_part(now, start, end)[-1:], _part(then, start, end)[-1:]):
        end -= 1
    return f"had {_quoted(_part(then, start, end))} where it now has {_quoted(_part(now, start, end))}"


def _part(text: str, start: int, end: int) -> str:
    return text[start : len(text) - end]


def _any_alnum(*texts: str) -> bool:
    return any(text.isalnum() for text in texts)


def _quoted(text: str) -> str:
    return f"'{shortened(safe_text(text, one_line=True), _SHOWN)}'" if text else "nothing"


def _changed_settings(request: JsonObject, other: JsonObject) -> Iterator[str]:
    now = cast("Mapping[str, JsonValue]", request["model"])
    then = cast("Mapping[str, JsonValue]", other["model"])
    for name in sorted({*now, *then}):
        if now.get(name) != then.get(name):
            yield f"model.{name} was {_shown(then, name)} and is {_shown(now, name)}"


def _shown(settings: Mapping[str, JsonValue], name: str) -> str:
    if name not in settings:
        return "not set"
    return shortened(safe_text(repr(settings[name]), one_line=True), _SHOWN)


def _messages(request: JsonObject) -> Sequence[Mapping[str, JsonValue]]:
    return cast("Sequence[Mapping[str, JsonValue]]", request["messages"])


def _text(message: Mapping[str, JsonValue]) -> str:
    return str(message["content"])
