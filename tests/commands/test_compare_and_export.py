"""`compare` shows what changed between two runs; `runs export` makes them a table."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from commands.llmops import llmops
from commands.world import PROMPT, edit, example

from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from pathlib import Path

CASES = "evals/cases/echo-greeting.jsonl"


def run(folder: Path, *arguments: str) -> str:
    """Evaluate and return the run's name."""
    runs = folder / ".llmops/runs"
    before = set(runs.iterdir()) if runs.exists() else set()
    assert llmops("eval", *arguments, folder=folder).code in {1, 5, 6, 7, 10}
    (new,) = set(runs.iterdir()) - before
    return new.name


def two_runs(folder: Path) -> tuple[str, str]:
    """Return a run, and one in which two cases break: the longer greetings have too many words."""
    example(folder)
    edit(folder, CASES, "Hello Ada, good to see you.", "Hello Ada, so good to see you here today my friend.")
    edit(folder, CASES, "Hello Grace, good to see you.", "Hello Grace, so good to see you here today my friend.")
    first = run(folder, "--repeats", "2")
    edit(folder, PROMPT, '"{{ text }}"', '"And now: {{ text }} Bye."')
    return first, run(folder, "--repeats", "2")


def test_what_flipped_is_shown_with_both_answers(tmp_path: Path) -> None:
    first, _ = two_runs(tmp_path)
    outcome = llmops("compare", first, folder=tmp_path)
    assert outcome.code == 0
    assert "cases: 2 broken, 20 same" in outcome.out
    assert "before    [2 of 2] Hello Ada, so good" in outcome.out
    assert "after     [0 of 2] And now: Hello Ada" in outcome.out
    assert max(len(line) for line in outcome.out.splitlines()) <= 80


def test_the_exit_code_of_the_verdict_is_there_for_the_asking(tmp_path: Path) -> None:
    first, second = two_runs(tmp_path)
    assert llmops("compare", first, second, "--exit-code", folder=tmp_path).code == 1
    assert llmops("compare", second, first, "--exit-code", folder=tmp_path).code == 0
    assert llmops("compare", first, first, "--exit-code", folder=tmp_path).code == 0
    assert "22 same" in llmops("compare", first, first, folder=tmp_path).out


def test_runs_with_other_cases_are_shown_and_not_decided(tmp_path: Path) -> None:
    first, _ = two_runs(tmp_path)
    second = run(tmp_path, "--sample", "5")
    outcome = llmops("compare", first, second, "--exit-code", folder=tmp_path)
    assert outcome.code == 7
    assert "INCOMPARABLE  Not decided: the runs have other cases and metrics." in outcome.out or (
        "Not decided: the runs have other cases" in outcome.out
    )
    assert "no longer measured" in outcome.out


def test_another_model_is_named(tmp_path: Path) -> None:
    first, _ = two_runs(tmp_path)
    second = run(tmp_path, "--model", "echo/other", "--repeats", "2")
    assert "The models differ" in llmops("compare", first, second, folder=tmp_path).out


def test_runs_of_two_prompts_do_not_compare(tmp_path: Path) -> None:
    first, _ = two_runs(tmp_path)
    assert llmops("new", "other-prompt", folder=tmp_path).code == 0
    for path in (tmp_path / "evals").rglob("other-prompt*"):
        assert path.exists()
    second = run(tmp_path, "other-prompt", "--model", "echo/x")
    assert llmops("compare", first, second, folder=tmp_path).code == 2


def test_a_comparison_is_json_markdown_and_html(tmp_path: Path) -> None:
    first, _ = two_runs(tmp_path)
    document = json.loads(llmops("compare", first, "--format", "json", folder=tmp_path).out)
    assert [case["change"] for case in document["cases"]] == ["broken", "broken"]
    assert document["metrics"][0]["interval"]
    assert llmops("compare", first, "--format", "markdown", folder=tmp_path).out.startswith("### `echo-greeting-v1`")
    assert llmops("compare", first, "--html", "x.html", folder=tmp_path).code == 0
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert page.count("<details ") == 22
    assert "<ins>And now: </ins>" in page


