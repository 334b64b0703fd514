"""What a reliability campaign found, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One row of the table. `counts` show that something was done; any entry of `violations` is a broken promise."""

    name: str
    done: str
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    violations: tuple[str, ...] = ()
