from __future__ import annotations

from llmops_cli.core.findings import Position
from llmops_cli.registry.templates.partials import check_partial

PATH = "prompts/_partials/tone.md"


def rules(data: bytes, **partials: str) -> list[tuple[str, Position]]:
    return [(finding.rule, finding.position) for finding in check_partial(data, PATH, partials)]


def test_a_sound_partial_has_no_findings() -> None:
    assert rules("Be kind to {{ name }}. Grüße 👩‍👩‍👧\r\n".encode()) == []


def test_a_partial_is_checked_like_any_template() -> None:
    assert rules(b"one\n{{ name|shout }}\n") == [("template-subset", Position(2, 9))]
    assert rules(b"{% include 'gone' %}") == [("partial-missing", Position(1, 4))]
    assert rules(b"{% include 'tone' %}", tone="{% include 'tone' %}") == [("partial-cycle", Position(1, 4))]


def test_a_partial_holds_text_that_people_can_see() -> None:
    assert rules("Be\u202e kind".encode()) == [("bidi-character", Position(1, 3))]
    assert rules("Be\u200bkind".encode()) == [("invisible-character", Position(1, 3))]
    assert [rule for rule, _ in rules(b"\xff")] == ["not-utf8"]
    assert [rule for rule, _ in rules(b"")] == ["empty-file"]
