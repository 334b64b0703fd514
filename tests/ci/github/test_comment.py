"""The page that a pull request is shown: nothing of others comes alive, and it always fits."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from ci.github.gate_reports import change, finding, prompt_report, report
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from llmops_cli.ci.gate_report import GateReport
from llmops_cli.ci.github.comment import PageContext, marker, render_comment, render_error, render_summary
from llmops_cli.ci.github.comment_layout import COMMENT_LIMIT, SUMMARY_LIMIT, characters, utf8_bytes
from llmops_cli.ci.github.markup import code, fenced, html_code, prose
from llmops_cli.ci.prompt_report import Conclusion
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.findings import Severity

if TYPE_CHECKING:
    from markdown_it.token import Token

PAGE = PageContext(approval="llmops-approved-0123456789ab", base_branch="main")
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TAGS = {"details", "summary", "code", "sub"}
INLINE = {"text", "code_inline", "softbreak", "html_inline", "strong_open", "strong_close", "em_open", "em_close"}

# what GitHub makes of plain text after Markdown: mentions, references, commits, addresses, pictures, mathematics
ALIVE = re.compile(
    r"(?i)@[a-z0-9]|#\d|\bgh-\d|\b[0-9a-f]{7,64}\b|://|\bwww\.|:[a-z0-9_+-]+:|\$|!\[|\]\(|<[a-z/!]",
)

HOSTILE = (
    "@dependabot merge",
    "/merge",
    "#12",
    "GH-12",
    "owner/repo#1",
    "![x](http://evil.example/x.png)",
    "[a](javascript:alert(1))",
    "[ref]: http://evil.example",
    "<img src=x onerror=alert(1)>",
    "</summary></details><script>",
    "<!--",
    "-->",
    "<!-- llmops:gate -->",
    "```",
    "~~~~",
    "`` ` ``",
    "|",
    "\\|",
    "||\n|---|---|",
    "\n\n# Heading\n\n",
    "\n- item",
    "\n> quote",
    "\n    code",
    "---",
    "1. one",
    "+ plus",
    "* star *",
    "__init__",
    "~~gone~~",
    "&#64;user",
    "&lt;b&gt;",
    "www.evil.example",
    "http://evil.example",
    "me@evil.example",
    "08c6903cd8c0fde910a37f88322edcfb5dd907a8",
    ":tada:",
    "$x$",
    "$$\\frac{1}{2}$$",
    "::error::x",
    "\x1b]8;;http://evil.example\x07",
    "\u202eabc",
    "\u200b",
    "\r\n",
    "\x85",
    "\u2028",
    "\x00",
    "\ud800",
    "]]>",
    "{{ x }}",
    "${{ secrets.KEY }}",
    "\\",
    " ",
)

texts = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8)), min_size=1, max_size=6).map("".join)


class Tags(HTMLParser):
    """Collects elements, attributes and comments of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.tags: set[str] = set()
        self.comments: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # the gravest case is unfolded
        assert attrs == [] or (tag, attrs) == ("details", [("open", None)])
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        self.tags.add(tag)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def shape(tokens: list[Token]) -> list[tuple[str, str]]:
    """The blocks of a page with the HTML between them, without what is written in them."""
    return [
        (token.type, re.sub(r"<code>.*?</code>", "<code>", token.content) if token.type == "html_block" else token.tag)
        for token in tokens
    ]


def check_inline(tokens: list[Token]) -> None:
    for token in tokens:
        for child in token.children or ():
            assert child.type in INLINE, child
            if child.type == "html_inline":
                assert child.content in {"<sub>", "</sub>"}
            if child.type == "text":
                assert not ALIVE.search(child.content), child.content
        if token.type == "html_block":
            found = Tags()
            found.feed(token.content)
            assert found.tags <= TAGS
            assert found.comments in ([], [" llmops:gate "])


@settings(max_examples=60, deadline=None)
@given(texts)
@example("@dependabot mergeGH-1200000")
@example("see v2-GH-12 and merge-0a1b2c3")
def test_whatever_others_write_the_page_is_what_the_template_made(text: str) -> None:
    tokens = MARKDOWN.parse(render_comment(report(text), PAGE))

    assert shape(tokens) == shape(MARKDOWN.parse(render_comment(report("word"), PAGE)))
    check_inline(tokens)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_a_code_span_holds_all_of_a_text_and_nothing_else(text: str) -> None:
    for shown in (code(text), f"| a |\n| --- |\n| {code(text, in_table=True)} |"):
        tokens = [child for token in MARKDOWN.parse(shown) for child in token.children or ()]
        assert [child.type for child in tokens if child.type != "text" or child.content.strip() not in ("", "a")] == [
            "code_inline"
        ]


@settings(max_examples=300, deadline=None)
@given(texts)
def test_a_fence_holds_all_of_a_text_and_nothing_else(text: str) -> None:
    tokens = MARKDOWN.parse(f"before\n\n{fenced(text)}\n\nafter")

    assert [token.type for token in tokens if token.type != "inline"] == [
        "paragraph_open",
        "paragraph_close",
        "fence",
        "paragraph_open",
        "paragraph_close",
    ]


