"""Metrics against independent reference values, laws, and answers written to break them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from evals.scoring import outcome_of
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from llmops_cli.core.completions import Completion, ToolCall, Usage
from llmops_cli.core.scores import Score, ScoreContext, ScoreFailure
from llmops_cli.core.suites import Case, MetricSpec
from llmops_cli.evals.measuring.guarded_scorer import GuardedScorer
from llmops_cli.evals.measuring.language_of_text import LANGUAGES
from llmops_cli.evals.measuring.metric_examples import examples_of
from llmops_cli.evals.measuring.metric_table import bind, find_metric
from llmops_cli.evals.measuring.personal_data import find_personal_data, iban, luhn
from llmops_cli.evals.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.scores import ScoreOutcome

# judges ask a model: tests/evals/judges holds them against hostile answers with one
WITHOUT_JUDGES = [name for name in METRICS if METRICS.row(name).kind != "judge"]
TYPICAL: dict[str, dict[str, Any]] = {
    name: dict(examples_of(find_metric(name))[0].parameters) for name in WITHOUT_JUDGES
}


def passed(*arguments: Any, **named: Any) -> bool:
    outcome = outcome_of(*arguments, **named)
    assert isinstance(outcome, Score), outcome
    return outcome.passed


# Levenshtein distances published in the literature and in other implementations' test suites
LEVENSHTEIN = [
    ("kitten", "sitting", 3),
    ("Saturday", "Sunday", 3),
    ("intention", "execution", 5),  # Jurafsky and Martin, Speech and Language Processing, ch. 2 (unit costs)
    ("rosettacode", "raisethysword", 8),  # rosettacode.org
    ("flaw", "lawn", 2),
    ("gumbo", "gambol", 2),
    ("", "abc", 3),
    ("中文字", "中字", 1),
    ("same", "same", 0),
]


@pytest.mark.parametrize(("left", "right", "edits"), LEVENSHTEIN)
def test_edit_distance_gives_the_published_distances(left: str, right: str, edits: int) -> None:
    for one, other in ((left, right), (right, left)):
        outcome = outcome_of("edit_distance", {"max_edits": edits}, one, other)
        assert isinstance(outcome, Score)
        assert outcome.passed
        assert outcome.raw == edits
        assert outcome.value == pytest.approx(1 - edits / max(len(left), len(right)))
        assert edits == 0 or not passed("edit_distance", {"max_edits": edits - 1}, one, other)


# the numbers that payment providers publish for tests
CARDS = ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "6011111111111117", "30569309025904"]
# the examples of the SWIFT IBAN registry
IBANS = [
    "GB29 NWBK 6016 1331 9268 19",
    "DE89 3704 0044 0532 0130 00",
    "FR14 2004 1010 0505 0001 3M02 606",
    "NL91ABNA0417164300",
    "NO93 8601 1117 947",
    "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
]


@pytest.mark.parametrize("number", CARDS)
def test_a_payment_card_is_known_by_its_check_digit(number: str) -> None:
    assert luhn(number)
    assert not luhn(number[:-1] + str((int(number[-1]) + 1) % 10))
    assert not passed("no_pii", {"kinds": ["card"]}, f"I paid with {number}, is that right?")


@pytest.mark.parametrize("number", IBANS)
def test_an_iban_is_known_by_its_check_digits(number: str) -> None:
    assert iban(number)
    assert not iban(number[:2] + f"{(int(number[2:4]) + 1) % 100:02d}" + number[4:])
    assert not passed("no_pii", {"kinds": ["iban"]}, f"Refund to {number}.")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to ada.lovelace+news@mail.example.co.uk now", "email"),
        ("call +49 30 901820 today", "phone"),
        ("call +1 (212) 555-0123", "phone"),
        ("call (212) 555-0123", "phone"),
        ("call 212-555-0123", "phone"),
        ("SSN 219-09-9999", "us_ssn"),
        ("from 192.168.0.17", "ipv4"),
    ],
)
def test_personal_data_is_found_and_named_by_its_kind(text: str, kind: str) -> None:
    assert kind in find_personal_data(text, (kind,), frozenset())


@pytest.mark.parametrize(
    "text",
    [
        "order 1234567",
        "2026-11-23",
        "SSN 000-12-3456",
        "version 300.400.1.2",
        "a@b",
        "ISBN 978-3-16-148410-0",
        "3.141592653",
    ],
)
def test_what_only_looks_like_personal_data_is_let_pass(text: str) -> None:
    assert passed("no_pii", {"kinds": ["email", "iban", "us_ssn", "ipv4"]}, text)


# ISO 8601 and RFC 3339 examples (RFC 3339, section 5.8), and writings of the same kind
@pytest.mark.parametrize(
    ("text", "formats", "day"),
    [
        ("1985-04-12T23:20:50.52Z", ["iso"], "1985-04-12"),
        ("1996-12-19T16:39:57-08:00", ["iso"], "1996-12-19"),
        ("1937-01-01T12:00:27.87+00:20", ["iso"], "1937-01-01"),
        ("20261123", ["iso"], "2026-11-23"),
        ("2024-02-29", ["iso"], "2024-02-29"),
        ("2023-02-29", ["iso"], None),
        ("1990-12-31T23:59:60Z", ["iso"], None),  # a leap second: datetime has none
        ("2026-W48-1", ["iso"], None),
        ("2026-11", ["iso"], None),
        ("today", ["any"], None),
        ("10", ["any"], None),
        ("March 3", ["any"], None),
        ("March 3rd, 2026", ["any"], "2026-03-03"),
        ("Mon, 23 Nov 2026 09:00:00 +0000", ["any"], "2026-11-23"),
        ("03/04/2026", ["any"], "2026-03-04"),
        ("23/11/2026", ["%d/%m/%Y", "iso"], "2026-11-23"),
        ("31.04.2026", ["%d.%m.%Y"], None),
        ("x" * 100_000, ["any", "iso"], None),
        ("", ["any", "iso"], None),
    ],
)
def test_dates_are_read_as_the_standards_say(text: str, formats: list[str], day: str | None) -> None:
    assert passed("date_parses", {"formats": formats}, text) is (day is not None)
    if day:
        assert passed("date_parses", {"formats": formats, "expected": day}, text)
        assert not passed("date_parses", {"formats": formats, "expected": "1999-12-31"}, text)


def test_the_day_may_come_first() -> None:
    parameters = {"formats": ["any"], "day_first": True, "expected": "2026-04-03"}
    assert passed("date_parses", parameters, "03/04/2026")


@pytest.mark.parametrize(
    ("answer", "which", "number"),
    [
        ("1,234,567.8", "only", 1234567.8),
        ("-3e-2", "only", -0.03),
        ("−5", "only", -5),
        ("$1,000", "only", None),
        ("$1,000 or 2,5", "first", 1000),
        ("It costs 5 dollars, 7 in all.", "last", 7),
        ("12,34", "only", None),
        ("1e999", "only", None),
        ("9" * 5000, "last", None),
        ("nan", "only", None),
        ("no number", "first", None),
    ],
)
def test_numbers_are_read_as_people_write_them(answer: str, which: str, number: float | None) -> None:
    parameters = {"extract": which, "expected": 0 if number is None else number}
    outcome = outcome_of("number_close", parameters, answer)
    assert isinstance(outcome, Score)
    assert outcome.passed is (number is not None)
    assert outcome.raw == number


def test_placeholders_are_filled_from_the_case_and_never_rendered_again() -> None:
    variables = {"name": "{{ secret }}", "secret": "s3cret", "n": 7, "list": [1, "a"]}
    assert passed(
        "equals", {"expected": "Dear {{ name }}, {{n}} {{ list }}"}, 'Dear {{ secret }}, 7 [1, "a"]', None, variables
    )
    assert passed("contains_all", {"expected": ["{{ secret }}", "{{ n }}"]}, "s3cret 7", None, variables)
    assert passed("equals", {"expected": "{{ expected }}"}, "b", ("a", "b"))
    assert isinstance(outcome_of("equals", {"expected": "{{ nobody }}"}, "x", None, variables), ScoreFailure)
    assert passed("json_fields", {"expected": {"id": "{{ n }}"}}, '{"id": 7}', None, variables)


@pytest.mark.parametrize("metric", ["equals", "contains", "edit_distance", "json_fields", "number_close"])
def test_no_expected_answer_is_a_failure_to_measure_and_not_a_zero(metric: str) -> None:
    parameters = {"min": 0.5} if metric == "edit_distance" else {}
    assert isinstance(outcome_of(metric, parameters, "x"), ScoreFailure)


def test_an_expected_object_is_no_text() -> None:
    assert isinstance(outcome_of("equals", {}, "x", {"a": 1}), ScoreFailure)


def test_an_unknown_price_is_no_low_price() -> None:
    assert isinstance(outcome_of("cost", {"max_usd": 1}, "x"), ScoreFailure)


def test_arguments_of_a_tool_that_are_not_json_fail() -> None:
    completion = Completion(text="", usage=Usage(), tool_calls=(ToolCall(name="a", arguments='{"x": 1, "x": 1}'),))
    context = ScoreContext(case=Case(id="c", variables={}), completion=completion)
    spec = MetricSpec(metric="tool_call", name="t", parameters={"tool": "a", "arguments": {"x": 1}})
    (outcome,) = asyncio.run(_scored(spec, context))
    assert isinstance(outcome, Score)
    assert "twice" in outcome.reason


async def _scored(spec: MetricSpec, *contexts: ScoreContext) -> Sequence[ScoreOutcome]:
    return await bind(spec).score(contexts)


@pytest.mark.parametrize(
    "text",
    ["{", "nul", "[1,]", "{'a': 1}", '{"a": Infinity}', "-", "1 2", "[" * 100_000, "1" * 5000, "1e999", "", "\ufeff{}"],
    ids=lambda text: text[:12],
)
def test_what_is_not_json_by_the_standard_is_not_json(text: str) -> None:
    assert not passed("json_valid", {}, text)


def test_the_languages_are_those_of_the_model() -> None:
    known = LanguageIdentifier.from_model_file(MODEL_FILE).labels
    assert {code for code in known if len(code) == 2} == LANGUAGES


HOSTILE = {
    "empty": "",
    "nul": "\x00" * 10,
    "surrogates": "x\ud800y\udfff",
    "one huge line": "A" * 10_000_000,
    "blanks": " " * 3_000_000,
    "fence of blanks": "```\n" + " " * 3_000_000,
    "digits": "1" * 3_000_000,
    "digits apart": "1 " * 500_000,
    "at signs": "a@" * 500_000,
    "dots": "a." * 500_000 + "@" + "b." * 500_000,
    "plus signs": "+1" * 500_000,
    "brackets": "[" * 1_000_000,
    "quotes": '{"a":' * 100_000,
    "escapes": "\x1b[2J\u202e\r\n::error::x",
    "templates": "{{ expected }} {% for x in y %}",
}


@pytest.mark.parametrize("metric", WITHOUT_JUDGES)
@pytest.mark.parametrize("kind", list(HOSTILE))
def test_a_hostile_answer_gets_a_sound_outcome(metric: str, kind: str) -> None:
    expected: Any = {"a": 1} if metric == "json_fields" else "42"
    outcome = outcome_of(metric, TYPICAL[metric], HOSTILE[kind], expected)
    assert "crashed" not in outcome.reason
    assert len(outcome.reason) < 1000
    assert not any(character in outcome.reason for character in "\x00\x1b\u202e\n")


@settings(max_examples=60, deadline=None)
@given(answer=st.text(alphabet=st.characters()), expected=st.text(alphabet=st.characters(), min_size=1))
@pytest.mark.parametrize("metric", [name for name in WITHOUT_JUDGES if name != "language"])
def test_a_score_stays_within_its_scale_and_mirrors(metric: str, answer: str, expected: str) -> None:
    parameters = TYPICAL[metric]
    plain = outcome_of(metric, parameters, answer, expected)
    assert "crashed" not in plain.reason
    if isinstance(plain, Score):
        assert 0.0 <= plain.value <= 1.0
        json.dumps(plain.reason).encode("ascii")


@given(st.text(alphabet=st.characters(), min_size=1))
def test_a_text_equals_and_contains_itself(text: str) -> None:
    assert passed("equals", {"whitespace": "exact"}, text, text)
    assert passed("contains", {}, text, text)
    assert passed("edit_distance", {"min": 1}, text, text)


class Wild:
    """A third party's scorer that breaks every promise."""

    name = "wild"

    def __init__(self, outcomes: Any) -> None:
        self._outcomes = outcomes

    async def score(self, contexts: Sequence[ScoreContext]) -> Sequence[ScoreOutcome]:
        if isinstance(self._outcomes, Exception):
            raise self._outcomes
        return [self._outcomes] * len(contexts)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_score_outside_its_scale_is_a_failure_to_measure(value: float) -> None:
    wild = Wild(Score(metric="wild", value=value, passed=True, reason=""))
    (outcome,) = asyncio.run(_guarded(wild))
    assert isinstance(outcome, ScoreFailure)


def test_a_metric_that_crashes_is_a_failure_to_measure_also_when_negated() -> None:
    (outcome,) = asyncio.run(_guarded(Wild(ZeroDivisionError("division by zero")), negated=True))
    assert outcome == ScoreFailure(metric="wild", reason="the metric crashed: ZeroDivisionError: division by zero")


async def _guarded(scorer: Any, *, negated: bool = False) -> Sequence[ScoreOutcome]:
    context = ScoreContext(case=Case(id="c", variables={}), completion=Completion(text="", usage=Usage()))
    return await GuardedScorer(scorer, name=scorer.name, negated=negated).score([context])
