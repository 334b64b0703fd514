"""Whole checks, from a real repository to exit code and conclusion."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

from ci.gate_world import BASELINE, DATASET, PROJECT, PROMPT, PROMPT_TEXT, SUITE, GateWorld, case, held

from llmops_cli.evals.baselines.baseline_file import baseline_bytes, load_baseline

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def break_prompt(world: GateWorld) -> None:
    world.edit(PROMPT, 'content: "{{ text }}"', 'content: "Well, {{ text }}"')
    world.bump()


def reword(world: GateWorld) -> None:
    world.edit(PROMPT, "Repeat what you are told.", "Please repeat what you are told.")
    world.bump()


def test_a_change_that_reaches_no_prompt_passes_and_says_so(world: GateWorld) -> None:
    world.write("README.md", "Hello.\n")

    code, report = world.gate()

    assert code == 0
    assert report["conclusion"] == "success"
    assert report["headline"] == "PASS: nothing to evaluate: no prompt is affected."
    assert report["unaffected"] == 1
    assert not (world.root / ".llmops" / "runs").exists() or report["prompts"] == []


def test_a_harmless_rewording_passes_against_the_baseline(world: GateWorld) -> None:
    reword(world)

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert (code, report["conclusion"], prompt["verdict"]) == (0, "success", "pass")
    assert prompt["decisive"]["compared_with"].startswith("baseline of v1")
    # deterministic answers: one trial of each case is enough
    assert prompt["decisive"]["summary"]["repeats"] == 1
    assert [reason["through"] for reason in prompt["selected_because"]] == [[PROMPT]]


def test_a_real_regression_fails_with_the_cases_to_look_at(world: GateWorld) -> None:
    break_prompt(world)

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert (code, report["conclusion"], prompt["verdict"]) == (1, "failure", "regression")
    first = prompt["decisive"]["cases_to_look_at"][0]
    assert first["case"] == "case-07"
    assert first["critical"]
    assert (first["path"], first["line"]) == (DATASET, 7)
    assert (first["expected"], first["head_output"]) == ("say 7", "Well, say 7")
    assert first["base_passes"] == 1
    assert report["next_step"].startswith("llmops runs show ")


def test_the_suite_of_the_base_decides_although_the_change_loosened_it(world: GateWorld) -> None:
    break_prompt(world)
    world.write(SUITE, "prompt: repeat\ncases: cases/repeat.jsonl\nmetrics:\n  - {metric: max_words, limit: 400}\n")

    code, report = world.gate("--approved", "a careless reviewer")

    (prompt,) = report["prompts"]
    assert code == 1
    assert prompt["decisive"]["suite_from"] == "base"
    assert prompt["head_suite"]["suite_from"] == "head"
    assert prompt["head_suite"]["verdict"] != "regression"
    assert {change["kind"] for change in report["changes"] if change["loosens"]} >= {"metric"}


def test_a_stricter_suite_of_the_change_can_find_a_regression_too(world: GateWorld) -> None:
    reword(world)
    critical = case(31, critical=True, expected="say something else")
    world.write(DATASET, world.read(DATASET) + critical + "\n")

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert prompt["decisive"]["verdict"] == "pass"
    assert prompt["head_suite"]["verdict"] == "regression"
    assert (code, prompt["verdict"]) == (1, "regression")
    assert prompt["reasons"][0].startswith("With the suite of this change: Critical case broken: case-31")


def test_a_held_change_that_also_breaks_the_prompt_is_a_failure(world: GateWorld) -> None:
    break_prompt(world)
    world.edit(SUITE, "min: 0.9", "min: 0.1")

    code, report = world.gate()

    assert (code, report["conclusion"], report["held"]) == (1, "failure", True)


def test_an_invalid_file_ends_the_check_before_any_model_is_asked(world: GateWorld) -> None:
    world.edit(SUITE, "metric: equals", "metric: eqals")

    code, report = world.gate()

    assert (code, report["conclusion"], report["prompts"]) == (3, "failure", [])
    assert report["affected"] == ["repeat"]
    finding = next(finding for finding in report["findings"] if finding["rule"] == "unknown-metric")
    assert (finding["path"], finding["line"]) == (SUITE, 4)


def test_what_was_wrong_before_in_other_files_is_not_this_changes_business(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    world.write("prompts/broken.yaml", "id: broken\n")
    world.commit("A broken prompt")
    world.git("checkout", "-q", "-B", "change")
    reword(world)

    code, _ = world.gate()

    assert code == 0


def test_a_new_prompt_is_judged_by_its_thresholds_and_never_green(world: GateWorld) -> None:
    world.write("prompts/fresh.yaml", PROMPT_TEXT.replace("id: repeat", "id: fresh"))
    world.write("evals/fresh.yaml", world.read(SUITE).replace("prompt: repeat", "prompt: fresh"))

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"], prompt["new"]) == (7, "incomparable", True)
    assert "30 of 30 cases pass its own thresholds" in prompt["reasons"][0]
    assert report["conclusion"] == "neutral"
    assert world.gate("--strict")[1]["conclusion"] == "failure"


def test_a_new_prompt_whose_critical_case_fails_is_a_failure(world: GateWorld) -> None:
    world.write("prompts/fresh.yaml", PROMPT_TEXT.replace("id: repeat", "id: fresh").replace('"{{ t', '"Oh {{ t'))
    world.write("evals/fresh.yaml", world.read(SUITE).replace("prompt: repeat", "prompt: fresh"))

    code, report = world.gate()

    assert (code, report["conclusion"]) == (1, "failure")
    assert "critical cases fail: case-07" in report["prompts"][0]["reasons"][0]


def test_a_prompt_without_a_suite_is_not_run_and_not_green(world: GateWorld) -> None:
    world.write("prompts/bare.yaml", PROMPT_TEXT.replace("id: repeat", "id: bare"))

    code, report = world.gate()

    assert (code, report["prompts"][0]["verdict"], report["conclusion"]) == (6, "not run", "action_required")
    assert world.gate("--strict")[1]["conclusion"] == "failure"


def test_without_a_baseline_both_sides_are_run_now(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    world.remove(BASELINE)
    world.commit("No baseline")
    world.git("checkout", "-q", "-B", "change")
    break_prompt(world)

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert code == 1
    assert prompt["decisive"]["compared_with"].startswith("repeat-v1 of main")
    assert "The base has no baseline; both sides are run now." in prompt["notes"]
    first = prompt["decisive"]["cases_to_look_at"][0]
    assert (first["base_output"], first["head_output"]) == ("say 7", "Well, say 7")


def test_a_removed_baseline_is_held_and_the_base_still_decides(world: GateWorld) -> None:
    reword(world)
    world.remove(BASELINE)

    code, report = world.gate()

    assert (code, report["conclusion"]) == (8, "action_required")
    assert report["prompts"][0]["verdict"] == "pass"
    assert held(report, "baseline")[0]["path"] == BASELINE


def test_a_baseline_accepted_with_the_change_is_listed_and_not_held(world: GateWorld) -> None:
    reword(world)
    assert world.llmops("eval", "repeat", "-q").code == 0
    assert world.llmops("baseline", "accept", "repeat", "--why", "better words").code == 0

    code, report = world.gate()

    assert code == 0, report["changes"]
    assert "accepted anew" in report["changes"][0]["message"]


def test_a_baseline_that_is_lower_by_more_than_the_margin_is_held(world: GateWorld) -> None:
    break_prompt(world)
    world.llmops("eval", "repeat", "-q")
    assert world.llmops("baseline", "accept", "repeat", "--why", "why not").code == 0

    code, report = world.gate()

    assert code == 1  # the regression itself
    lowered = [change for change in held(report, "baseline") if "is lower in equals" in change["message"]]
    assert lowered
    assert '"equals"' in world.read(BASELINE).splitlines()[lowered[0]["line"] - 1]


def test_a_baseline_of_another_served_model_makes_both_sides_run(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    loaded = load_baseline(world.read(BASELINE).encode(), BASELINE).baseline
    assert loaded is not None
    other = replace(loaded, run=replace(loaded.run, models_served=("echo/another",)))
    (world.root / BASELINE).write_bytes(baseline_bytes(other))
    world.commit("Measured on another model")
    world.git("checkout", "-q", "-B", "change")
    reword(world)

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert code == 0
    assert prompt["decisive"]["compared_with"].startswith("repeat-v1 of main")
    assert any("now echo/echo answers" in note for note in prompt["notes"])


def test_a_provider_that_cannot_be_used_here_is_not_run(world: GateWorld) -> None:
    world.edit(PROMPT, "{name: echo/echo, temperature: 0}", "{name: fast, temperature: 0, max_tokens: 20}")
    world.bump()

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"], report["conclusion"]) == (6, "not run", "action_required")
    assert "OWN_KEY" in prompt["reasons"][0]


def test_a_provider_that_fails_is_no_verdict(world: GateWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMOPS_COMMAND_BAD", "false")
    world.git("checkout", "-q", "main")
    world.edit(PROJECT, "providers:\n", "providers:\n  bad: {protocol: command, deterministic: true}\n")
    world.commit("A provider")
    world.git("checkout", "-q", "-B", "change")
    world.edit(PROMPT, "name: echo/echo", "name: bad/model")
    world.bump()

    code, report = world.gate("--allow-commands")

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (5, "inconclusive"), prompt["reasons"]
    assert report["conclusion"] == "action_required"
    assert world.gate("--strict", "--allow-commands")[1]["conclusion"] == "failure"


def test_a_program_of_the_change_does_not_run_unless_that_is_said(
    world: GateWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    monkeypatch.setenv("LLMOPS_COMMAND_MINE", "sh answer.sh")
    world.git("checkout", "-q", "main")
    world.edit(PROJECT, "providers:\n", "providers:\n  mine: {protocol: command, deterministic: true}\n")
    world.commit("A provider")
    world.git("checkout", "-q", "-B", "change")
    world.write("answer.sh", f"touch {ran}\ncat\n")
    world.edit(PROMPT, "name: echo/echo", "name: mine/model")
    world.bump()

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"], report["conclusion"]) == (6, "not run", "action_required")
    assert "runs a program, which is not allowed here" in " ".join(prompt["reasons"])
    assert not ran.exists()
    world.gate("--allow-commands")
    assert ran.exists()


def test_a_provider_that_only_the_change_knows_is_not_called(world: GateWorld) -> None:
    world.edit(PROJECT, "providers:\n", "providers:\n  other: {protocol: echo}\n")
    world.edit(PROMPT, "name: echo/echo", "name: other/echo")
    world.bump()

    code, report = world.gate()

    assert (code, report["prompts"][0]["verdict"]) == (6, "not run")
    assert "unknown provider 'other'" in report["prompts"][0]["reasons"][0]
    assert world.gate("--approved", "ada")[0] == 0


def test_too_few_cases_are_inconclusive_and_strict_makes_them_red(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    world.write(DATASET, "\n".join(world.read(DATASET).splitlines()[:8]) + "\n")
    world.commit("Few cases")
    world.accept()
    world.git("checkout", "-q", "-B", "change")
    reword(world)

    code, report = world.gate()

    assert (code, report["prompts"][0]["verdict"], report["conclusion"]) == (10, "inconclusive", "neutral")
    assert world.gate("--strict")[1]["conclusion"] == "failure"


def test_on_inconclusive_block_fails_the_check(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    world.write(DATASET, "\n".join(world.read(DATASET).splitlines()[:8]) + "\n")
    world.edit(SUITE, "margin: 0.05", "on_inconclusive: block")
    world.commit("Few cases")
    world.accept()
    world.git("checkout", "-q", "-B", "change")
    reword(world)

    code, report = world.gate()

    assert (code, report["conclusion"]) == (10, "failure")


def test_a_budget_that_is_reached_is_inconclusive(world: GateWorld) -> None:
    reword(world)

    code, report = world.gate("--max-calls", "5")

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (10, "inconclusive")
    assert prompt["reasons"][0].startswith("Stopped early")


def second_prompt(world: GateWorld) -> None:
    """Another prompt like the first, at the base and changed here."""
    world.git("checkout", "-q", "main")
    world.write("prompts/second.yaml", PROMPT_TEXT.replace("id: repeat", "id: second"))
    world.write("evals/second.yaml", world.read(SUITE).replace("prompt: repeat", "prompt: second"))
    world.commit("A second prompt")
    world.git("checkout", "-q", "-B", "change")
    reword(world)
    world.edit("prompts/second.yaml", "Repeat what you are told.", "Please repeat what you are told.")
    world.edit("prompts/second.yaml", "version: 1", "version: 2")


def test_a_limit_of_calls_holds_for_the_whole_check(world: GateWorld) -> None:
    second_prompt(world)

    code, report = world.gate("--max-calls", "40")

    first, second = report["prompts"]
    assert (first["prompt"], first["verdict"]) == ("repeat", "pass")
    assert second["verdict"] == "inconclusive"
    assert "max_calls was reached" in second["reasons"][0]
    runs = [first["decisive"]["summary"], second["decisive"]["summary"]]
    assert sum(sum(run["sources"].values()) for run in runs) <= 40
    assert code == 10


def test_what_comes_after_the_limit_is_not_run(world: GateWorld) -> None:
    second_prompt(world)

    code, report = world.gate("--max-calls", "30")

    second = report["prompts"][1]
    assert (code, second["verdict"]) == (6, "not run")
    assert second["reasons"] == ["No trial was run: max_calls was reached."]


def test_a_suite_that_an_echo_passes_is_called_weak(world: GateWorld) -> None:
    reword(world)

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert prompt["weak_suite"] == [{"answer": "with the question itself", "passed": 30, "probed": 30}]
    assert any("the suite is weak" in note for note in prompt["notes"])
    # it was so before, so it holds nobody up; but the pass says what it is worth
    assert (code, report["conclusion"]) == (0, "success")
    assert report["headline"] == "PASS, on a weak suite: repeat."


def test_weak_suite_block_takes_a_pass_back(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    world.edit(SUITE, "margin: 0.05", "weak_suite: block")
    world.commit("Weak suites block")
    world.git("checkout", "-q", "-B", "change")
    reword(world)

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"], report["conclusion"]) == (10, "inconclusive", "failure")
    assert prompt["reasons"][0] == (
        "Answering with the question itself passes 30 of 30 cases: the suite is weak. So a pass would say nothing."
    )
    assert prompt["decisive"]["verdict"] == "pass"
    for output_format, shown in (("text", "a pass would say nothing"), ("markdown", "a pass would say nothing")):
        done = world.llmops("gate", "--base", "main", "--format", output_format)
        assert shown in " ".join(done.out.split())
    junit = world.llmops("gate", "--base", "main", "--format", "junit").out
    assert '<failure message="INCONCLUSIVE: Answering with the question itself' in junit
    # a regression is one on a weak suite too
    world.edit(PROMPT, 'content: "{{ text }}"', 'content: "Well, {{ text }}"')
    assert world.gate()[0] == 1


def test_publish_takes_no_pass_of_a_weak_suite_either_where_the_policy_blocks_it(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    target = f"file://{world.root.parent / 'releases'}"
    assert world.llmops("publish", "--env", "staging", "--target", target, "--dry-run").code == 0
    world.edit(SUITE, "margin: 0.05", "weak_suite: block")
    world.commit("Weak suites block")

    done = world.llmops("publish", "--env", "staging", "--target", target)

    assert done.code == 8
    assert "Answering with the question itself passes 30 of 30 cases" in " ".join((done.out + done.err).split())


def test_a_new_prompt_cannot_bring_a_suite_that_blocks_nothing(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    world.edit(PROJECT, "min_cases: 20", "min_cases: 20\n  weak_suite: block")
    world.commit("Weak suites block")
    world.git("checkout", "-q", "-B", "change")
    world.write("prompts/other.yaml", PROMPT_TEXT.replace("id: repeat", "id: other"))
    suite = world.read(SUITE).replace("prompt: repeat", "prompt: other").replace("margin: 0.05", "weak_suite: warn")
    world.write("evals/other.yaml", suite)

    code, report = world.gate()

    other = next(prompt for prompt in report["prompts"] if prompt["prompt"] == "other")
    assert (code, other["verdict"], report["conclusion"]) == (7, "incomparable", "failure")


def test_a_base_variable_that_the_prompt_no_longer_takes_is_incomparable(world: GateWorld) -> None:
    text = world.read(PROMPT).replace("{{ text }}", "{{ words }}").replace("text:", "words:")
    world.write(PROMPT, text)
    world.write(DATASET, world.read(DATASET).replace('"text"', '"words"'))
    world.bump()

    code, report = world.gate("--approved", "ada")

    (prompt,) = report["prompts"]
    assert prompt["decisive"]["verdict"] == "incomparable"
    assert "cannot be rendered" in prompt["reasons"][0]
    assert (code, report["conclusion"]) == (7, "action_required")


def test_the_newest_policy_of_the_base_decides_also_for_an_old_branch(world: GateWorld) -> None:
    reword(world)
    world.commit("Reworded")
    world.git("checkout", "-q", "main")
    world.edit(SUITE, "limit: 4", "limit: 1")
    world.commit("Stricter")
    world.git("checkout", "-q", "change")

    _, report = world.gate()

    (prompt,) = report["prompts"]
    assert any("The base moved on" in note for note in report["notes"])
    assert not any(change["loosens"] for change in report["changes"])
    assert "measured with another suite" in prompt["notes"][0]


def test_a_suite_that_is_not_valid_at_the_base_cannot_decide(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    world.edit(SUITE, "metric: max_words", "metric: max_wrods")
    world.commit("A typo")
    world.git("checkout", "-q", "-B", "change")
    world.edit(SUITE, "metric: max_wrods", "metric: max_words")
    reword(world)

    code, report = world.gate()

    (prompt,) = report["prompts"]
    assert (code, prompt["new"], report["conclusion"]) == (7, False, "action_required")
    assert any("The suite of the base is not valid" in note for note in prompt["notes"])


def test_answers_that_the_change_itself_records_are_no_evidence(world: GateWorld) -> None:
    reword(world)
    assert world.llmops("eval", "repeat", "--record", "-q").code == 0

    code, report = world.gate("--replay")

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"], report["conclusion"]) == (6, "not run", "action_required")
    assert prompt["reasons"][0] == (
        "30 answers were recorded by this change itself (evals/recordings/echo/echo.jsonl):"
        " nobody else saw the model give them."
    )
    assert prompt["decisive"]["verdict"] == "pass"
    # where the model is at hand it is asked, and the recordings do not matter
    assert world.gate()[0] == 0


def test_what_own_recordings_show_to_be_broken_is_broken(world: GateWorld) -> None:
    break_prompt(world)
    world.llmops("eval", "repeat", "--record", "-q")

    code, report = world.gate("--replay")

    assert (code, report["prompts"][0]["verdict"]) == (1, "regression")


def test_a_policy_of_the_base_may_trust_recordings_of_the_change(world: GateWorld) -> None:
    world.git("checkout", "-q", "main")
    world.edit(PROJECT, "min_cases: 20", "min_cases: 20\n  own_recordings: warn")
    world.commit("No model in CI")
    world.git("checkout", "-q", "-B", "change")
    reword(world)
    assert world.llmops("eval", "repeat", "--record", "-q").code == 0

    code, report = world.gate("--replay")

    (prompt,) = report["prompts"]
    assert (code, report["conclusion"]) == (0, "success")
    assert any("recorded by this change itself" in note for note in prompt["notes"])


def test_recordings_of_the_base_are_evidence_also_where_the_change_adds_others(world: GateWorld) -> None:
    reword(world)
    assert world.llmops("eval", "repeat", "--record", "-q").code == 0
    world.commit("A rewording with recordings")
    world.git("checkout", "-q", "main")
    world.git("merge", "-q", "change")
    world.git("checkout", "-q", "-B", "next")
    path = "evals/recordings/echo/echo.jsonl"
    first = world.read(path).splitlines()[0]
    world.write(path, world.read(path) + first.replace(first[11:82], f"sha256:{'f' * 64}") + "\n")
    world.edit(PROMPT, "Says what it is told.", "Says what it is told, and no more.")
    world.edit(SUITE, "limit: 4", "limit: 3")

    code, report = world.gate("--replay")

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (0, "pass")


def test_a_prompt_that_nobody_recorded_is_not_run_and_says_how_to_record_it(world: GateWorld) -> None:
    reword(world)

    code, report = world.gate("--replay")

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"], report["conclusion"]) == (6, "not run", "action_required")
    assert report["headline"] == "NOT RUN: repeat."
    assert prompt["reasons"][0] == "There is no recording for this prompt, and no model at hand."
    assert report["next_step"] == "llmops eval repeat --record"
    assert world.gate("--replay", "--strict")[1]["conclusion"] == "failure"


def test_a_prompt_of_which_part_is_recorded_is_not_run_either(world: GateWorld) -> None:
    reword(world)
    assert world.llmops("eval", "repeat", "--record", "--sample", "20", "-q").code in {0, 10}

    code, report = world.gate("--replay")

    (prompt,) = report["prompts"]
    assert (code, prompt["verdict"]) == (6, "not run")
    assert prompt["reasons"][0] == "10 of 30 trials have no recording, and no model is at hand."


def test_a_revision_can_be_judged_without_checking_it_out(world: GateWorld) -> None:
    break_prompt(world)
    world.commit("Broken")
    world.git("checkout", "-q", "main")

    code, report = world.gate("--head", "change")

    assert code == 1
    assert report["head"]["label"].startswith("change (")


def test_an_unknown_base_says_how_to_fetch_it(world: GateWorld) -> None:
    done = world.llmops("gate", "--base", "origin/trunk")

    assert done.code == 2
    assert "git fetch origin trunk" in " ".join(done.err.split())


def test_a_clone_that_is_too_shallow_says_how_to_deepen_it(world: GateWorld, tmp_path: Path) -> None:
    reword(world)
    world.commit("Reworded")
    shallow = tmp_path / "shallow"
    address = f"file://{world.root}"
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", "--branch=change", address, str(shallow)], check=True, capture_output=True
    )
    clone = GateWorld(shallow)
    clone.git("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")

    done = clone.llmops("gate", "--base", "origin/main")

    assert done.code == 4
    assert "git fetch --unshallow" in done.err


def test_the_text_report_says_verdict_reason_and_next_step(world: GateWorld) -> None:
    break_prompt(world)
    world.edit(SUITE, "min: 0.9", "min: 0.1")

    done = world.llmops("gate", "--base", "main")

    assert done.code == 1
    assert f"{SUITE}:6  metric  metric 'edit_distance' is looser: min." in done.out
    assert "repeat-v2  REGRESSION  against baseline of v1" in done.out
    assert "check: failure, exit code 1" in done.out
    assert "Next: llmops runs show" in done.err
    assert max(len(line) for line in done.out.splitlines()) <= 80


def test_untrusted_text_stays_text_in_markdown(world: GateWorld) -> None:
    world.write(DATASET, world.read(DATASET).replace('"say 3"', '"@team <img src=x> | [a](http://b) `x`"'))

    done = world.llmops("gate", "--base", "main", "--format", "markdown")

    assert done.code == 8
    cell = next(line for line in done.out.splitlines() if "@team" in line and line.startswith("| `"))
    outside = "".join(part for index, part in enumerate(cell.split("``")) if index % 2 == 0)
    assert "@team" not in outside
    assert "<img" not in outside


def test_the_json_report_is_one_document_with_every_part(world: GateWorld) -> None:
    reword(world)

    _, report = world.gate()

    assert json.dumps(report)
    assert set(report) == {
        *("affected", "approved_by", "base", "changes", "conclusion", "exit_code", "findings", "head", "headline"),
        *("held", "next_step", "notes", "paid_usd", "prompts", "strict", "unaffected"),
    }
