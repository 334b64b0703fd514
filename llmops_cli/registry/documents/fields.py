"""Reads fields of documents that a schema has accepted, so that each file kind is built in plain sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject, JsonValue

_Value = TypeVar("_Value")


def field_of(entry: JsonObject, key: str, default: _Value) -> _Value:
    """Return the value of a field, whose type the schema has checked; null means that it is not set."""
    value = entry.get(key)
    return default if value is None else cast("_Value", value)


def object_of(entry: JsonObject, key: str) -> JsonObject:
    """Return a mapping, empty when it is not there."""
    value = entry.get(key)
    return cast("JsonObject", value) if value is not None else {}


def objects_of(entry: JsonObject, key: str) -> tuple[JsonObject, ...]:
    """Return a list of mappings, empty when it is not there."""
    return tuple(field_of(entry, key, cast("list[JsonObject]", [])))


def texts_of(entry: JsonObject, key: str) -> tuple[str, ...]:
    """Return a list of texts, empty when it is not there."""
    return tuple(field_of(entry, key, cast("list[str]", [])))


def values_of(entry: JsonObject, key: str) -> tuple[JsonValue, ...]:
    """Return a list of anything, empty when it is not there."""
    return tuple(field_of(entry, key, cast("list[JsonValue]", [])))
