"""Labels by people: a seeded sample, one key per answer, kept as given, blind, and through a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from llmops_cli.core.completions import Completion, Usage
from llmops_cli.core.errors import InvalidFileError
from llmops_cli.core.runs import Trial, TrialKey
from llmops_cli.core.scores import Score
from llmops_cli.core.suites import Case
from llmops_cli.evals.judges.form import Form, yes_no
from llmops_cli.evals.judges.judge_request import Material
from llmops_cli.evals.review.label_sheet import labels_from_sheet, sheet
from llmops_cli.evals.review.labels import Label, label_line, one_per_text, parse_labels
from llmops_cli.evals.review.queue import ToLabel, outputs_of, sample
from llmops_cli.evals.review.session import Desk, keys_of, review
from llmops_cli.evals.runs.journal_line import JournalEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FORM = Form(name="polite", criteria="x", questions=(yes_no("polite", "Is it polite?"), yes_no("short", "Is it short?")))
ITEMS = [ToLabel(material=Material(output=f"output {n}", input="in"), source=f"run/case-{n}/0") for n in range(20)]


def label_of(item: ToLabel, polite: str = "yes", *, by: str = "ada") -> Label:
    answers = {"polite": polite, "short": "yes"}
    return Label(material=item.material, answers=answers, by=by, at=NOW, source=item.source)


def session(typed: Sequence[str], items: Sequence[ToLabel]) -> tuple[list[Label], int, list[str]]:
    keys = iter(typed)
    kept: list[Label] = []
    shown: list[str] = []
    desk = Desk(
        show=lambda item, _number, _total: shown.append(item.material.output),
        ask=lambda _question, _keys: next(keys, None),
        keep=kept.append,
        drop=kept.remove,
        now=lambda: NOW,
    )
    return kept, review(items, FORM, desk, by="ada"), shown


def test_a_label_is_written_and_read_back() -> None:
    label = label_of(ITEMS[0])
    line = label_line(label)
    assert parse_labels(line.encode(), FORM, "x.jsonl") == (label,)
    assert label_line(parse_labels(line.encode(), FORM, "x.jsonl")[0]) == line


@pytest.mark.parametrize(
    "change",
    [("output 0", "output changed"), ('"yes"', '"maybe"'), ('"by"', '"who"'), ("2026", "tomorrow"), ("Z", "")],
)
def test_a_line_that_is_no_label_is_an_error_with_its_line(change: tuple[str, str]) -> None:
    data = label_line(label_of(ITEMS[1])) + label_line(label_of(ITEMS[0])).replace(*change)
    with pytest.raises(InvalidFileError, match="not a label") as raised:
        parse_labels(data.encode(), FORM, "evals/labels/polite.jsonl")
    assert raised.value.where == "evals/labels/polite.jsonl:2"


def test_the_sample_is_the_same_for_a_seed_and_goes_on_where_it_was() -> None:
    first = sample(ITEMS, [], by="ada", size=10, seed=7)
    assert [item.id for item in sample(list(reversed(ITEMS)), [], by="ada", size=10, seed=7)] == [i.id for i in first]
    assert sample(ITEMS, [], by="ada", size=10, seed=8) != first
    labels = [label_of(first[0]), label_of(first[1]), label_of(first[2], by="bo")]
    assert sample(ITEMS, labels, by="ada", size=10, seed=7) == first[2:]


def test_a_session_keeps_each_label_and_stops_when_asked() -> None:
    kept, given, shown = session(["y", "n", "no", "YES", "s", "q"], ITEMS)
    assert given == 2
    assert [dict(label.answers) for label in kept] == [
        {"polite": "yes", "short": "no"},
        {"polite": "no", "short": "yes"},
    ]
    assert shown == ["output 0", "output 1", "output 2", "output 3"]


def test_a_wrong_key_asks_again_and_back_takes_the_last_label_away() -> None:
    kept, given, shown = session(["x", "", "y", "y", "b", "n", "n"], ITEMS[:2])
    assert given == 1
    assert dict(kept[0].answers) == {"polite": "no", "short": "no"}
    assert shown == ["output 0", "output 1", "output 0", "output 1"]


def test_every_option_has_a_key() -> None:
    assert keys_of(FORM.questions[0]) == {"y": "yes", "n": "no"}


def test_the_person_is_not_told_what_a_judge_said() -> None:
    case = Case(id="c", variables={"email": "in"}, expected="out")
    score = Score(metric="judge", value=0.0, passed=False, reason="the judge hates it")
    trial = Trial(
        key=TrialKey(case_id="c", number=0), completion=Completion(text="output", usage=Usage()), scores=(score,)
    )
    items = outputs_of([case], [JournalEntry(trial=trial, score=0.0)], "run-1")
    assert items[0].material == Material(output="output", input="in", expected="out")
    assert "hates" not in repr(items)


def test_a_sheet_is_filled_and_read_back() -> None:
    rows = list(csv.DictReader(io.StringIO(sheet(ITEMS[:3], FORM))))
    assert list(rows[0])[:4] == ["id", "input", "expected", "output"]
    rows[0] |= {"polite (yes | no)": "Yes", "short (yes | no)": "no", "note": "fine"}
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    labels = labels_from_sheet("\ufeff" + buffer.getvalue(), ITEMS, FORM, by="ada", at=NOW, path="x.csv")
    assert [(dict(label.answers), label.note) for label in labels] == [({"polite": "yes", "short": "no"}, "fine")]


def test_a_cell_that_looks_like_a_formula_is_none() -> None:
    item = ToLabel(material=Material(output="=cmd|' /C calc'!A0"), source="x")
    assert "'=cmd" in sheet([item], FORM)


@pytest.mark.parametrize(("old", "new"), [("maybe", "no answer to polite"), ("id", "no output")])
def test_a_wrong_row_is_named(old: str, new: str) -> None:
    cells = {"maybe": f"{ITEMS[0].id},maybe,yes", "id": "nothing,yes,yes"}
    text = "id,polite,short\n" + cells[old] + "\n"
    with pytest.raises(InvalidFileError, match=new) as raised:
        labels_from_sheet(text, ITEMS, FORM, by="ada", at=NOW, path="x.csv")
    assert raised.value.where == "x.csv:2"


def test_of_several_people_most_decide() -> None:
    item = ITEMS[0]
    labels = [label_of(item, "yes", by="ada"), label_of(item, "no", by="bo"), label_of(item, "no", by="cy")]
    assert dict(one_per_text(labels)[0].answers)["polite"] == "no"
    again = [*labels, label_of(item, "yes", by="bo")]
    assert dict(one_per_text(again)[0].answers)["polite"] == "yes"
