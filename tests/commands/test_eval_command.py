"""`eval`, `baseline`, `runs` and `report` from the command line: never a false green, every outcome its own code."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from commands.llmops import llmops
from commands.world import PROMPT, edit, example, git

if TYPE_CHECKING:
    from pathlib import Path

SUITE = "evals/echo-greeting.yaml"
CASES = "evals/cases/echo-greeting.jsonl"


def accepted(folder: Path) -> Path:
    """Return the example with a committed baseline."""
    example(folder)
    assert llmops("eval", folder=folder).code == 7
    assert llmops("baseline", "accept", "echo-greeting", "--why", "the first", folder=folder).code == 0
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Baseline")
    return folder


def test_without_a_baseline_nothing_is_called_a_pass(tmp_path: Path) -> None:
    outcome = llmops("eval", folder=example(tmp_path))
    assert outcome.code == 7
    assert "22 of 22 cases pass" in outcome.out
    assert "NOT COMPARED" in outcome.out
    assert outcome.err.rstrip().endswith("Next: llmops baseline accept echo-greeting --why …")


def test_an_unchanged_prompt_passes_against_its_baseline(tmp_path: Path) -> None:
    outcome = llmops("eval", folder=accepted(tmp_path))
    assert outcome.code == 0
    assert "\nPASS  " in outcome.out
    assert "1.00" in llmops("list", folder=tmp_path).out


def test_a_broken_prompt_is_a_regression(tmp_path: Path) -> None:
    accepted(tmp_path)
    edit(tmp_path, PROMPT, '"{{ text }}"', '"Nothing to say{% if text %}{% endif %}"')
    outcome = llmops("eval", folder=tmp_path)
    assert outcome.code == 1
    assert "REGRESSION" in outcome.out
    assert "expected  Ada" in outcome.out
    assert "… and 17 more: llmops runs show" in outcome.out
    full = llmops("runs", "show", folder=tmp_path)
    assert full.out.count("expected  ") == 22


def test_another_yardstick_is_incomparable(tmp_path: Path) -> None:
    accepted(tmp_path)
    edit(tmp_path, SUITE, "limit: 12", "limit: 13")
    edit(tmp_path, SUITE, "required: true", "required: false")
    outcome = llmops("eval", folder=tmp_path)
    assert outcome.code == 7
    assert "INCOMPARABLE" in outcome.out
    assert llmops("baseline", "check", folder=tmp_path).code == 7


def test_a_baseline_edited_by_hand_is_not_believed(tmp_path: Path) -> None:
    accepted(tmp_path)
    edit(tmp_path, "evals/baselines/echo-greeting.json", '"contains": [1]', '"contains": [0]')
    outcome = llmops("eval", folder=tmp_path)
    assert outcome.code == 7
    assert "changed by hand" in " ".join(outcome.out.split())
    assert llmops("baseline", "show", "echo-greeting", folder=tmp_path).code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("--filter", "no-such-case"),
        ("--tier", "judge"),
        ("--shard", "23/99"),
    ],
)
def test_a_selection_that_leaves_nothing_is_not_run(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    outcome = llmops("eval", "echo-greeting", *arguments, folder=example(tmp_path))
    assert (outcome.code, outcome.out) == (6, "")
    assert not (tmp_path / ".llmops/runs").exists()


def test_a_provider_that_fails_is_neither_failure_nor_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMOPS_COMMAND_OWN", "false")
    with (example(tmp_path) / "llmops.yaml").open("a", encoding="utf-8") as file:
        file.write("providers:\n  own: {protocol: command, deterministic: true}\n")
    edit(tmp_path, PROMPT, "name: echo/last-message", "name: own/model")
    outcome = llmops("eval", "--allow-unknown-price", folder=tmp_path)
    assert outcome.code == 5
    assert "errors: 22 trials not measured (not failures)" in outcome.out
    assert "NOTHING MEASURED" in outcome.out
    assert "Next: llmops eval echo-greeting --retry-errors" in outcome.err


def test_a_failed_critical_case_needs_no_baseline_to_be_red(tmp_path: Path) -> None:
    example(tmp_path)
    edit(tmp_path, CASES, '"expected": "Ada"', '"expected": "Eve", "critical": true')
    outcome = llmops("eval", folder=tmp_path)
    assert outcome.code == 1
    assert "1 critical case failed: 01." in outcome.out


def test_a_suite_with_errors_stops_everything_before_the_first_call(tmp_path: Path) -> None:
    example(tmp_path)
    edit(tmp_path, SUITE, "max_words", "max_word")
    outcome = llmops("eval", folder=tmp_path)
    assert (outcome.code, outcome.out) == (3, "")
    assert "Did you mean 'max_words'?" in " ".join(outcome.err.split())
    assert not (tmp_path / ".llmops").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--replay", "--record"), "exclude each other"),
        (("--shard", "3"), "--shard"),
        (("--sample", "0"), "--sample"),
        (("--tier", "semantics"), "semantics"),
        (("--model", "nobody/x"), "unknown provider 'nobody'"),
        (("no-such-prompt",), "no prompt 'no-such-prompt'"),
        (("--max-cost", "-1"), "--max-cost"),
    ],
)
def test_a_wrong_option_is_a_usage_error(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    outcome = llmops("eval", *arguments, folder=example(tmp_path))
    assert (outcome.code, outcome.out) == (2, "")
    assert said in " ".join(outcome.err.split())


def test_a_price_that_is_not_known_is_asked_about_before_any_call(tmp_path: Path) -> None:
    example(tmp_path)
    providers = "providers:\n  mystery: {protocol: openai, base_url: 'http://127.0.0.1:9'}\n"
    (tmp_path / "llmops.yaml").write_text(providers, encoding="utf-8")
    outcome = llmops("eval", "--model", "mystery/x-1", "--dry-run", folder=tmp_path)
    assert outcome.code == 2
    assert "--allow-unknown-price" in outcome.err
    assert llmops("eval", "--model", "mystery/x-1", "--dry-run", "--allow-unknown-price", folder=tmp_path).code == 0


def test_a_dry_run_shows_the_plan_and_runs_nothing(tmp_path: Path) -> None:
    outcome = llmops("eval", "--dry-run", "--repeats", "3", folder=example(tmp_path))
    assert (outcome.code, outcome.out) == (0, "")
    assert "1 run, 66 trials, at most $0" in outcome.err
    assert not (tmp_path / ".llmops").exists()


def test_a_budget_of_no_calls_is_inconclusive_and_resumes(tmp_path: Path) -> None:
    example(tmp_path)
    outcome = llmops("eval", "--max-calls", "5", "--concurrency", "1", folder=tmp_path)
    assert outcome.code == 10
    assert "17 trials not run" in outcome.out
    resumed = llmops("eval", folder=tmp_path)
    assert resumed.code == 7
    assert "5 trials are there already" in resumed.err
    assert len(list((tmp_path / ".llmops/runs").iterdir())) == 1


def test_a_budget_that_is_spent_before_a_prompt_is_no_failure_of_a_provider(tmp_path: Path) -> None:
    example(tmp_path)
    outcome = llmops("eval", "--max-calls", "0", folder=tmp_path)
    assert outcome.code == 10
    assert "INCONCLUSIVE  Stopped early: max_calls was reached; 22 trials not run." in outcome.out
    assert "NOTHING MEASURED" not in outcome.out


def test_a_limit_of_calls_holds_for_all_runs_of_a_command_together(tmp_path: Path) -> None:
    models = ("--model", "echo/a", "--model", "echo/b", "--model", "echo/c")
    outcome = llmops("eval", *models, "--max-calls", "30", "--format", "json", folder=example(tmp_path))
    runs = json.loads(outcome.out)["runs"]
    assert [sum(run["trials"][key] for key in ("passed", "failed", "errored")) for run in runs] == [22, 8, 0]
    assert [run["exit_code"] for run in runs[1:]] == [10, 10]
    assert outcome.code == 10
    # the calls of an attempt before count too: the same command with a higher limit goes on
    again = llmops("eval", *models, "--max-calls", "50", "--format", "json", folder=tmp_path)
    runs = json.loads(again.out)["runs"]
    assert [sum(run["trials"][key] for key in ("passed", "failed", "errored")) for run in runs] == [22, 22, 6]


def test_dollars_are_shared_by_all_runs_of_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example(tmp_path)
    program = "import json; print(json.dumps({'text': 'x', 'usage': {'input_tokens': 1000, 'output_tokens': 0}}))"
    monkeypatch.setenv("LLMOPS_COMMAND_PAID", shlex.join([sys.executable, "-c", program]))
    price = "{price: {input_usd_per_million: 1000, output_usd_per_million: 0}}"
    (tmp_path / "llmops.yaml").write_text(
        "providers:\n  paid: {protocol: command, concurrency: 1}\n"
        f"models:\n  paid/a: {price}\n  paid/b: {price}\nbudget: {{cost_usd: 7}}\n",
        encoding="utf-8",
    )
    options = ("--model", "paid/a", "--model", "paid/b", "--sample", "5", "--allow-unknown-price", "--format", "json")
    outcome = llmops("eval", *options, folder=tmp_path)
    runs = json.loads(outcome.out)["runs"]
    assert [run["spending"]["paid_usd"] for run in runs] == [5.0, 2.0]
    assert outcome.code == 10


def test_the_next_step_names_the_same_run(tmp_path: Path) -> None:
    options = ("--model", "echo/a", "--filter", "0*", "--sample", "5", "--repeats", "2")
    outcome = llmops("eval", *options, "--max-calls", "2", "--concurrency", "1", folder=example(tmp_path))
    assert outcome.code == 10
    step = "llmops eval echo-greeting --model echo/a --filter '0*' --sample 5 --repeats 2"
    assert f"Next: {step}\n" in outcome.err
    resumed = llmops(*shlex.split(step)[1:], folder=tmp_path)
    assert "2 trials are there already" in " ".join(resumed.err.split())


def test_must_haves_that_are_not_there_are_not_proposed(tmp_path: Path) -> None:
    outcome = llmops("eval", "--filter", "critical", folder=example(tmp_path))
    assert outcome.code == 6
    assert "Did you mean" not in outcome.err
    assert "critical: true" in outcome.err


def test_two_models_give_two_runs_and_an_overview(tmp_path: Path) -> None:
    outcome = llmops("eval", "--model", "echo/a", "--model", "echo/b", folder=example(tmp_path))
    assert outcome.code == 7
    assert outcome.out.rstrip().splitlines()[-1].split()[:2] == ["echo-greeting-v1", "echo/b"]


def test_quiet_leaves_only_what_was_asked_for(tmp_path: Path) -> None:
    outcome = llmops("eval", "-q", folder=example(tmp_path))
    assert outcome.err == ""
    assert outcome.out


def test_machine_formats_are_alone_on_stdout(tmp_path: Path) -> None:
    example(tmp_path)
    edit(tmp_path, CASES, '"expected": "Ada"', '"expected": "Eve"')
    document = json.loads(llmops("eval", "--format", "json", folder=tmp_path).out)
    (run,) = document["runs"]
    assert run["verdict"] == "not compared"
    assert run["failing"][0]["expected"] == "Eve"
    tree = ET.fromstring(llmops("eval", "--format", "junit", folder=tmp_path).out)  # noqa: S314 - our own
    assert tree.find("testsuite").get("failures") == "1"  # type: ignore[union-attr]
    text = tree.find("testsuite/testcase/failure").text  # type: ignore[union-attr]
    assert text is not None
    assert "contains" in text
    assert "expected: Eve" in text
    assert "got: Hello Ada" in text
    rows = list(csv.DictReader(io.StringIO(llmops("eval", "--format", "csv", folder=tmp_path).out)))
    assert [row["state"] for row in rows].count("fail") == 1
    assert llmops("eval", "--format", "markdown", folder=tmp_path).out.startswith("| prompt |")


def test_errors_are_errors_in_junit(tmp_path: Path) -> None:
    tree = ET.fromstring(llmops("eval", "--replay", "--format", "junit", folder=example(tmp_path)).out)  # noqa: S314
    suite = tree.find("testsuite")
    assert suite is not None
    assert (suite.get("errors"), suite.get("failures")) == ("22", "0")


def test_a_report_of_a_run_can_be_written_to_a_file(tmp_path: Path) -> None:
    example(tmp_path)
    llmops("eval", folder=tmp_path)
    outcome = llmops("report", "latest", "--format", "junit", "-o", "out.xml", folder=tmp_path)
    assert (outcome.code, outcome.out) == (0, "")
    ET.parse(tmp_path / "out.xml")  # noqa: S314 - our own
    assert llmops("report", "no-such-run", folder=tmp_path).code == 2


def test_what_changed_since_a_run_is_said(tmp_path: Path) -> None:
    example(tmp_path)
    llmops("eval", folder=tmp_path)
    edit(tmp_path, PROMPT, "Repeat", "Say")
    assert "Since this run changed: prompt" in llmops("runs", "show", folder=tmp_path).err
    refused = llmops("baseline", "accept", "--why", "x", folder=tmp_path)
    assert refused.code == 8
    assert "its prompt changed since" in refused.err


def test_a_partial_run_cannot_become_a_baseline(tmp_path: Path) -> None:
    example(tmp_path)
    outcome = llmops("eval", "--sample", "5", folder=tmp_path)
    assert outcome.err.rstrip().endswith("Next: llmops eval echo-greeting")
    assert llmops("baseline", "accept", "--why", "x", folder=tmp_path).code == 8


def test_accept_shows_its_plan_and_writes_only_when_told_to(tmp_path: Path) -> None:
    example(tmp_path)
    assert llmops("baseline", "accept", "--why", "x", folder=tmp_path).code == 6
    llmops("eval", folder=tmp_path)
    plan = llmops("baseline", "accept", "--why", "x", "--dry-run", folder=tmp_path)
    assert plan.code == 0
    assert not (tmp_path / "evals/baselines").exists()
    assert llmops("baseline", "accept", folder=tmp_path).code == 2
    assert llmops("baseline", "show", "echo-greeting", folder=tmp_path).code == 7


def test_eval_works_without_git(tmp_path: Path) -> None:
    assert llmops("eval", folder=example(tmp_path, commit=False)).code == 7


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(tmp_path: Path) -> None:
    example(tmp_path)
    lines = [
        json.dumps({"id": f"c{number}", "variables": {"text": f"Hello {number}."}, "expected": str(number)})
        for number in range(8_000)
    ]
    (tmp_path / CASES).write_text("\n".join(lines) + "\n", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "llmops_cli", "eval", "--concurrency", "2"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
        text=True,
    )
    runs = tmp_path / ".llmops/runs"
    while not (list(runs.glob("*/journal.jsonl")) and next(runs.glob("*/journal.jsonl")).stat().st_size > 10_000):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert "what is done is kept" in err
    assert "Traceback" not in err + out
    (journal,) = runs.glob("*/journal.jsonl")
    kept = len(journal.read_bytes().splitlines()) - 1
    resumed = llmops("eval", "--max-calls", "0", folder=tmp_path)
    assert f"{kept} trials are there already" in resumed.err


def test_models_and_cache_can_be_looked_at(tmp_path: Path) -> None:
    assert "smollm2-135m" in llmops("models", "list", folder=tmp_path).out
    assert llmops("models", "path", "smollm2-135m", folder=tmp_path).code == 4
    assert llmops("models", "path", "smollm-135m", folder=tmp_path).code == 2
    offline = llmops("models", "pull", "smollm2-135m", "--offline", folder=tmp_path)
    assert (offline.code, offline.out) == (4, "")
    assert llmops("cache", "show", folder=tmp_path).out.startswith("0 answers")
    assert llmops("cache", "explain", "abcd1234", folder=tmp_path).code == 6
    assert llmops("cache", "explain", "xyz", folder=tmp_path).code == 2
    assert llmops("cache", "clear", folder=tmp_path).code == 0


def test_recorded_answers_replay_without_the_model(tmp_path: Path) -> None:
    example(tmp_path)
    assert llmops("eval", "--record", folder=tmp_path).code == 7
    replayed = llmops("eval", "--replay", "--offline", folder=tmp_path)
    assert replayed.code == 7
    assert "22 from recordings" in replayed.out
    edit(tmp_path, PROMPT, "Repeat", "Say")
    missed = llmops("eval", "--replay", folder=tmp_path)
    told = " ".join(missed.out.split())
    assert (missed.code, "NOT RUN 22 of 22 trials have no recording" in told) == (6, True)
    # what helps is a recording; trying again asks the same recordings
    assert "had 'Repeat' where it now has 'Say'" in told
    assert "Next: llmops eval echo-greeting --record" in missed.err
    assert "errors: 22 trials not measured" in missed.out
    assert llmops("eval", "--record", "--sample", "10", folder=tmp_path).code == 7
    partly = llmops("eval", "--replay", folder=tmp_path)
    assert partly.code == 6
    assert "NOT RUN 12 of 22 trials have no recording" in " ".join(partly.out.split())
    assert "Next: llmops eval echo-greeting --record" in partly.err


def test_a_filter_skips_prompts_that_it_does_not_fit_unless_they_are_named(tmp_path: Path) -> None:
    example(tmp_path)
    llmops("new", "other", "--model", "echo/x", folder=tmp_path)
    outcome = llmops("eval", "--filter", "0?", folder=tmp_path)
    assert outcome.code == 7
    assert "skipped: no case of 'other' matches 0?" in outcome.err
    assert llmops("eval", "other", "echo-greeting", "--filter", "0?", folder=tmp_path).code == 6


KEY = "sk-proj-" + "A1b2C3d4" * 5


def test_a_key_that_a_model_says_is_masked_in_reports_and_never_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example(tmp_path)
    edit(tmp_path, CASES, "Ada", f"Ada {KEY}")
    monkeypatch.setenv("OWN_TOKEN", "correct-horse-battery")
    edit(tmp_path, CASES, "Grace", "Grace correct-horse-battery")
    done = llmops("eval", "--record", folder=tmp_path)
    assert (
        "not recorded: a question or an answer of echo/last-message holds what looks like an OpenAI key."
        in " ".join(done.err.split())
    )
    recorded = (tmp_path / "evals/recordings/echo/last-message.jsonl").read_text(encoding="utf-8")
    assert KEY not in recorded
    assert len(recorded.splitlines()) == 21
    edit(tmp_path, SUITE, "max_words, limit: 12", "max_words, limit: 1")
    assert llmops("eval", folder=tmp_path).code == 7
    for output_format in ("text", "json", "jsonl", "junit", "markdown", "csv", "html"):
        command = ("report", "--format", output_format) if output_format != "text" else ("runs", "show", "latest")
        shown = llmops(*command, folder=tmp_path).out
        assert KEY not in shown, output_format
        assert "correct-horse" not in shown, output_format
    assert llmops("report", "--html", "page.html", folder=tmp_path).code == 0
    assert KEY not in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["html", "junit", "markdown", "csv"])
def test_a_kind_of_report_and_its_file_are_one_option(tmp_path: Path, kind: str) -> None:
    example(tmp_path)
    llmops("eval", folder=tmp_path)
    assert llmops("report", f"--{kind}", "page", folder=tmp_path).code == 0
    asked = llmops("report", "--format", kind, folder=tmp_path).out
    assert (tmp_path / "page").read_text(encoding="utf-8").strip() == asked.strip()
    refused = llmops("report", f"--{kind}", "page", "--format", "json", folder=tmp_path)
    assert (refused.code, f"--{kind} FILE is a format and a file" in refused.err) == (2, True)
