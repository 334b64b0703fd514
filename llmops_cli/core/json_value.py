"""The type of anything that JSON can say."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

JsonValue: TypeAlias = "str | int | float | bool | Mapping[str, JsonValue] | Sequence[JsonValue] | None"
"""A JSON value. Values of this type are read-only by agreement, whoever holds them."""

JsonObject: TypeAlias = "Mapping[str, JsonValue]"
"""A JSON object; read-only by agreement."""
