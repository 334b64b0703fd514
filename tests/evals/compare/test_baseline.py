"""Baselines: accepted, written, read back, checked, and refused when somebody edited them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from evals.compare.measured_runs import measured, steady
from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_cli.core.errors import RefusedError, SetupError
from llmops_cli.core.findings import Severity
from llmops_cli.evals.baselines.baseline import Acceptance, Baseline, metric_means, stale_reasons
from llmops_cli.evals.baselines.baseline_accept import apply_accept, plan_accept
from llmops_cli.evals.baselines.baseline_file import baseline_as_json, baseline_bytes, load_baseline
from llmops_cli.evals.compare.aa import compare_with_itself
from llmops_cli.evals.compare.lost_trials import LostTrials

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.evals.comparing.measured_run import MeasuredRun

PATH = "evals/baselines/demo.json"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def baseline_of(run: MeasuredRun, **changes: Any) -> Baseline:
    acceptance = Acceptance(at=NOW, by="Ada Example <ada@example.org>", commit="c0ffee" * 6 + "c0ff", why="first")
    return replace(Baseline(run=run, acceptance=acceptance, tool_version="0.1.0"), **changes)


RUN = measured(
    {"label_in": steady(1, 30, 5), "rouge_l": steady(0.8125, 30, 5)},
    threshold=0.5,
    critical_cases=frozenset({"case-003"}),
    clusters={"case-001": "thread-9"},
)


def edited(**changes: Any) -> bytes:
    document = {**json.loads(baseline_bytes(baseline_of(RUN))), **changes}
    return json.dumps(document).encode()


def rules_of(data: bytes, path: str = PATH) -> list[str]:
    return [finding.rule for finding in load_baseline(data, path).findings]


def test_what_passes_without_judges_is_kept_beside_what_passes() -> None:
    run = measured({"faithful": steady(0, 3, 2)})
    baseline = baseline_of(replace(run, passed_without_judges=dict.fromkeys(run.passed, (True, True))))
    data = baseline_bytes(baseline)
    assert load_baseline(data, PATH).baseline == baseline
    assert b'"passed_without_judges": [1, 1]' in data


def test_what_is_written_is_read_back() -> None:
    baseline = baseline_of(RUN, self_comparison=compare_with_itself([[1.0, 0.0, 1.0, 1.0, 1.0, 1.0]] * 30))
    loaded = load_baseline(baseline_bytes(baseline), PATH)
    assert loaded.findings == ()
    assert loaded.baseline is not None
    assert baseline_bytes(loaded.baseline) == baseline_bytes(baseline)
    assert loaded.baseline.run == baseline.run
    assert loaded.baseline.acceptance == baseline.acceptance


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
        st.lists(st.floats(0, 1), min_size=1, max_size=4),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=50, deadline=None)
def test_reading_and_writing_again_changes_no_byte(scores: dict[str, list[float]]) -> None:
    data = baseline_bytes(baseline_of(measured({"metric": scores})))
    loaded = load_baseline(data, PATH)
    assert [finding for finding in loaded.findings if finding.is_error] == []
    assert loaded.baseline is not None
    assert baseline_bytes(loaded.baseline) == data


def test_the_file_has_one_line_per_case_and_ends_like_a_text_file() -> None:
    text = baseline_bytes(baseline_of(RUN)).decode()
    assert text.endswith("}\n")
    assert "\r" not in text
    line = next(line for line in text.splitlines() if '"case-003"' in line)
    assert line == (
        '  "case-003": {"critical": true, "digest": "sha256:' + f"{3:064x}" + '", "passed": [1, 1, 1, 1, 1],'
        ' "scores": {"label_in": [1, 1, 1, 1, 1], "rouge_l": [0.8125, 0.8125, 0.8125, 0.8125, 0.8125]}},'
    )


def test_the_order_in_which_cases_were_measured_changes_no_byte() -> None:
    scores = {"label_in": steady(1, 30, 5)}
    backwards = {"label_in": dict(reversed(scores["label_in"].items()))}
    assert baseline_bytes(baseline_of(measured(scores))) == baseline_bytes(baseline_of(measured(backwards)))


def test_an_edit_by_hand_is_found() -> None:
    data = baseline_bytes(baseline_of(RUN)).replace(b'"label_in": [1, 1, 1, 1, 1]', b'"label_in": [1, 1, 1, 1, 0]', 1)
    loaded = load_baseline(data, PATH)
    assert loaded.baseline is None
    assert [finding.rule for finding in loaded.findings] == ["baseline-digest"]
    assert loaded.findings[0].hint == "Record it again: llmops baseline accept."


def test_a_newer_schema_asks_for_an_upgrade() -> None:
    loaded = load_baseline(b'{"schema": 999}\n', PATH)
    assert loaded.baseline is None
    assert loaded.findings[0].message == "written by a newer llmops (schema 999, this one reads 1)."
    assert loaded.findings[0].hint == "Upgrade llmops."


def test_a_score_that_is_no_number_is_named_with_its_line() -> None:
    data = baseline_bytes(baseline_of(RUN)).replace(b"[0.8125, ", b'["1.0; DROP", ', 1)
    finding = load_baseline(data, PATH).findings[0]
    assert finding.rule == "baseline-score"
    assert finding.message == "case-000: a score is a finite number in [0, 1], not '1.0; DROP'."
    assert finding.position.line == data[: data.index(b"DROP")].count(b"\n") + 1


@pytest.mark.parametrize("value", [b"1.5", b"-1", b"true", b"1e999", b"NaN"])
def test_scores_outside_their_range_are_refused(value: bytes) -> None:
    data = baseline_bytes(baseline_of(RUN)).replace(b"[0.8125, ", b"[" + value + b", ", 1)
    assert load_baseline(data, PATH).baseline is None


def test_a_baseline_that_scores_nothing_is_warned_of() -> None:
    loaded = load_baseline(baseline_bytes(baseline_of(measured({"label_in": steady(0, 30, 5)}))), PATH)
    assert loaded.baseline is not None
    assert [(finding.rule, finding.severity) for finding in loaded.findings] == [
        ("baseline-all-zero", Severity.WARNING)
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"schema": 1, "schema": 1}',
        b'{"schema": 1, "prompt": "demo", "scores": {"c1": 0.0}}',
        b"[" * 100_000,
        edited(accepted={"at": "yesterday", "by": "a", "commit": "b", "why": "c"}),
        edited(effort={}),
        edited(cases={"case-000": []}),
        edited(model={"asked": "x"}),
        edited(self_comparison={"false_alarm_interval": [0.1]}),
    ],
)
def test_what_is_no_baseline_is_refused_without_a_traceback(data: bytes) -> None:
    loaded = load_baseline(data, PATH)
    assert loaded.baseline is None
    assert any(finding.rule == "baseline-unreadable" for finding in loaded.findings)


def test_a_score_in_an_unknown_layout_is_still_named() -> None:
    data = b'{"schema": 1, "prompt": "demo", "scores": {"c1": "1.0; DROP"}}'
    assert "baseline-score" in rules_of(data)


def test_a_file_too_large_to_be_one_is_not_read() -> None:
    assert rules_of(b" " * ((64 << 20) + 1)) == ["baseline-unreadable"]


def test_the_baseline_of_another_prompt_is_not_this_ones() -> None:
    assert rules_of(baseline_bytes(baseline_of(RUN)), "evals/baselines/other.json") == ["baseline-unreadable"]


def test_accepting_writes_the_file_and_says_what_changes(tmp_path: Path) -> None:
    first = plan_accept(baseline_of(RUN), None)
    assert first.sentences == (
        "Accept demo-v3 (abababababab) on openai/gpt-5-mini-2026-08-07: 30 cases, 5 trials each.",
        "label_in 1.000 (1.000…1.000).",
        "rouge_l 0.812 (0.812…0.812).",
    )
    path = apply_accept(first, tmp_path)
    assert path == tmp_path / PATH
    assert path.read_bytes() == baseline_bytes(baseline_of(RUN))
    worse = measured({"label_in": steady(0, 29, 5)})
    second = plan_accept(baseline_of(worse), baseline_of(RUN))
    assert "label_in 0.000 (0.000…0.000), was 1.000." in second.sentences
    assert "No longer measured: rouge_l." in second.sentences
    assert "Removed cases: case-029." in second.sentences
    assert "Every score is 0: any output would be an improvement over this baseline." in second.sentences
    apply_accept(second, tmp_path)
    assert [found.name for found in path.parent.iterdir()] == ["demo.json"]


def test_applying_twice_is_applying_once(tmp_path: Path) -> None:
    plan = plan_accept(baseline_of(RUN), None)
    apply_accept(plan, tmp_path)
    assert apply_accept(plan, tmp_path).read_bytes() == plan.data


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "repository", tmp_path / "outside"
    (root / "evals").mkdir(parents=True)
    outside.mkdir()
    (root / "evals" / "baselines").symlink_to(outside)
    with pytest.raises(RefusedError, match="outside the repository"):
        apply_accept(plan_accept(baseline_of(RUN), None), root)
    assert list(outside.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "evals").write_text("a file")
    with pytest.raises(SetupError, match="cannot be written"):
        apply_accept(plan_accept(baseline_of(RUN), None), tmp_path)


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        (baseline_of(measured({})), "nothing was measured"),
        (baseline_of(replace(RUN, lost=LostTrials(trials=150, lost=10))), "lost to errors"),
        (
            baseline_of(RUN, acceptance=Acceptance(at=NOW, by="Ada", commit="c0ffee", why="  ")),
            "needs a reason",
        ),
        (baseline_of(measured({"label_in": steady(1, 30, 1)})), "have 1 trial, a baseline needs at least 3"),
    ],
)
def test_what_cannot_serve_as_a_baseline_is_refused(baseline: Baseline, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        plan_accept(baseline, None)


def test_deterministic_runs_need_one_trial() -> None:
    run = measured({"label_in": steady(1, 30, 1)}, deterministic_metrics=frozenset({"label_in"}))
    assert plan_accept(baseline_of(run), None).path == PATH


def test_a_baseline_ages_in_two_weeks() -> None:
    baseline = baseline_of(RUN)
    assert stale_reasons(baseline, now=NOW + timedelta(days=14)) == ()
    assert stale_reasons(baseline, now=NOW + timedelta(days=15)) == (
        "The baseline is 15 days old; after 14 it no longer stands for the present.",
    )


def test_a_deterministic_baseline_does_not_age() -> None:
    run = replace(RUN, deterministic_metrics=frozenset({"label_in", "rouge_l"}))
    assert stale_reasons(baseline_of(run), now=NOW + timedelta(days=400)) == ()


def test_another_served_model_makes_a_baseline_stale_at_once() -> None:
    reasons = stale_reasons(baseline_of(RUN), now=NOW, models_served=("gpt-5-mini-2026-10-01",))
    assert len(reasons) == 1
    assert "was answered by gpt-5-mini-2026-08-07, now gpt-5-mini-2026-10-01 answers" in reasons[0]
    assert stale_reasons(baseline_of(RUN), now=NOW, models_served=("gpt-5-mini-2026-08-07",)) == ()


def test_means_come_with_a_t_interval_over_cases() -> None:
    mean = metric_means(measured({"m": {"a": [1.0, 1.0], "b": [0.0, 1.0], "c": [0.0, 0.0]}}))["m"]
    assert mean.mean == 0.5
    # t(0.975, 2) = 4.3027, sd 0.5, n = 3: wider than the scale, so it ends there
    assert tuple(mean.interval) == (0.0, 1.0)
    assert metric_means(measured({"m": {"a": [0.5]}}))["m"].interval == (0.5, 0.5)


def test_the_document_names_what_measured() -> None:
    document = baseline_as_json(baseline_of(RUN))
    assert document["prompt"] == "demo"
    assert document["repeats"] == 5
    assert document["accepted"] == {
        "at": "2026-11-23T09:30:00Z",
        "by": "Ada Example <ada@example.org>",
        "commit": "c0ffee" * 6 + "c0ff",
        "why": "first",
    }