HOSTILE = ("=cmd|'/c calc'!A1", "+1", "-1+1", "@SUM(A1)", "\tx", "<b>bold</b>", 'a,b\n"c"', "漢字 \u202e x")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    example(tmp_path)
    rows = [{"id": f"c{n}", "variables": {"text": text}, "expected": text} for n, text in enumerate(HOSTILE)]
    (tmp_path / CASES).write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    run(tmp_path, "--repeats", "2")
    return tmp_path


def test_a_table_has_a_row_per_trial_and_a_column_per_metric(hostile: Path) -> None:
    assert llmops("runs", "export", "t.parquet", folder=hostile).code == 0
    table = pd.read_parquet(hostile / "t.parquet")
    assert len(table) == 2 * len(HOSTILE)
    assert {"score.contains", "passed.max_words", "score", "latency_seconds"} <= set(table.columns)
    assert set(table["text"]) == set(HOSTILE)
    assert str(table["trial"].dtype) == "Int64"


def test_csv_holds_no_formula(hostile: Path) -> None:
    assert llmops("runs", "export", "t.csv", "latest", folder=hostile).code == 0
    with (hostile / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * len(HOSTILE)
    for row in rows:
        assert not row["text"].startswith(("=", "+", "-", "@", "\t"))
    assert {row["text"].removeprefix("'") for row in rows} == {safe_text(text, one_line=True) for text in HOSTILE}


def test_json_lines_keep_texts_as_they_were(hostile: Path) -> None:
    assert llmops("runs", "export", "t.jsonl", folder=hostile).code == 0
    texts = [json.loads(line)["text"] for line in (hostile / "t.jsonl").read_text().splitlines()]
    assert set(texts) == set(HOSTILE)
    lines = llmops("report", "--format", "jsonl", folder=hostile).out.splitlines()
    assert {json.loads(line)["completion"]["text"] for line in lines} == set(HOSTILE)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_what_looks_like_a_key_is_masked_in_every_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    said, own = "sk-proj-abcdefghijklmnop1234567890", "hunter2-hunter2"
    monkeypatch.setenv("OWN_PASSWORD", own)
    example(tmp_path)
    row = {"id": f"c-{own}", "variables": {"text": f"Hello {said}, I am {own}."}, "expected": said}
    (tmp_path / CASES).write_text(f"{json.dumps(row)}\n", encoding="utf-8")
    run(tmp_path)
    file = tmp_path / f"t.{ending}"
    assert llmops("runs", "export", file.name, folder=tmp_path).code == 0
    written = pd.read_parquet(file).to_csv() if ending == "parquet" else json.dumps(file.read_text(encoding="utf-8"))
    assert said not in written
    assert own not in written
    assert "Hello" in written


def test_a_masked_table_has_the_types_of_an_unmasked_one(tmp_path: Path) -> None:
    example(tmp_path)
    run(tmp_path)
    assert llmops("runs", "export", "t.parquet", folder=tmp_path).code == 0
    types = pd.read_parquet(tmp_path / "t.parquet").dtypes
    assert (str(types["score"]), str(types["trial"]), str(types["passed.contains"])) == ("Float64", "Int64", "boolean")


def test_errors_have_no_score(tmp_path: Path) -> None:
    run(example(tmp_path), "--replay")
    assert llmops("runs", "export", "t.parquet", folder=tmp_path).code == 0
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert table["score"].isna().all()
    assert set(table["state"]) == {"error"}


def test_nothing_to_export_is_said(tmp_path: Path) -> None:
    assert llmops("runs", "export", "t.csv", folder=example(tmp_path)).code == 6
    assert llmops("runs", "export", "t.csv", "no-such-run", folder=tmp_path).code == 2
