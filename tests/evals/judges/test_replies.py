"""A judge's reply is read strictly: every reply of the corpus comes out as expected, and nothing else is a verdict."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from evals.judges.scripted import Scripted, choice, outcome, ports_of, rubric_of
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.scores import Score, ScoreFailure
from llmops_cli.evals.judges.form import form_of
from llmops_cli.evals.judges.reply import UnreadableReplyError, read_reply

REPLIES = sorted((Path(__file__).parents[2] / "data/judge_replies").glob("*.txt"))
FORM = form_of(rubric_of())
READABLE = {"fenced"}
BY_RUBRIC = {"rubric": "rubrics/faithful.yaml"}


def translated(text: str) -> str:
    """Write a score as today's form has it: 1.0 is the choice good, 0.1 and 0.2 are poor; others stay as they are."""

    def answers(match: re.Match[str]) -> str:
        value = {"0.1": '"poor"', "0.2": '"poor"', "1.0": '"good"'}.get(match[1], match[1])
        return (
            f'"answers": {{"choice": {value}}}, "reason": ""'
            if "reason" not in text
            else f'"answers": {{"choice": {value}}}'
        )

    return re.sub(r'"score":\s*("?[\w.]+"?)', answers, text)


@pytest.mark.parametrize("path", REPLIES, ids=lambda path: path.stem)
def test_replies_of_the_corpus_are_errors_except_the_fenced_one(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    with pytest.raises(UnreadableReplyError):
        read_reply(text, FORM)  # not of our form at all
    if path.stem in READABLE:
        assert dict(read_reply(translated(text), FORM).answers) == {"choice": "poor"}
    else:
        with pytest.raises(UnreadableReplyError):
            read_reply(translated(text), FORM)


@pytest.mark.parametrize("path", REPLIES, ids=lambda path: path.stem)
def test_an_unreadable_reply_is_asked_for_once_more_and_then_is_a_failure_never_a_score(path: Path) -> None:
    text = translated(path.read_text(encoding="utf-8"))
    model = Scripted(lambda _request: text)
    found = outcome(ports_of(model), BY_RUBRIC, "Ada says hello.")
    if path.stem in READABLE:
        assert isinstance(found, Score)
        assert (found.value, len(model.asked)) == (0.25, 1)
    else:
        assert isinstance(found, ScoreFailure)
        assert "cannot be read, twice" in found.reason
        assert len(model.asked) == 2


def test_the_repair_counts_when_it_is_readable() -> None:
    model = Scripted(["I think it is great! 10/10", choice("good")])
    found = outcome(ports_of(model), BY_RUBRIC, "Ada says hello.")
    assert isinstance(found, Score)
    assert found.value == 1.0
    assert "it is not one JSON value" in model.asked[1].messages[-1].content


@pytest.mark.parametrize(
    "reply",
    [
        '{"answers": {"choice": "good"}}',
        '{"answers": {"choice": "good"}, "reason": "x", "pass": true}',
        '{"answers": {"choice": "Good"}, "reason": "x"}',
        '{"answers": {"choice": "good", "other": "good"}, "reason": "x"}',
        '{"answers": {"choice": ["good"]}, "reason": "x"}',
        '{"answers": {"choice": "good"}, "reason": 1}',
        '{"answers": {"choice": "invented"}, "answers": {"choice": "good"}, "reason": "x"}',
        '{"answers": {"choice": "invented", "choice": "good"}, "reason": "x"}',
        '[{"answers": {"choice": "good"}, "reason": "x"}]',
        'Sure! {"answers": {"choice": "good"}, "reason": "x"}',
        '{"answers": {"choice": "good"}, "reason": "x"} {"answers": {"choice": "good"}, "reason": "x"}',
        '{"answers": {"choice": "good"}, "reason": "x"',
        "[" * 100_000,
        "null",
    ],
)
def test_what_is_nearly_a_verdict_is_none(reply: str) -> None:
    with pytest.raises(UnreadableReplyError):
        read_reply(reply, FORM)


@given(st.text(max_size=200) | st.from_regex(r'\{"answers": ?\{.{0,40}\}.{0,20}\}', fullmatch=True))
def test_only_the_form_itself_is_a_verdict(text: str) -> None:
    try:
        reply = read_reply(text, FORM)
    except UnreadableReplyError:
        return
    document = json.loads(text.strip().removeprefix("```json").removeprefix("```").removesuffix("```"))
    assert document == {"answers": dict(reply.answers), "reason": document["reason"]}
