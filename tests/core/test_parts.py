"""Tables of parts: nothing is imported before it is used, a wrong name gets a proposal."""

from __future__ import annotations

import importlib.metadata
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.parts import Part, PartTable


def table() -> PartTable:
    rows = {
        "ceil": Part("math:ceil", "upwards", "rounds up"),
        "gone": Part("no_such_package:thing", "upwards", "cannot be imported"),
    }
    return PartTable(noun="rounding", group="llmops.test", parts=rows)


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


def test_other_packages_add_parts_and_never_replace_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(*, group: str) -> list[EntryPoint]:
        return [EntryPoint("floor", "math:floor", group), EntryPoint("ceil", "math:trunc", group)]

    monkeypatch.setattr(importlib.metadata, "entry_points", installed)
    both = table()
    assert list(both) == ["ceil", "gone", "floor"]
    assert "floor" in both
    assert both.row("ceil").location == "math:ceil"
    assert both.row("floor").summary == "from another package"
