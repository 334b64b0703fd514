"""Nothing untrusted moves a cursor, hides or reorders letters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.safe_text import safe_text, shortened


@given(st.text())
def test_no_control_or_formatting_character_survives(text: str) -> None:
    shown = safe_text(text)
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} and c not in "\n\t"]


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(safe_text(text, one_line=True).splitlines()) <= 1


@given(st.text())
def test_escaping_twice_is_escaping_once(text: str) -> None:
    assert safe_text(safe_text(text)) == safe_text(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, naïve café, 要約, 😀", "plain text, naïve café, 要約, 😀"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a<U+202E>b"),
        ("a\u200bb", "a<U+200B>b"),
        ("a\U000e0041b", "a<U+E0041>b"),
        ("line\r\nline", "line\\x0d\nline"),
    ],
)
def test_what_is_escaped_names_its_code_point(text: str, shown: str) -> None:
    assert safe_text(text) == shown


@given(st.text(), st.integers(1, 50))
def test_shortened_text_fits_and_marks_the_cut(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")
