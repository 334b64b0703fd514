"""Answers that attack their reader go through `eval` and every report: nothing in them comes alive."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import sys
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from commands.llmops import llmops
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTPUTS = Path(__file__).parents[1] / "data" / "judge_outputs"
HOSTILE = {path.stem: json.loads(path.read_bytes())["output"] for path in sorted(OUTPUTS.glob("*.json"))}
HOSTILE["huge_line"] = "A" * 300_000
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SECRET = "sk-proj-A1b2C3d4"  # noqa: S105 - of the corpus, nobody's


PROGRAM = """
import json, sys
answers = json.load(open(sys.argv[1], encoding="ascii"))
request = json.load(sys.stdin)
print(json.dumps({"text": answers[request["messages"][-1]["content"]]}))
"""
FILES = {
    "llmops.yaml": "providers:\n  hostile: {protocol: command}\n",
    "prompts/ask.yaml": "id: ask\nversion: 1\ndescription: Asks.\nowner: tests\n"
    "model: {name: hostile/x, temperature: 0, max_tokens: 9}\ntemplate: '{{ text }}'\n"
    "variables:\n  text: {type: string, description: Which answer.}\n",
    "evals/ask.yaml": "prompt: ask\ncases: cases/ask.jsonl\nmetrics:\n  - {metric: equals}\n",
}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a repository with one run over all hostile answers, each given by a program that stands for a model."""
    folder = tmp_path_factory.mktemp("hostile")
    cases = ({"id": name.replace("_", "-"), "variables": {"text": name}, "expected": "a good one"} for name in HOSTILE)
    program, answers = folder / "model.py", folder / "answers.json"
    program.write_text(PROGRAM, encoding="utf-8")
    answers.write_text(json.dumps(HOSTILE), encoding="ascii")
    rows = "".join(f"{json.dumps(case)}\n" for case in cases)
    for path, text in {**FILES, "evals/cases/ask.jsonl": rows}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMOPS_COMMAND_HOSTILE", shlex.join([sys.executable, str(program), str(answers)]))
        outcome = llmops("eval", "--allow-unknown-price", folder=folder)
        assert outcome.code in {1, 7, 10}, outcome.err
        assert CONTROL.search(outcome.out + outcome.err) is None
        assert not re.search(r"^::", outcome.out + outcome.err, re.MULTILINE), "a command to the log of a CI"
        yield folder


def report(folder: Path, output_format: str) -> str:
    outcome = llmops("report", "latest", "--format", output_format, folder=folder)
    assert outcome.code == 0, outcome.err
    return outcome.out


def test_each_answer_is_measured_or_its_error_said(evaluated: Path) -> None:
    result = json.loads(next((evaluated / ".llmops/runs").glob("*/run.json")).read_bytes())
    trials = result["trials"]
    assert trials["failed"] + trials["errored"] == len(HOSTILE), "an empty answer is one, too"
    assert trials["errored"] <= 1, "half of a surrogate pair is no text"


def test_a_terminal_shows_letters_only(evaluated: Path) -> None:
    shown = llmops("runs", "show", "latest", folder=evaluated)
    assert CONTROL.search(shown.out + shown.err) is None
    assert "[red]" in shown.out, "markup is text"


def test_markdown_stays_text_and_calls_nobody(evaluated: Path) -> None:
    page = MarkdownIt("commonmark").enable("table").render(report(evaluated, "markdown"))
    assert "<script" not in page
    assert "<img" not in page
    assert not re.search(r"<a [^>]*href", page)
    assert "@octocat" not in re.sub(r"<code>.*?</code>", "", page, flags=re.DOTALL)


def test_a_page_has_no_script_but_its_own_and_no_source_outside(evaluated: Path) -> None:
    page = report(evaluated, "html")
    assert page.count("<script") == 1
    assert "<img" not in page
    assert "default-src 'none'" in unescape(page)
    assert not re.search(r'(?:src|href)="https?:', page)


def test_junit_is_xml_and_csv_holds_no_formula(evaluated: Path) -> None:
    ET.fromstring(report(evaluated, "junit"))  # noqa: S314 - our own
    csv.field_size_limit(1_000_000)
    for row in csv.reader(io.StringIO(report(evaluated, "csv"))):
        assert not [cell for cell in row if cell.startswith(("=", "+", "@")) or re.match(r"-[^0-9]", cell)]


@pytest.mark.parametrize("output_format", ["markdown", "html", "junit", "csv"])
def test_what_looks_like_a_key_is_masked(evaluated: Path, output_format: str) -> None:
    assert SECRET not in report(evaluated, output_format)


def test_no_answer_became_a_file(evaluated: Path) -> None:
    written = {path.name for path in (evaluated / ".llmops").rglob("*") if path.is_file()}
    assert written <= {
        "journal.jsonl",
        "run.json",
        "finished.json",
        "cache.sqlite",
        "cache.sqlite-wal",
        "cache.sqlite-shm",
    }
