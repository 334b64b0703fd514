"""Reading answers that others wrote: one place turns every surprise in their shape into a provider error."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from llmops_cli.core.errors import ProviderError
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn missing and misshapen fields into one error that names `what` was expected."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        reason = shortened(safe_text(str(error), one_line=True), 120)
        message = f"the provider's answer is not {what} ({type(error).__name__}: {reason})."
        raise ProviderError(message) from error


def fields(value: JsonValue) -> JsonObject:
    """Return an object; nothing counts as an empty one."""
    return cast("Mapping[str, JsonValue]", value or {})


def items(value: JsonValue) -> Sequence[JsonObject]:
    """Return the objects of an array; nothing counts as an empty one."""
    return cast("Sequence[Mapping[str, JsonValue]]", value or ())


def text_of(value: JsonValue) -> str:
    """Return a text; nothing counts as an empty one, and anything else is no text.

    Half of a surrogate pair, which JSON can say and no file can hold, becomes U+FFFD.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        message = f"expected text, got {type(value).__name__}"
        raise TypeError(message)
    return whole_text(value)


def whole_text(text: str) -> str:
    """Return `text` with U+FFFD in the place of half surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def count_of(value: JsonValue) -> int:
    """Return a number of tokens; what is missing or negative counts as none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def number_of(value: JsonValue) -> float:
    """Return a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        message = f"expected a number, got {type(value).__name__}"
        raise TypeError(message)
    return float(value)


def as_arguments(value: JsonValue) -> str:
    """Return the arguments of a tool call as JSON text, where the protocol sends them as an object."""
    return json.dumps(value if value is not None else {}, ensure_ascii=False, separators=(",", ":"))
