"""Each guarantee names its tests, and they exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
PAGE = ROOT / "docs" / "guarantees.md"
_ROW = re.compile(r"^\| (?!promise|-)(.+?) \| (.+) \|$", re.MULTILINE)
_NAME = re.compile(r"`([\w/]+\.py)(?:::([\w:]+))?`")
PROMISES = PAGE.read_text("utf-8").partition("\n## What was done")[0]
ROWS = [(found[1], found[2]) for found in _ROW.finditer(PROMISES)]


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the functions and classes of a file, those of a class after its name."""
    names = set()
    for statement in ast.parse(path.read_text("utf-8")).body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
        if isinstance(statement, ast.ClassDef):
            names |= {
                f"{statement.name}::{inner.name}" for inner in statement.body if isinstance(inner, ast.FunctionDef)
            }
    return frozenset(names)


def test_there_are_guarantees() -> None:
    assert len(ROWS) >= 25


@pytest.mark.parametrize(("promise", "tests"), ROWS, ids=[promise[:60] for promise, _ in ROWS])
def test_a_guarantee_names_tests_that_exist(promise: str, tests: str) -> None:
    named = _NAME.findall(tests)
    assert named, promise
    for file, name in named:
        path = TESTS / file
        assert path.is_file(), file
        assert not name or name in names_in(path), f"{file} has no {name}"


def test_no_name_of_a_test_stands_outside_of_the_form_that_is_checked() -> None:
    assert PROMISES.count(".py") == len(_NAME.findall(PROMISES))
