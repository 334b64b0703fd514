"""Has a value from somebody else's code the attributes that its type promises? Types are not checked when code runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def wrong_attribute(value: object, types: Mapping[str, type | tuple[type, ...]]) -> str:
    """Return the first attribute that is missing or of another type, or an empty string."""
    missing = object()
    return next((name for name, kind in types.items() if not isinstance(getattr(value, name, missing), kind)), "")
