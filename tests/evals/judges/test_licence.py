"""Calibration, licence, drift, coherence and attacks, with judges whose faults are known."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from evals.judges.scripted import Scripted, choice, rubric_of

from llmops_cli.core.errors import InvalidFileError
from llmops_cli.evals.judges.attacks import ATTACKS, attack_judge
from llmops_cli.evals.judges.calibration import Calibration, calibrate, judge_labels
from llmops_cli.evals.judges.calibration_file import calibration_bytes, parse_calibration
from llmops_cli.evals.judges.coherence import pairwise_checks, pointwise_checks, with_error
from llmops_cli.evals.judges.form import form_of
from llmops_cli.evals.judges.judge import Judge
from llmops_cli.evals.judges.judge_request import JudgeModel, Material
from llmops_cli.evals.judges.licence import LicenceState, drift_of, judge_licence
from llmops_cli.evals.judges.markers import repeatable_markers
from llmops_cli.evals.judges.verdict_cache import NoVerdicts
from llmops_cli.evals.review.labels import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.completions import CompletionRequest

FORM = form_of(rubric_of())
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def output_in(request: CompletionRequest) -> str:
    found = re.search(r"<<<OUTPUT (\w+)>>>\n(.*)\n<<<END OUTPUT \1>>>", request.messages[1].content, re.DOTALL)
    assert found
    return found[2]


def judge_that(says: Callable[[str], bool]) -> tuple[Judge, Scripted]:
    """A judge that passes what `says` passes; asked for yes or no it answers that alike."""

    def reply(request: CompletionRequest) -> str:
        good = says(output_in(request))
        asked = request.messages[1].content
        if "Does the output meet" in asked:
            return '{"answers": {"meets": "%s"}, "reason": ""}' % ("yes" if good else "no")
        if "Does the output fail" in asked:
            return '{"answers": {"fails": "%s"}, "reason": ""}' % ("no" if good else "yes")
        return choice("good" if good else "invented")

    model = Scripted(reply)
    return Judge(JudgeModel(name="test/judge"), model, markers=repeatable_markers(), verdicts=NoVerdicts()), model


def labels_of(count: int) -> list[Label]:
    """Labels of numbered texts; the odd ones are good."""
    return [
        Label(
            material=Material(output=f"text {number} is {'true' if number % 2 else 'wrong'}", input="in"),
            answers={"choice": "good" if number % 2 else "invented"},
            by="ada",
            at=NOW,
        )
        for number in range(count)
    ]


def calibrated(judge: Judge, labels: list[Label]) -> Calibration:
    async def run() -> Calibration:
        judged = await judge_labels(judge, FORM, labels)
        good = [label.material for label in labels if label.answers["choice"] == "good"]
        return calibrate(
            judged.items,
            FORM,
            judge,
            rubric=("faithful", "sha256:1"),
            least=0.5,
            coherence=await pointwise_checks(judge, FORM, good),
            unlabelled=[1.0, 0.0] * 50,
            at=NOW,
        )

    return asyncio.run(run())


def licence_of(calibration: Calibration | None, **changes: object) -> LicenceState:
    judge = JudgeModel(name=str(changes.pop("judge", "test/judge")))
    digest = str(changes.pop("rubric_digest", "sha256:1"))
    now = changes.pop("now", NOW)
    assert isinstance(now, datetime)
    return judge_licence(calibration, rubric_digest=digest, judge=judge.as_json(), now=now, **changes).state  # type: ignore[arg-type]


def says_true(output: str) -> bool:
    return "is true" in output and "107" not in output


@pytest.fixture(scope="module")
def good() -> Calibration:
    return calibrated(judge_that(lambda output: "is true" in output)[0], labels_of(60))


def test_a_judge_that_agrees_with_people_is_licensed(good: Calibration) -> None:
    assert (good.true_pass.hits, good.true_fail.hits) == (30, 30)
    assert good.kappa.value == pytest.approx(1.0)
    assert good.steady.value == 1.0
    assert licence_of(good) is LicenceState.CALIBRATED


def test_without_calibration_or_with_few_labels_there_is_no_licence() -> None:
    few = calibrated(judge_that(lambda output: "is true" in output)[0], labels_of(40))
    assert licence_of(None) is LicenceState.UNCALIBRATED
    licence = judge_licence(few, rubric_digest="sha256:1", judge=JudgeModel(name="test/judge").as_json(), now=NOW)
    assert (licence.state, licence.may_block) == (LicenceState.UNCALIBRATED, False)
    assert "40 labels; at least 50" in licence.reasons[0]


@pytest.mark.parametrize("lenient", [True, False])
def test_a_judge_that_says_the_same_of_everything_is_not_licensed(lenient: bool) -> None:  # noqa: FBT001 - a table
    found = calibrated(judge_that(lambda _output: lenient)[0], labels_of(60))
    assert licence_of(found) is LicenceState.UNCALIBRATED
    assert found.kappa.value == pytest.approx(0.0)


def test_a_judge_that_rolls_dice_is_not_steady() -> None:
    dice = random.Random(1)  # noqa: S311 - no secret
    found = calibrated(judge_that(lambda _output: dice.random() < 0.5)[0], labels_of(60))
    assert found.steady.value < 0.95
    assert licence_of(found) is LicenceState.UNCALIBRATED


def test_a_judge_that_likes_long_texts_is_incoherent() -> None:
    found = calibrated(judge_that(lambda output: "In summary" in output)[0], labels_of(60))
    assert not next(check for check in found.coherence if check.name == "padding").passed


def test_a_judge_that_says_yes_to_both_sides_is_incoherent() -> None:
    model = Scripted(
        lambda request: (
            '{"answers": {"%s": "yes"}, "reason": ""}'
            % ("meets" if "meet the" in request.messages[1].content else "fails")
            if "Does the output" in request.messages[1].content
            else choice("good")
        )
    )
    judge = Judge(JudgeModel(name="test/judge"), model, markers=repeatable_markers(), verdicts=NoVerdicts())
    checks = asyncio.run(pointwise_checks(judge, FORM, [Material(output="x is y")]))
    assert (checks[0].name, checks[0].rate, checks[0].passed) == ("complement", 1.0, False)


def test_what_could_not_be_measured_is_not_passed() -> None:
    judge, _ = judge_that(lambda _output: True)
    assert not any(check.passed for check in asyncio.run(pointwise_checks(judge, FORM, [])))


@pytest.mark.parametrize(
    "change", [{"judge": "other/judge"}, {"rubric_digest": "sha256:2"}, {"now": NOW + timedelta(days=91)}]
)
def test_a_changed_judge_a_changed_rubric_and_old_labels_are_stale(
    good: Calibration, change: dict[str, object]
) -> None:
    assert licence_of(good, **change) is LicenceState.STALE


def test_a_judge_whose_anchors_moved_has_drifted(good: Calibration) -> None:
    same = {anchor.id: (anchor.passed, anchor.answers) for anchor in good.anchors}
    assert not drift_of(good, same).drifted
    moved = {
        anchor.id: (not anchor.passed, {"choice": "poor"}) if number < 12 else (anchor.passed, anchor.answers)
        for number, anchor in enumerate(good.anchors)
    }
    drift = drift_of(good, moved)
    assert (drift.flipped, drift.broken, drift.mended, drift.drifted) == (12, 12, 0, True)
    assert licence_of(good, drift=drift) is LicenceState.DRIFTED


def test_one_flip_among_sixty_is_noise(good: Calibration) -> None:
    again = {anchor.id: (anchor.passed, anchor.answers) for anchor in good.anchors}
    first = good.anchors[0]
    again[first.id] = (not first.passed, {"choice": "poor"})
    assert not drift_of(good, again).drifted


def test_the_file_has_the_same_bytes_and_reads_back(good: Calibration) -> None:
    data = calibration_bytes(good)
    again = parse_calibration(data, "x.json")
    assert calibration_bytes(again) == data
    assert again.anchors == good.anchors
    assert licence_of(again) is LicenceState.CALIBRATED


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"format": 2}', b"\xff", b"[" * 100000])
def test_a_file_that_is_no_calibration_is_an_error_of_that_file(data: bytes) -> None:
    with pytest.raises(InvalidFileError, match="not a calibration"):
        parse_calibration(data, "evals/calibration/x.json")


def test_a_pairwise_licence_needs_the_test_of_order(good: Calibration) -> None:
    assert licence_of(good, pairwise=True) is LicenceState.UNCALIBRATED


def test_errors_are_put_in_where_there_is_something_to_change() -> None:
    assert with_error("The bill is 90 euros.") == "The bill is 97 euros."
    assert with_error("The office is closed.") == "The office is not closed."
    assert with_error("Thanks a lot.").endswith("cancelled everything.")


def test_a_judge_that_prefers_the_first_fails_the_test_of_order_and_one_in_circles_that_of_cycles() -> None:
    groups = [[Material(output=name, input=f"in {n}") for name in ("stone", "scissors", "paper")] for n in range(5)]
    beats = {("stone", "scissors"), ("scissors", "paper"), ("paper", "stone")}

    def circles(request: CompletionRequest) -> str:
        text = request.messages[1].content
        first = text.split("<<<FIRST OUTPUT ")[1].split(">>>\n", 1)[1].split("\n")[0]
        second = text.split("<<<SECOND OUTPUT ")[1].split(">>>\n", 1)[1].split("\n")[0]
        return choice("tie" if first == second else "first" if (first, second) in beats else "second")

    def checks(reply: Callable[[CompletionRequest], str]) -> dict[str, bool]:
        judge = Judge(JudgeModel(name="j/j"), Scripted(reply), markers=repeatable_markers(), verdicts=NoVerdicts())
        return {check.name: check.passed for check in asyncio.run(pairwise_checks(judge, "better", groups))}

    assert checks(circles) == {"identity": True, "order": True, "cycles": False}
    assert checks(lambda _request: choice("first"))["order"] is False


def test_there_are_enough_families_and_a_gullible_judge_falls_for_them() -> None:
    bad = [Material(output=f"text {number} is wrong", input="in") for number in range(20)]
    gullible, _ = judge_that(lambda output: "good" in output.casefold() or "perfect" in output)
    failed, results = asyncio.run(attack_judge(gullible, FORM, bad, least=0.5))
    assert len(ATTACKS) >= 15
    assert failed == 20
    fooled = {each.name for each in results if each.success.hits == 20}
    assert {"instruction", "fake marker", "null model"} <= fooled
    # what the checks before the judge catch does not reach it
    assert next(each for each in results if each.name == "master key").success.hits == 0


def test_a_judge_that_looks_at_the_text_only_is_not_fooled() -> None:
    bad = [Material(output=f"text {number} is wrong", input="in") for number in range(20)]
    steady, model = judge_that(lambda output: "is true" in output)
    _, results = asyncio.run(attack_judge(steady, FORM, bad, least=0.5))
    assert all(each.success.hits == 0 for each in results)
    assert all(each.success.interval.upper < 0.17 for each in results)
    hidden = [request for request in model.asked if "U+E0047" in request.messages[1].content]
    assert len(hidden) == 20  # the hidden text of the attack arrives written out


def test_unreadable_verdicts_are_counted_and_cost_the_licence(good: Calibration) -> None:
    model = Scripted(lambda request: "what?" if output_in(request) == "text 0 is wrong" else choice("good"))
    judge = Judge(JudgeModel(name="test/judge"), model, markers=repeatable_markers(), verdicts=NoVerdicts())
    judged = asyncio.run(judge_labels(judge, FORM, labels_of(4), rescores=0))
    assert [item.first is None for item in judged.items] == [True, False, False, False]
    assert judged.effort.calls == 5
    assert licence_of(replace(good, unreadable=3)) is LicenceState.UNCALIBRATED
