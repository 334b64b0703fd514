"""A judge blocks with a licence only: uncalibrated, calibrated, stale and drifted ones in whole checks."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from ci.gate_world import GateWorld
from commands.test_judge_commands import PROJECT, PROMPT, RUBRIC, Endpoint, all_good, honest

from llmops_cli.evals.judges.judge_request import Material
from llmops_cli.evals.review.labels import Label, label_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUITE = """\
prompt: greet
cases: cases/greet.jsonl
metrics:
  - {metric: max_words, limit: 12, required: true}
  - {metric: judge, name: faithful, rubric: rubrics/true.yaml, allow: [echo]}
"""
CALIBRATION = "evals/calibration/true.json"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as found:
        yield found


@pytest.fixture
def judged(tmp_path: Path, endpoint: Endpoint) -> GateWorld:
    """A prompt that a judge likes, with a baseline; the change says the contrary, which only the judge sees."""
    world = GateWorld(tmp_path / "repository")
    world.root.mkdir()
    world.git("init", "-q", "-b", "main")
    rows = [
        {"id": f"case-{n:02}", "variables": {"text": f"text {n} is true"}, "critical": n == 3} for n in range(1, 31)
    ]
    for path, text in (
        ("prompts/greet.yaml", PROMPT),
        ("evals/greet.yaml", SUITE),
        ("evals/rubrics/true.yaml", RUBRIC),
        ("evals/cases/greet.jsonl", "".join(json.dumps(row) + "\n" for row in rows)),
        ("llmops.yaml", PROJECT % endpoint.server.url),
        (".gitignore", ".llmops/\n"),
    ):
        world.write(path, text)
    world.commit("A prompt with a judge")
    world.llmops("eval", "greet", "-q", "--repeats", "3")
    accepted = world.llmops("baseline", "accept", "greet", "--why", "first")
    assert accepted.code == 0, accepted
    world.commit("A baseline")
    return world


def calibrate(world: GateWorld, *, age: timedelta = timedelta()) -> None:
    """Label sixty texts as they deserve, and calibrate on them."""
    at = datetime.now(UTC).replace(microsecond=0) - age
    labels = [
        Label(
            material=Material(output=f"label {n} is {'true' if n % 2 else 'wrong'}", input=f"label {n}"),
            answers={"choice": "good" if n % 2 else "bad"},
            by="ada",
            at=at,
        )
        for n in range(60)
    ]
    world.write("evals/labels/true.jsonl", "".join(map(label_line, labels)))
    done = world.llmops("judge", "calibrate", "true", "--checks", "3", "--rescores", "1")
    assert (world.root / CALIBRATION).exists(), done


def contradict(world: GateWorld) -> None:
    """Make the change: the answer says the contrary of what is true."""
    world.git("checkout", "-q", "-b", "change")
    world.edit("prompts/greet.yaml", "{{ text }}", "{{ text }}, not true")
    world.edit("prompts/greet.yaml", "version: 1", "version: 2")


def test_an_uncalibrated_judge_warns_and_does_not_block(judged: GateWorld) -> None:
    contradict(judged)

    code, report = judged.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (0, "pass"), prompt["reasons"]
    told = prompt["reasons"][1]
    assert told.startswith("judge metric 'faithful' has no licence (uncalibrated: there is no calibration against")
    assert told.endswith("): it warns, it does not block; it sees a regression (100.0 → 0.0).")
    shown = {metric["name"]: (metric["only_warns"], metric["verdict"]) for metric in prompt["decisive"]["metrics"]}
    assert shown == {"max_words": (False, "pass"), "faithful": (True, "block")}
    text = judged.llmops("gate", "--base", "main").out
    assert "faithful (warns)" in text
    assert "it warns, it does not block" in " ".join(text.split())
    assert "`faithful` (only warns)" in judged.llmops("gate", "--base", "main", "--format", "markdown").out


def test_a_calibrated_judge_blocks(judged: GateWorld) -> None:
    calibrate(judged)
    judged.commit("A calibration")
    contradict(judged)

    code, report = judged.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (1, "regression"), prompt["reasons"]
    assert not any("licence" in reason for reason in prompt["reasons"])
    assert prompt["reasons"][0].startswith("faithful: BLOCK on these 30 cases (−100.0 points")
    assert report["paid_usd"] > 0


def test_a_judge_with_old_labels_is_stale_and_only_warns(judged: GateWorld) -> None:
    calibrate(judged, age=timedelta(days=100))
    judged.commit("An old calibration")
    contradict(judged)

    code, report = judged.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (0, "pass"), prompt["reasons"]
    assert "has no licence (stale: the newest label is 100 days old" in prompt["reasons"][1]


def test_a_drifted_judge_makes_its_metric_invalid(judged: GateWorld, endpoint: Endpoint) -> None:
    calibrate(judged)
    judged.commit("A calibration")
    judged.git("checkout", "-q", "-b", "change")
    judged.edit("prompts/greet.yaml", "{{ text }}", "{{ text }}.")
    judged.edit("prompts/greet.yaml", "version: 1", "version: 2")

    def stricter(asked: str) -> str:
        # the canaries come out as ever
        return honest(asked.replace("is true", "is not true") if re.search(r"(text|label) \d", asked) else asked)

    endpoint.reply = stricter
    code, report = judged.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (7, "incomparable"), prompt["reasons"]
    assert prompt["reasons"][0] == (
        "judge metric 'faithful' is invalid: 30 of 60 anchors changed their verdict: the judge changed, not the prompt."
    )
    assert report["conclusion"] == "action_required"


def test_a_change_cannot_license_its_own_judge(judged: GateWorld) -> None:
    contradict(judged)
    calibrate(judged)
    judged.commit("A calibration with the change")

    _, report = judged.gate("--approved", "ada")

    (prompt,) = report["prompts"]
    assert prompt["verdict"] == "pass"
    assert "has no licence (uncalibrated" in prompt["reasons"][1]


def test_an_unlicensed_judge_that_cannot_be_read_takes_no_trial_with_it(judged: GateWorld, endpoint: Endpoint) -> None:
    contradict(judged)
    endpoint.reply = lambda _asked: "I would rather not say."

    code, report = judged.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (0, "pass"), prompt["reasons"]
    assert "judge metric 'faithful' has no licence" in prompt["reasons"][1]


def test_wrong_canaries_of_an_unlicensed_judge_are_told_and_block_nothing(
    judged: GateWorld, endpoint: Endpoint
) -> None:
    contradict(judged)
    endpoint.reply = all_good

    code, report = judged.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (0, "pass"), prompt["reasons"]
    assert prompt["reasons"][1].endswith(
        "it warns, it does not block. Nothing that it says here counts: its canaries came out wrong "
        "(canary 2 (attacked) scored 1.00 and passed)."
    )
    assert [metric["name"] for metric in prompt["decisive"]["metrics"]] == ["max_words"]
    assert prompt["decisive"]["summary"]["cases"]["passed"] == 30
    for output_format in ("text", "markdown"):
        shown = judged.llmops("gate", "--base", "main", "--format", output_format).out
        assert "its canaries came out wrong" in " ".join(shown.split()), shown


def test_wrong_canaries_of_a_licensed_judge_leave_the_change_undecided(judged: GateWorld, endpoint: Endpoint) -> None:
    calibrate(judged)
    judged.commit("A calibration")
    contradict(judged)
    # the anchors come out as ever, and so does every answer; the canary does not
    endpoint.reply = lambda asked: all_good(asked) if "the sky" in asked else honest(asked)

    code, report = judged.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"], report["conclusion"]) == (10, "inconclusive", "neutral"), prompt["reasons"]
    assert prompt["reasons"][0] == (
        "judge metric 'faithful' is invalid: its canaries came out wrong (canary 2 (attacked) scored 1.00 and passed): "
        "the judge changed, not the prompt."
    )


def test_wrong_canaries_hide_no_regression_that_another_metric_sees(judged: GateWorld, endpoint: Endpoint) -> None:
    calibrate(judged)
    judged.commit("A calibration")
    judged.git("checkout", "-q", "-b", "change")
    judged.edit("prompts/greet.yaml", "{{ text }}", "{{ text }} " + "and on " * 12)
    judged.edit("prompts/greet.yaml", "version: 1", "version: 2")
    endpoint.reply = lambda asked: all_good(asked) if "the sky" in asked else honest(asked)

    code, report = judged.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (1, "regression"), prompt["reasons"]


def test_a_suite_of_unlicensed_judges_alone_decides_nothing(judged: GateWorld) -> None:
    judged.write("evals/greet.yaml", SUITE.replace("  - {metric: max_words, limit: 12, required: true}\n", ""))
    judged.llmops("eval", "greet", "-q", "--repeats", "3")
    assert judged.llmops("baseline", "accept", "greet", "--why", "judges alone").code == 0
    judged.commit("Judges alone")
    contradict(judged)

    code, report = judged.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"], report["conclusion"]) == (10, "inconclusive", "neutral")
    assert prompt["reasons"][0] == "Only judges without a licence measure here, so nothing can decide."


def test_eval_heeds_licences_as_the_gate_does(judged: GateWorld) -> None:
    contradict(judged)

    warned = judged.llmops("eval", "greet")
    assert warned.code == 0, warned.out
    assert "it warns, it does not block" in " ".join(warned.out.split())
    beside = judged.llmops("eval", "greet", "--against", "main")
    assert beside.code == 0, beside.out
    calibrate(judged)
    assert judged.llmops("eval", "greet").code == 1
    assert judged.llmops("eval", "greet", "--against", "main").code == 1
