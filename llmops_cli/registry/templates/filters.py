"""Filters that replace Jinja2's own: same results, but nothing is escaped and no small input makes a huge output."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from llmops_cli.registry.templates import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment

_Attribute: TypeAlias = "str | int | None"

_DIGITS = 15
_INDENT = 8


class LimitReachedError(Exception):
    """A rendering grew or took longer than the limits allow; the text says which."""


def replace(text: object, old: str, new: str, count: int | None = None) -> str:
    """Replace as `str.replace` does, unless the result would be larger than an output may be."""
    source = str(text)
    old, new = str(old), str(new)
    times = source.count(old) if count is None or count < 0 else min(count, source.count(old))
    check_size(len(source) + times * max(len(new) - len(old), 0))
    return source.replace(old, new, -1 if count is None else count)


def tojson(value: object, indent: int | None = None) -> str:
    r"""Write JSON with every character as it is: Jinja2's filter writes `<` as `\u003c`, for HTML."""
    if indent is not None and not 0 <= indent <= _INDENT:
        message = f"tojson indents by 0 to {_INDENT} spaces."
        raise LimitReachedError(message)
    return json.dumps(plain(value), ensure_ascii=False, indent=indent, allow_nan=False)


def round_number(value: float, precision: int = 0, method: str = "common") -> float:
    """Round as Jinja2 does; the precision is bounded, since 10 is raised to it."""
    from jinja2.filters import do_round

    if not -_DIGITS <= precision <= _DIGITS:
        message = f"round takes a precision from -{_DIGITS} to {_DIGITS}."
        raise LimitReachedError(message)
    return float(do_round(value, precision, cast("Any", method)))


def total(values: Iterable[Any]) -> float:
    """Add numbers; lists, which Jinja2 would join in quadratic time, are refused."""
    numbers: list[float] = list(values)
    if any(isinstance(number, bool) or not isinstance(number, (int, float)) for number in numbers):
        message = "sum adds numbers only"
        raise TypeError(message)
    return sum(numbers)


def joiner(environment: Environment) -> Callable[..., str]:
    """Return the filter `join`; it needs the environment to read attributes."""

    def join(values: Iterable[object], separator: str = "", attribute: _Attribute = None) -> str:
        """Join as Jinja2 does, unless the result would be larger than an output may be."""
        parts = [str(v if attribute is None else environment.getitem(v, attribute)) for v in values]
        check_size(sum(map(len, parts)) + len(str(separator)) * max(len(parts) - 1, 0))
        return str(separator).join(parts)

    return join


def check_size(characters: int) -> None:
    """Refuse to build a text larger than an output may be.

    Raises:
        LimitReachedError: when it would be.
    """
    if characters > limits.OUTPUT_BYTES:
        message = f"the text grows beyond {limits.OUTPUT_BYTES // 1024} KiB"
        raise LimitReachedError(message)


def plain(value: object) -> Any:  # noqa: ANN401 - what Jinja2 takes
    """Return a copy of a JSON value made of plain Python types only, so that templates meet nothing else."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value) if type(value) is not str else value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [plain(item) for item in value]
    message = f"{type(value).__name__} is not a JSON value"
    raise TypeError(message)
