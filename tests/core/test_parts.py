"""Tables of parts: nothing is imported before it is used, a wrong name gets a proposal."""

from __future__ import annotations

import importlib.metadata
import math
import os
from importlib.metadata import EntryPoint, EntryPoints
from typing import TYPE_CHECKING, Any

import pytest

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.installed_parts import GROUPS, _entry_points, installed_parts
from llmops_cli.core.parts import Part, PartTable

if TYPE_CHECKING:
    from collections.abc import Iterator


def table(needs: tuple[str, ...] = ()) -> PartTable:
    rows = {
        "ceil": Part("math:ceil", "upwards", "rounds up"),
        "gone": Part("no_such_package:thing", "upwards", "cannot be imported"),
    }
    return PartTable(noun="rounding", group=GROUPS[0], needs=needs, parts=rows)


def test_a_part_is_imported_when_it_is_asked_for() -> None:
    ceil: Any = table().resolve("ceil")
    assert ceil(1.2) == 2


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        table().row("ciel")
    assert str(caught.value) == "unknown rounding 'ciel'. Did you mean 'ceil'?"


def test_a_missing_package_is_a_matter_of_set_up() -> None:
    with pytest.raises(SetupError, match="no_such_package"):
        table().resolve("gone")


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Packages that add to the table; the list tells how often they were looked for."""
    asked: list[str] = []
    entries = [
        EntryPoint("floor", "math:floor", GROUPS[0]),
        EntryPoint("ceil", "math:trunc", GROUPS[0]),
        EntryPoint("Floor", "math:floor", GROUPS[0]),
        EntryPoint("deep", "os:path.join", GROUPS[0]),
        EntryPoint("flat", "math", GROUPS[0]),
    ]

    def installed() -> EntryPoints:
        asked.append("asked")
        return EntryPoints(entries)

    monkeypatch.setattr(importlib.metadata, "entry_points", installed)
    _forget()
    yield asked
    _forget()


def _forget() -> None:
    installed_parts.cache_clear()
    _entry_points.cache_clear()


def test_other_packages_add_parts_and_never_replace_ours(others: list[str]) -> None:
    both = table(needs=("__call__",))
    assert list(both) == ["ceil", "gone", "floor", "deep", "flat"]
    assert list(both.own()) == ["ceil", "gone"]
    assert "floor" in both
    assert both.row("ceil").location == "math:ceil"
    assert both.row("floor").summary == "from another package"
    assert both.resolve("floor") is math.floor
    assert both.resolve("deep") is os.path.join
    assert set(both.refused()) == {"ceil", "Floor"}
    assert others == ["asked"]


def test_a_part_of_another_package_has_what_its_table_needs(others: list[str]) -> None:
    with pytest.raises(SetupError, match="rounding 'flat' of another package is no rounding: it has no call"):
        table(needs=("__call__",)).resolve("flat")
    assert others


def test_a_refused_name_is_explained_where_it_is_asked_for(others: list[str]) -> None:
    with pytest.raises(SetupError, match="'Floor', which is no valid name"):
        table().resolve("Floor")
    assert others


def test_our_own_names_are_resolved_without_looking_at_packages(others: list[str]) -> None:
    own = table()
    assert "ceil" in own
    own.resolve("ceil")
    assert others == []


def test_a_closed_table_takes_nothing(others: list[str]) -> None:
    closed = PartTable(noun="rounding", parts={"ceil": Part("math:ceil", "upwards", "rounds up")})
    assert list(closed) == ["ceil"]
    assert others == []
