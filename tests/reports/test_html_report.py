"""The HTML page: one file that fetches nothing, in which no text of a model becomes an element."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from commands.llmops import llmops
from commands.world import edit, example
from reports.hostile import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

CASES = "evals/cases/echo-greeting.jsonl"
MARKUP = (
    *HOSTILE,
    "</pre></details><h1 id=pwned>x</h1>",
    '" onmouseover="document.title=1" x="',
    "<img src=x onerror=document.title='pwned'>",
    "{{ 7 * 7 }}{% raw %}",
    "</script><script>document.title='pwned'</script>",
    "</style><style>*{display:none}</style>",
    "<!-- ",
    "&lt;b&gt;",
    "]]><svg onload=document.title='pwned'>",
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page(HTMLParser):
    """Counts elements and keeps attributes and texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(folder: Path, *options: str) -> str:
    assert llmops("eval", *options, folder=folder).code in {1, 5, 6, 7, 10}
    assert llmops("report", "latest", "--html", "page.html", folder=folder).code == 0
    return (folder / "page.html").read_text(encoding="utf-8")


def classes(page: Page) -> set[str | None]:
    """Return the values of every attribute that is ours alone."""
    return {value for _, name, value in page.attributes if name in {"class", "http-equiv", "content", "id"}}


def with_texts(folder: Path, texts: tuple[str, ...]) -> Path:
    """Return the example with cases whose input, expected answer and tag are these texts."""
    example(folder)
    rows = [
        {"id": f"c{number}", "variables": {"text": text}, "expected": f"not {text}", "tags": [text[:20]]}
        for number, text in enumerate(texts)
    ]
    lines = "".join(f"{json.dumps(row)}\n" for row in rows if "\ud800" not in row["expected"])
    (folder / CASES).write_text(lines, encoding="utf-8")
    return folder


def test_hostile_texts_create_no_element_and_no_attribute(tmp_path: Path) -> None:
    hostile = Page(page_of(with_texts(tmp_path / "a", MARKUP)))
    harmless = Page(page_of(with_texts(tmp_path / "b", tuple(f"word {n}" for n in range(len(MARKUP))))))
    assert set(hostile.tags) == set(harmless.tags)
    for tag in ("html", "head", "body", "script", "style", "h1", "article", "form", "svg"):
        assert hostile.tags[tag] == harmless.tags[tag], tag
    assert hostile.tags["details"] == hostile.tags["summary"] == len(MARKUP) - 1
    assert {name for _, name, _ in hostile.attributes} == {name for _, name, _ in harmless.attributes}
    assert classes(hostile) == classes(harmless)
    assert "<img src=x onerror=document.title='pwned'>" in hostile.text
    assert "{{ 7 * 7 }}" in hostile.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u200b]", hostile.text)


def test_nothing_is_fetched_and_only_our_own_script_may_run(tmp_path: Path) -> None:
    page = Page(page_of(example(tmp_path)))
    assert not {"link", "img", "iframe", "object", "embed", "base", "audio", "video"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name in {"src", "style", "action"}]
    assert all(value and value.startswith("#") for _, name, value in page.attributes if name == "href")
    (policy,) = [
        value for tag, name, value in page.attributes if (tag, name) == ("meta", "content") and "src" in str(value)
    ]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert page.tags["script"] == page.tags["style"] == 1


def test_the_page_says_what_the_run_says(tmp_path: Path) -> None:
    example(tmp_path)
    edit(tmp_path, CASES, '"expected": "Ada"', '"expected": "Hello Eva, good to see you.", "critical": true')
    page = Page(page_of(tmp_path, "--repeats", "2"))
    text = " ".join(page.text.split())
    assert "CRITICAL CASES FAIL" in text
    assert "21 of 22" in text
    assert "Trial 2" in text
    assert "only expected" in text
    assert page.tags["details"] == 22
    assert (page.tags["del"], page.tags["ins"]) == (4, 4)
    assert page.tags["svg"] == 3


def test_errors_and_trials_that_were_not_run_are_on_the_page(tmp_path: Path) -> None:
    text = Page(page_of(example(tmp_path), "--max-calls", "3", "--concurrency", "1")).text
    assert "19 not run" in text
    errored = Page(page_of(tmp_path, "--replay", "--no-resume")).text
    assert "nothing is recorded for echo/last-message" in errored


def test_several_runs_make_one_page(tmp_path: Path) -> None:
    example(tmp_path)
    out = llmops("eval", "--model", "echo/a", "--model", "echo/b", "--format", "html", folder=tmp_path).out
    page = Page(out)
    assert page.tags["article"] == 2
    assert ("a", "href", "#run-2") in page.attributes


def test_html_excludes_another_format(tmp_path: Path) -> None:
    example(tmp_path)
    assert llmops("report", "--html", "x.html", "--format", "csv", folder=tmp_path).code == 2


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_runs_our_script_and_none_of_a_models(tmp_path: Path) -> None:
    page_of(with_texts(tmp_path / "repository", MARKUP))
    assert CHROMIUM is not None
    dom = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            (tmp_path / "repository/page.html").as_uri(),
        ],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    page = Page(dom)
    assert "<title>llmops: echo-greeting-v1</title>" in dom
    assert ("h1", "id", "pwned") not in page.attributes
    # our script has run: it shows the controls, which are hidden without it, and counts the cases
    controls = [attribute for attribute in page.attributes if attribute[0] == "form"]
    assert controls == [("form", "class", "controls")]
    shown = len(MARKUP) - 1
    assert f"{shown} of {shown}" in page.text