@settings(max_examples=300, deadline=None)
@given(texts)
def test_a_sentence_is_one_paragraph_of_words_and_code(text: str) -> None:
    tokens = MARKDOWN.parse(prose(text))

    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    check_inline(tokens)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_a_folded_title_is_one_element_of_text(text: str) -> None:
    found = Tags()
    found.feed(html_code(text))

    assert (found.tags, found.comments) == ({"code"}, [])
    assert "\n" not in html_code(text)


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("5/5 passed (95% −2.6…+2.6).", "5/5 passed (95% −2.6…+2.6)."),
        ("Measured in another way: max_words, equals.", "Measured in another way: `max_words`, equals."),
        ('no match of "^say [0-9]+$"', 'no match of `"^say [0-9]+$"`'),
        ("ask @ada about #12", "ask `@ada` about `#12`"),
        ("1. first", "`1`. first"),
        ("Über größere Fälle", "Über größere Fälle"),
    ],
)
def test_sentences_stay_readable(sentence: str, shown: str) -> None:
    assert prose(sentence) == shown


def test_the_page_begins_with_the_marker_the_verdict_and_what_to_do() -> None:
    lines = [line for line in render_comment(report("word"), PAGE).splitlines() if line]

    assert lines[0] == marker("gate")
    assert lines[1] == "## ❌ llmops gate fails"
    assert lines[2].startswith("**HELD: this change loosens its own gate in 1 place; REGRESSION: sum-up")
    assert lines[3] == "`sum-up`: It says word now."
    assert lines[4].startswith("**Next:** ")


@pytest.mark.parametrize("cases", [0, 1, 20, 400])
@pytest.mark.parametrize("prompts", [1, 60])
def test_the_comment_always_fits(cases: int, prompts: int) -> None:
    page = render_comment(report("long @text\n" * 300, cases=cases, prompts=prompts), PAGE)

    assert characters(page) <= COMMENT_LIMIT
    assert page.startswith(marker("gate"))
    assert "## ❌ llmops gate fails" in page


def test_emoji_count_as_two() -> None:
    page = render_comment(report("😀" * 1500, cases=20), PAGE)

    assert len(page.encode("utf-16-le")) // 2 <= COMMENT_LIMIT


def test_what_matters_least_goes_first_and_is_named() -> None:
    value = replace(report("word"), prompts=(prompt_report("x" * 1400, cases=20),))

    page = render_comment(value, PAGE)

    assert "| gravest metric |" in page
    assert "<code>1 xxx" in page
    assert "<code>20 xxx" not in page
    assert re.search(r"\*Left out for its size: \d+ × case\. The step summary of this run has it\.\*", page)


def test_the_summary_fits_the_runner_and_holds_more() -> None:
    value = report("word " * 200, cases=50, prompts=40)

    page = render_summary(value, PAGE)

    assert COMMENT_LIMIT < utf8_bytes(page) <= SUMMARY_LIMIT
    assert not page.startswith("<!--")


def test_a_fork_is_told_who_can_run_the_rest() -> None:
    page = render_comment(report("word", code=ExitCode.NOT_RUN), replace(PAGE, from_fork=True))

    assert "comes from a fork" in page
    assert "A maintainer can start the gate" in page


def test_the_label_that_approves_is_shown_only_where_something_is_held() -> None:
    held, free = report("word"), replace(report("word"), changes=())

    assert "`llmops-approved-0123456789ab`" in render_comment(held, PAGE)
    assert "llmops-approved" not in render_comment(free, PAGE)


def test_a_change_that_touches_no_prompt_says_so_in_green() -> None:
    value = GateReport(
        base_label="main", base_commit="1" * 40, head_label="HEAD", changes=(), findings=(), prompts=(), unaffected=4
    )

    page = render_comment(value, PAGE)

    assert value.conclusion is Conclusion.SUCCESS
    assert "## ✅ llmops gate passes" in page
    assert "no prompt is affected" in page
    assert "4 other prompts not affected" in page


def test_invalid_files_are_listed_first_errors_before_warnings() -> None:
    value = replace(report("word"), findings=(finding("b"), finding("a", Severity.ERROR)), prompts=(), changes=())

    page = render_comment(value, PAGE)

    assert "## ❌ llmops gate fails" in page
    assert page.index("`prompts/a.yaml:2:3` error") < page.index("`prompts/b.yaml:2:3` warning")


def test_many_loosened_places_are_cut_with_their_number() -> None:
    value = replace(report("word"), changes=tuple(replace(change("x"), line=line) for line in range(1, 41)))

    assert "- and 15 more" in render_comment(value, PAGE)


def test_a_check_that_could_not_run_says_why() -> None:
    page = render_error("the checkout does not hold commit 1111111111. @someone", PAGE)

    assert page.startswith(marker("gate"))
    check_inline(MARKDOWN.parse(page))
