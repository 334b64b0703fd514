"""Compares two JSON Schemas of something that is read: may the new one let through what the old one did not?

Works keyword by keyword, which is sound for the schemas that contracts use (objects, arrays, enums,
limits, local references). Where a change cannot be judged that way (`anyOf`, `not`, `pattern`, …) it is
called breaking and says so: a caller can look, but cannot be surprised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from llmops_cli.core.canonical_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue

SchemaChange: TypeAlias = "tuple[tuple[str, ...], str, bool]"
"""Path of property names, what changed in words, and whether it can break a reader."""

_UPPER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"})
_LOWER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"})
_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples"}
    | {"deprecated", "readOnly", "writeOnly"},
)
_COMPARED = frozenset({"type", "enum", "const", "properties", "required", "additionalProperties", "items", "$ref"})
_ANYTHING: JsonObject = {}
_DEEPEST = 32


def schema_changes(old: JsonObject, new: JsonObject) -> Iterator[SchemaChange]:
    """Yield what changed between two schemas of an output; equal schemas yield nothing."""
    return _Comparison(old, new).changes(old, new, ())


class _Comparison:
    """One comparison; keeps the two roots, in which local references are looked up."""

    def __init__(self, old_root: JsonObject, new_root: JsonObject) -> None:
        self._old_root = old_root
        self._new_root = new_root
        # a schema may refer to itself: each pair is compared where it is met first
        self._met: set[tuple[int, int]] = set()

    def changes(self, old: JsonValue, new: JsonValue, path: tuple[str, ...]) -> Iterator[SchemaChange]:
        before, after = _as_object(old, self._old_root), _as_object(new, self._new_root)
        if before is None or after is None or len(path) > _DEEPEST:
            if not _equal(old, new):
                yield path, f"{_place(path)} changed in a way that cannot be compared", True
            return
        if before is after or (id(before), id(after)) in self._met:
            return
        self._met.add((id(before), id(after)))
        yield from _type_changes(before, after, path)
        yield from _value_changes(before, after, path)
        yield from _limit_changes(before, after, path)
        yield from _other_changes(before, after, path)
        yield from self._property_changes(before, after, path)
        yield from self._item_changes(before, after, path)

    def _property_changes(self, old: JsonObject, new: JsonObject, path: tuple[str, ...]) -> Iterator[SchemaChange]:
        before, after = _mapping(old, "properties"), _mapping(new, "properties")
        needed, needs = _names(old, "required"), _names(new, "required")
        for name in before:
            inner = (*path, name)
            if name not in after:
                yield inner, f"'{name}' was removed from {_place(path)}", True
                continue
            if (name in needed) != (name in needs):
                message = f"'{name}' of {_place(path)} became {'required' if name in needs else 'optional'}"
                yield inner, message, name in needed
            yield from self.changes(before[name], after[name], inner)
        for name in after:
            if name not in before:
                closed = old.get("additionalProperties") is False
                note = ", which allowed no other properties" if closed else ""
                yield (*path, name), f"'{name}' was added to {_place(path)}{note}", closed
        for name in sorted((needed ^ needs) - set(before) - set(after)):
            yield (*path, name), f"'{name}' is {'now' if name in needs else 'no longer'} required", name in needed
        yield from self._extra_properties(old, new, path)

    def _extra_properties(self, old: JsonObject, new: JsonObject, path: tuple[str, ...]) -> Iterator[SchemaChange]:
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if _equal(before, after) or after is False:
            if not _equal(before, after):
                yield path, f"{_place(path)} has no other properties now", False
        elif before is True:
            yield path, f"other properties of {_place(path)} follow a schema now", False
        elif before is False or after is True:
            yield path, f"{_place(path)} may have other properties now", True
        else:
            yield from self.changes(before, after, (*path, "*"))

    def _item_changes(self, old: JsonObject, new: JsonObject, path: tuple[str, ...]) -> Iterator[SchemaChange]:
        if "items" in old or "items" in new:
            yield from self.changes(old.get("items", True), new.get("items", True), (*path, "items"))


def _type_changes(old: JsonObject, new: JsonObject, path: tuple[str, ...]) -> Iterator[SchemaChange]:
    before, after = _names(old, "type"), _names(new, "type")
    if before == after:
        return
    if not after:
        yield path, f"{_place(path)} may be of any type now, not only {_joined(before)}", True
        return
    wider = {name for name in after if before and name not in before and not (name == "integer" and "number" in before)}
    if wider:
        yield path, f"{_place(path)} may be {_joined(wider)} now", True
    narrower = {name for name in before if name not in after and not (name == "integer" and "number" in after)}
    if narrower:
        yield path, f"{_place(path)} is no longer {_joined(narrower)}", False
    elif not before:
        yield path, f"{_place(path)} is {_joined(after)} now", False


def _value_changes(old: JsonObject, new: JsonObject, path: tuple[str, ...]) -> Iterator[SchemaChange]:
    before, after = _allowed(old), _allowed(new)
    if after is None and before is not None:
        yield path, f"{_place(path)} is no longer one of {_joined(before)}", True
    elif after is not None and before is None:
        yield path, f"{_place(path)} is one of {_joined(after)} now", False
    elif after is not None and before is not None:
        if added := after - before:
            yield path, f"{_place(path)} may be {_joined(added)} now", True
        if removed := before - after:
            yield path, f"{_place(path)} is never {_joined(removed)} now", False


def _limit_changes(old: JsonObject, new: JsonObject, path: tuple[str, ...]) -> Iterator[SchemaChange]:
    for keyword in sorted((_UPPER | _LOWER) & (set(old) | set(new))):
        before, after = old.get(keyword), new.get(keyword)
        if _equal(before, after):
            continue
        if not isinstance(after, (int, float)):
            yield path, f"{keyword} {before} of {_place(path)} was removed", True
        elif not isinstance(before, (int, float)):
            yield path, f"{_place(path)} has {keyword} {after} now", False
        else:
            wider = after > before if keyword in _UPPER else after < before
            yield path, f"{keyword} of {_place(path)} went from {before} to {after}", wider


def _other_changes(old: JsonObject, new: JsonObject, path: tuple[str, ...]) -> Iterator[SchemaChange]:
    for keyword in sorted((set(old) | set(new)) - _ANNOTATIONS - _COMPARED - _UPPER - _LOWER):
        if keyword not in old:
            yield path, f"{_place(path)} is further limited by '{keyword}'", False
        elif keyword not in new or not _equal(old[keyword], new[keyword]):
            yield path, f"'{keyword}' of {_place(path)} changed; whether that widens it cannot be told", True


def _as_object(schema: JsonValue, root: JsonObject) -> JsonObject | None:
    """Return the schema as an object, local references followed; None when that cannot be done."""
    seen = 0
    current: JsonValue = _ANYTHING if schema is True else schema
    while isinstance(current, dict) and isinstance(reference := current.get("$ref"), str):
        current = _pointed(root, reference) if seen < _DEEPEST else None
        seen += 1
    return current if isinstance(current, dict) else None


def _pointed(root: JsonObject, reference: str) -> JsonValue:
    if not reference.startswith("#"):
        return None
    current: JsonValue = root
    for part in filter(None, reference[1:].split("/")):
        name = part.replace("~1", "/").replace("~0", "~")
        current = current.get(name) if isinstance(current, dict) else None
    return current


def _mapping(schema: JsonObject, keyword: str) -> Mapping[str, JsonValue]:
    value = schema.get(keyword)
    return value if isinstance(value, dict) else {}


def _names(schema: JsonObject, keyword: str) -> frozenset[str]:
    value = schema.get(keyword)
    if isinstance(value, str):
        return frozenset({value})
    return frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()


def _allowed(schema: JsonObject) -> frozenset[str] | None:
    """Return the values that `enum` and `const` leave, as canonical JSON; None when any value may come."""
    if "const" in schema:
        return frozenset({canonical_json(schema["const"]).decode()})
    values = schema.get("enum")
    if not isinstance(values, list):
        return None
    return frozenset(canonical_json(value).decode() for value in cast("Sequence[JsonValue]", values))


def _equal(left: JsonValue, right: JsonValue) -> bool:
    return left is right or canonical_json(left) == canonical_json(right)


def _joined(words: frozenset[str] | set[str]) -> str:
    return " or ".join(sorted(words))


def _place(path: tuple[str, ...]) -> str:
    return f"'{'.'.join(path)}'" if path else "the answer"
