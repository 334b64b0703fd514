from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.findings import Position
from llmops_cli.registry.documents.yaml_document import parse_yaml_document
from llmops_cli.registry.templates.places import position_in_file
from llmops_cli.registry.templates.template_source import position_at

HEAD = "id: demo\nversion: 1\nmodel: {name: echo/x}\n"
WORDS = st.text("ab{}'\" :%é", min_size=1, max_size=12)
# one block: no line starts or ends with a space, and the first says how far the block is indented
LINES = st.lists(st.text("ab{}'\":%é", min_size=1, max_size=8), min_size=1, max_size=5).map("\n".join)


@given(LINES, st.data())
def test_every_place_of_a_block_is_found_exactly(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text) - 1).filter(lambda at: text[at] != "\n"))
    block = "".join(f"  {line}\n" for line in text.split("\n"))
    document = parse_yaml_document(f"{HEAD}template: |\n{block}".encode(), "prompts/demo.yaml")
    assert document.root is not None
    place = position_at(text, offset)
    assert position_in_file(document, 0, place) == Position(place.line + 4, place.column + 2)


@given(WORDS, st.data())
def test_every_place_of_a_quoted_text_shows_its_own_character(text: str, data: st.DataObject) -> None:
    visible = [at for at, character in enumerate(text) if not character.isspace()]
    if not visible:
        return
    offset = data.draw(st.sampled_from(visible))
    for written in (json.dumps(text, ensure_ascii=True), "'" + text.replace("'", "''") + "'"):
        source = f"{HEAD}template: {written}\n"
        document = parse_yaml_document(source.encode(), "prompts/demo.yaml")
        found = position_in_file(document, 0, position_at(text, offset))
        assert found.line == 4
        there = source.split("\n")[3][found.column - 1 :]
        assert there.startswith((text[offset], json.dumps(text[offset])[1:-1]))


def test_a_document_without_that_message_gives_the_nearest_place() -> None:
    document = parse_yaml_document(f"{HEAD}messages: []\n".encode(), "prompts/demo.yaml")
    assert position_in_file(document, 3, Position(9, 9)) == Position(4, 11)
