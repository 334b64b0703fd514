from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.registry.diff.word_diff import Piece, PieceKind, diff_words, is_changed, new_text, old_text

EQUAL, DELETE, INSERT = PieceKind.EQUAL, PieceKind.DELETE, PieceKind.INSERT

words = st.lists(
    st.sampled_from(["a", "b", "the", "fox", " ", "\n", "\r\n", "\t", ".", "{{ x }}", "日本", "é"]), max_size=60
)
texts = st.one_of(st.text(max_size=200), words.map("".join))


@given(texts, texts)
def test_the_pieces_hold_both_texts(old: str, new: str) -> None:
    pieces = diff_words(old, new)
    assert old_text(pieces) == old
    assert new_text(pieces) == new


@given(texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert not is_changed(diff_words(text, text))
    assert diff_words(text, text) == ((Piece(EQUAL, text),) if text else ())


@given(texts, texts)
def test_different_texts_differ_and_no_piece_is_empty_or_follows_its_own_kind(old: str, new: str) -> None:
    pieces = diff_words(old, new)
    assert is_changed(pieces) == (old != new)
    assert all(piece.text for piece in pieces)
    assert all(left.kind is not right.kind for left, right in pairwise(pieces))


@given(texts, texts)
def test_the_way_back_swaps_what_came_and_what_went(old: str, new: str) -> None:
    there, back = diff_words(old, new), diff_words(new, old)
    assert old_text(there) == new_text(back)
    assert is_changed(there) == is_changed(back)


def test_words_change_and_not_lines() -> None:
    assert diff_words("Answer in one short sentence.", "Answer in two short sentences.") == (
        Piece(EQUAL, "Answer in "),
        Piece(DELETE, "one"),
        Piece(INSERT, "two"),
        Piece(EQUAL, " short "),
        Piece(DELETE, "sentence"),
        Piece(INSERT, "sentences"),
        Piece(EQUAL, "."),
    )


def test_neighbouring_words_are_replaced_together() -> None:
    assert diff_words("the quick brown fox", "the slow red fox") == (
        Piece(EQUAL, "the "),
        Piece(DELETE, "quick brown"),
        Piece(INSERT, "slow red"),
        Piece(EQUAL, " fox"),
    )


def test_a_moved_paragraph_does_not_disturb_the_others() -> None:
    old = "First rule.\nSecond rule.\nThird rule.\n"
    pieces = diff_words(old, "First rule.\nNew rule.\nSecond rule.\nThird rule.\n")
    assert [piece for piece in pieces if piece.kind is not EQUAL] == [Piece(INSERT, "New rule.\n")]


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\u00a0", "\r"])
def test_an_invisible_character_is_a_piece_of_its_own(hidden: str) -> None:
    pieces = diff_words("say yes now", f"say{hidden} yes now")
    assert any(hidden in piece.text for piece in pieces if piece.kind is INSERT)
    assert "".join(piece.text for piece in pieces if piece.kind is EQUAL).strip() in {"say yes now", "sayyes now"}
    assert new_text(pieces) == f"say{hidden} yes now"


def test_scripts_without_blanks_change_by_character() -> None:
    pieces = diff_words("日本語で答えて", "英語で答えて")
    assert [piece.text for piece in pieces if piece.kind is EQUAL] == ["語で答えて"]


def test_a_megabyte_that_changed_everywhere_needs_little_memory() -> None:
    old = " ".join(f"w{number * 7919 % 3001}" for number in range(180_000))
    new = " ".join(f"w{number * 104729 % 2999}" for number in range(180_000))
    tracemalloc.start()
    pieces = diff_words(old, new)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(old) > 900_000
    assert old_text(pieces) == old
    assert new_text(pieces) == new
    assert peak < 150 * 1024 * 1024


def test_scattered_edits_in_a_long_text_are_found_one_by_one() -> None:
    lines = [f"Line {number} keeps the tone friendly and says {number * 31}." for number in range(20_000)]
    changed = [line.replace("friendly", "formal") if number % 1000 == 5 else line for number, line in enumerate(lines)]
    pieces = diff_words("\n".join(lines), "\n".join(changed))
    assert [piece for piece in pieces if piece.kind is not EQUAL] == [
        Piece(DELETE, "friendly"),
        Piece(INSERT, "formal"),
    ] * 20
