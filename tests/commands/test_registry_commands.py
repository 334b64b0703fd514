"""The registry half from the command line, on a real repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands.llmops import Outcome, llmops
from commands.world import PROMPT, edit, example, git, two_versions
from reports.hostile import CONTROL

from llmops_cli.registry.rules import RULES


def widest(outcome: Outcome) -> int:
    return max((len(line) for line in (outcome.out + outcome.err).splitlines()), default=0)


def test_init_makes_a_registry_that_validates_and_never_overwrites(tmp_path: Path) -> None:
    example(tmp_path)
    edit(tmp_path, "llmops.yaml", "margin: 0.05", "margin: 0.04")
    assert llmops("validate", folder=tmp_path).code == 0
    again = llmops("init", "--example", folder=tmp_path)
    assert again.code == 0
    assert "create" not in again.out
    assert "margin: 0.04" in (tmp_path / "llmops.yaml").read_text()


def test_a_dry_run_of_init_writes_nothing(tmp_path: Path) -> None:
    assert "create  llmops.yaml" in llmops("init", "--dry-run", folder=tmp_path).out
    assert list(tmp_path.iterdir()) == []


def test_init_keeps_the_lines_of_a_gitignore_without_a_last_line_break(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("secret.txt")
    llmops("init", folder=tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "secret.txt\n/.llmops/\n"


def test_init_writes_through_no_link_that_leads_out(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (inside / "prompts").symlink_to(outside)
    outcome = llmops("init", "--example", folder=inside)
    assert outcome.code == 8
    assert list(outside.iterdir()) == []


def test_a_new_prompt_validates_as_it_is(tmp_path: Path) -> None:
    example(tmp_path)
    assert llmops("new", "summarize-email", folder=tmp_path).code == 0
    assert llmops("validate", folder=tmp_path).code == 0
    again = llmops("new", "summarize-email", folder=tmp_path)
    assert (again.code, again.out) == (8, "")


@pytest.mark.parametrize("name", ["Summarize", "a_b", "a-v3", "-a", "a" * 101, "../a", "a\nb"])
def test_a_new_prompt_needs_an_id_that_is_one(tmp_path: Path, name: str) -> None:
    example(tmp_path)
    assert llmops("new", "--", name, folder=tmp_path).code == 2


def test_list_shows_every_prompt_and_those_that_do_not_parse(tmp_path: Path) -> None:
    example(tmp_path)
    (tmp_path / "prompts/broken.yaml").write_text("id: [", encoding="utf-8")
    outcome = llmops("list", folder=tmp_path)
    assert outcome.code == 0
    assert outcome.out.splitlines()[1].split()[:4] == ["broken", "does", "not", "validate"]
    assert outcome.out.splitlines()[2].split()[:4] == ["echo-greeting-v1", "you", "echo/last-message", "22"]
    rows = json.loads(llmops("list", "--format", "json", folder=tmp_path).out)
    assert [row["errors"] for row in rows] == [1, 0]


def test_an_empty_repository_is_not_run_rather_than_fine(tmp_path: Path) -> None:
    for command in ("list", "validate", "eval"):
        outcome = llmops(command, folder=tmp_path)
        assert outcome.code == 6, command
        assert "hint:" in outcome.err


def test_every_command_works_from_a_subfolder_and_with_repo(tmp_path: Path) -> None:
    example(tmp_path)
    inside = llmops("show", "echo-greeting", folder=tmp_path / "prompts")
    outside = llmops("-C", str(tmp_path), "show", "echo-greeting")
    assert inside.code == outside.code == 0
    assert inside.out == outside.out
    assert llmops("validate", "echo-greeting.yaml", folder=tmp_path / "prompts").code == 0


def test_validate_lists_every_finding_and_ends_with_3(tmp_path: Path) -> None:
    example(tmp_path)
    edit(tmp_path, PROMPT, "temperature: 0", "temperatur: 0")
    (tmp_path / "prompts/other.yaml").write_text("id: other\n\tversion: 1\n", encoding="utf-8")
    outcome = llmops("validate", folder=tmp_path)
    assert outcome.code == 3
    assert "prompts/echo-greeting.yaml:8:3 error unknown-key" in outcome.out
    assert "prompts/other.yaml:2:1 error" in outcome.out
    assert "Did you mean 'temperature'?" in outcome.out


def test_validate_speaks_json_sarif_and_github(tmp_path: Path) -> None:
    example(tmp_path)
    edit(tmp_path, PROMPT, "temperature: 0", "temperatur: 0")
    as_json = llmops("validate", "--format", "json", folder=tmp_path)
    assert as_json.code == 3
    assert json.loads(as_json.out)["errors"] == 1
    log = json.loads(llmops("validate", "--format", "sarif", folder=tmp_path).out)
    assert log["runs"][0]["results"][0]["ruleId"] == "unknown-key"
    github = llmops("validate", "--format", "github", folder=tmp_path)
    assert github.out.startswith("::error file=prompts/echo-greeting.yaml,line=8,col=3,title=unknown-key::")


def test_validate_says_when_a_path_holds_nothing_to_check(tmp_path: Path) -> None:
    example(tmp_path)
    assert llmops("validate", ".vscode", folder=tmp_path).code == 2
    outside = llmops("validate", "/etc", folder=tmp_path)
    assert outside.code == 2
    assert "outside the repository" in outside.err


def test_a_project_file_with_errors_stops_what_depends_on_it_and_is_listed(tmp_path: Path) -> None:
    example(tmp_path)
    edit(tmp_path, "llmops.yaml", "gate:", "gat:")
    assert llmops("validate", folder=tmp_path).code == 3
    outcome = llmops("list", folder=tmp_path)
    assert outcome.code == 3
    assert "llmops.yaml:" in outcome.err


def test_another_project_file_can_stand_in(tmp_path: Path) -> None:
    example(tmp_path)
    other = tmp_path / "other.yaml"
    other.write_text("gat: {}\n", encoding="utf-8")
    outcome = llmops("list", "--config", "other.yaml", folder=tmp_path)
    assert outcome.code == 3
    assert "other.yaml:1:1" in outcome.err
    assert llmops("list", "--config", "missing.yaml", folder=tmp_path).code == 2


def test_render_gives_the_exact_messages(tmp_path: Path) -> None:
    example(tmp_path)
    hostile = "I'm <b>{{ text }}</b> & \x1b[31m"
    outcome = llmops("render", "echo-greeting", "--var", f"text={hostile}", "--format", "json", folder=tmp_path)
    assert outcome.code == 0
    assert json.loads(outcome.out)["messages"][1]["content"] == hostile
    shown = llmops("render", "echo-greeting", "--var", f"text={hostile}", folder=tmp_path)
    assert "\x1b" not in shown.out
    assert "\\x1b[31m" in shown.out


def test_render_takes_values_from_a_case_a_file_and_options_in_that_order(tmp_path: Path) -> None:
    example(tmp_path)
    (tmp_path / "values.yaml").write_text("text: from the file\n", encoding="utf-8")
    assert "Hello Ada" in llmops("render", "echo-greeting", "--case", "01", folder=tmp_path).out
    both = ("render", "echo-greeting", "--case", "01", "--var-file", "values.yaml")
    assert "from the file" in llmops(*both, folder=tmp_path).out
    assert "from the option" in llmops(*both, "--var", "text=from the option", folder=tmp_path).out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--var", "text"), 2, "NAME=VALUE"),
        (("--var", "text=a", "--var", "text=b"), 2, "given twice"),
        (("--case", "1"), 2, "there is no case '1'"),
        (("--var-file", "nowhere.json"), 2, "cannot be read"),
        ((), 3, "'text'"),
        (("--var", "txt=a"), 3, "Did you mean 'text'?"),
    ],
)
def test_render_says_what_is_wrong_with_the_values(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    example(tmp_path)
    outcome = llmops("render", "echo-greeting", *arguments, folder=tmp_path)
    assert (outcome.code, outcome.out) == (code, "")
    assert said in " ".join(outcome.err.split())


def test_show_finds_a_prompt_by_id_version_and_revision(tmp_path: Path) -> None:
    two_versions(tmp_path)
    for name in ("echo-greeting-v1", "echo-greeting@HEAD~1", "echo-greeting-v1@HEAD~1"):
        outcome = llmops("show", name, folder=tmp_path)
        assert outcome.code == 0, name
        assert outcome.out.startswith("echo-greeting-v1  ")
    assert llmops("show", "echo-greeting", folder=tmp_path).out.startswith("echo-greeting-v2  ")
    assert "rollback to  v1" in llmops("show", "echo-greeting", folder=tmp_path).out
    for name in ("echo-greeting-v9", "echo-greeting@nowhere", "echo-greetin", "echo-greeting-v2@HEAD~1", "@", "--", ""):
        assert llmops("show", name, folder=tmp_path).code == 2, name


def test_log_tells_versions_newest_first(tmp_path: Path) -> None:
    two_versions(tmp_path)
    outcome = llmops("log", "echo-greeting", folder=tmp_path)
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines()[1::2]] == ["v2", "v1"]
    rows = json.loads(llmops("log", "echo-greeting", "--format", "json", folder=tmp_path).out)
    assert [row["subject"] for row in rows] == ["Be polite", "A first prompt"]
    limited = llmops("log", "echo-greeting", "-n", "1", folder=tmp_path)
    assert len(limited.out.splitlines()) == 3
    assert "There is more" in limited.err


def test_a_revision_that_does_not_parse_is_shown_and_the_history_goes_on(tmp_path: Path) -> None:
    example(tmp_path)
    good = (tmp_path / PROMPT).read_text()
    (tmp_path / PROMPT).write_text("id: [", encoding="utf-8")
    git(tmp_path, "commit", "-q", "-am", "Break it")
    (tmp_path / PROMPT).write_text(good.replace("Repeat", "Say again"), encoding="utf-8")
    git(tmp_path, "commit", "-q", "-am", "Mend it")
    outcome = llmops("log", "echo-greeting", folder=tmp_path)
    assert outcome.code == 0
    assert "(does not parse) Break it" in outcome.out
    assert len(outcome.out.splitlines()) == 7


def test_diff_reads_without_colours_and_names_the_next_step(tmp_path: Path) -> None:
    two_versions(tmp_path)
    outcome = llmops("diff", "echo-greeting", "HEAD~1", folder=tmp_path)
    assert outcome.code == 0
    assert "{+Politely repeat+}" in outcome.out.replace("[-Repeat-]", "")
    assert "echo-greeting-v1 → echo-greeting-v2" in outcome.out
    same = llmops("diff", "echo-greeting", folder=tmp_path)
    assert "No semantic change" in same.out
    edit(tmp_path, PROMPT, "you are given", "I give you")
    assert "Next: llmops bump echo-greeting" in llmops("diff", "echo-greeting", folder=tmp_path).err


def test_diff_speaks_money(tmp_path: Path) -> None:
    example(tmp_path)
    price = "{input_usd_per_million: 10, output_usd_per_million: 10}"
    models = f"models:\n  dear: {{name: echo/last-message, price: {price}}}\n"
    (tmp_path / "llmops.yaml").write_text(models, encoding="utf-8")
    edit(tmp_path, PROMPT, "name: echo/last-message", "name: dear")
    with (tmp_path / PROMPT).open("a", encoding="utf-8") as file:
        file.write("traffic: {calls_per_day: 100000}\n")
    git(tmp_path, "commit", "-q", "-am", "Traffic")
    edit(tmp_path, PROMPT, "that you are given.", "that you are given." + " yes" * 100)
    outcome = llmops("diff", "echo-greeting", "--format", "json", folder=tmp_path)
    document = json.loads(outcome.out)
    tokens = document["tokens"]["after"] - document["tokens"]["before"]
    assert tokens > 50
    assert document["cost"]["usd_per_day"] == pytest.approx(tokens * 10 / 1e6 * 100_000)
    assert document["cost"]["usd_per_month"] == pytest.approx(tokens * 30)


def test_bump_gives_the_next_version_once(tmp_path: Path) -> None:
    two_versions(tmp_path)
    edit(tmp_path, PROMPT, "Politely", "Kindly")
    before = (tmp_path / PROMPT).read_bytes()
    assert "version 2 → 3" in llmops("bump", "--dry-run", folder=tmp_path).out
    assert (tmp_path / PROMPT).read_bytes() == before
    assert llmops("bump", folder=tmp_path).code == 0
    assert (tmp_path / PROMPT).read_bytes() == before.replace(b"version: 2", b"version: 3")
    assert "nothing to do" in llmops("bump", folder=tmp_path).err
    assert llmops("validate", "--base", "HEAD", folder=tmp_path).code == 0


def test_bump_of_an_unchanged_prompt_is_refused_by_name(tmp_path: Path) -> None:
    two_versions(tmp_path)
    assert llmops("bump", "echo-greeting", folder=tmp_path).code == 8


def test_without_git_files_still_work_and_history_says_what_is_missing(tmp_path: Path) -> None:
    example(tmp_path, commit=False)
    files = (("list",), ("validate",), ("show", "echo-greeting"), ("render", "echo-greeting", "--case", "01"))
    for needs_files in files:
        assert llmops(*needs_files, folder=tmp_path).code == 0, needs_files
    for command in (("log", "echo-greeting"), ("diff", "echo-greeting"), ("bump",), ("validate", "--base", "main")):
        outcome = llmops(*command, folder=tmp_path)
        assert outcome.code == 4, command
        assert "git init" in outcome.err


def test_nothing_is_wider_than_80_columns(tmp_path: Path) -> None:
    two_versions(tmp_path)
    llmops("new", "a-prompt-with-quite-a-long-name-indeed-so-long-that-it-fills-a-table", folder=tmp_path)
    for command in (
        ("list",),
        ("show", "echo-greeting"),
        ("log", "echo-greeting"),
        ("diff", "echo-greeting", "HEAD~1"),
        ("render", "echo-greeting", "--var", "text=" + "long words " * 40),
        ("eval", "echo-greeting"),
        ("runs", "list"),
        ("runs", "show"),
        ("rules", "list"),
        ("rules", "show", "version-rule"),
        ("metrics", "list"),
        ("models", "list"),
        ("show", "no-such-prompt-" + "x" * 90),
    ):
        outcome = llmops(*command, folder=tmp_path)
        assert outcome.code in {0, 2, 7}, command
        assert widest(outcome) <= 80, command


def test_validate_loads_neither_git_nor_the_network_nor_tables(tmp_path: Path) -> None:
    example(tmp_path)
    script = (
        "import sys; from llmops_cli.cli import main; code = main(['validate']); "
        "print(code, *sorted({name.split('.')[0] for name, module in sys.modules.items() if module}), "
        "*(n for n in sys.modules if n == 'rich.markdown'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    code, *loaded = done.stdout.splitlines()[-1].split()
    assert code == "0"
    assert not set(loaded) & {"pandas", "numpy", "httpx", "git", "torch", "rich.markdown", "jsonschema", "asyncio"}


@pytest.mark.parametrize(
    "variables",
    [
        {"_LLMOPS_COMPLETE": "complete_bash", "COMP_WORDS": "llmops show echo", "COMP_CWORD": "2"},
        {"_LLMOPS_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "llmops show echo"},
        {
            "_LLMOPS_COMPLETE": "complete_fish",
            "_TYPER_COMPLETE_ARGS": "llmops show echo",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        },
    ],
)
def test_ids_complete_in_bash_zsh_and_fish(tmp_path: Path, variables: dict[str, str]) -> None:
    example(tmp_path)
    script = str(Path(sys.executable).with_name("llmops"))
    environ = {**os.environ, **variables}
    done = subprocess.run([script], cwd=tmp_path, capture_output=True, text=True, env=environ, check=False)
    assert "echo-greeting" in done.stdout
    assert done.stderr == ""


def test_no_file_name_and_no_model_name_reaches_the_terminal_alive(tmp_path: Path) -> None:
    example(tmp_path)
    text = (tmp_path / PROMPT).read_text()
    for name in (b"prompts/\x1b[31mred.yaml", b"prompts/\xff\xfe.yaml", "prompts/\u202egnp.yaml".encode()):
        (tmp_path / os.fsdecode(name)).write_text(text, encoding="utf-8")
    for command in (("list",), ("validate", "-v"), ("validate", "--format", "github"), ("eval", "-v")):
        outcome = llmops(*command, folder=tmp_path)
        assert outcome.code in {0, 3, 7}, command
        assert not CONTROL.search(outcome.out + outcome.err), command


def test_a_secret_in_the_environment_is_masked_in_every_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", "correct-horse-battery")
    assert "correct-horse" not in llmops("show", "correct-horse-battery", folder=example(tmp_path)).err


def test_a_shallow_clone_says_that_versions_may_be_taken_and_how_to_fetch_them(tmp_path: Path) -> None:
    origin = two_versions(tmp_path / "origin")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{origin}", str(shallow))
    for command in (("validate", "--base", "HEAD"), ("bump",)):
        assert "git fetch --unshallow" in llmops(*command, folder=shallow).err
        assert "shallow" not in llmops(*command, folder=origin).err


def test_every_rule_is_explained_by_its_own_words(tmp_path: Path) -> None:
    for name in RULES:
        outcome = llmops("rules", "show", name, folder=tmp_path)
        assert outcome.code == 0
        assert RULES.row(name).kind in outcome.out
        assert "dictionary" not in outcome.out
    assert "Fails:" in llmops("rules", "show", "anchor", folder=tmp_path).out


def test_the_log_shows_the_score_of_a_baseline_that_was_committed_after_its_prompt(tmp_path: Path) -> None:
    two_versions(tmp_path)
    assert llmops("eval", "echo-greeting", folder=tmp_path).code == 7
    assert llmops("baseline", "accept", "--why", "first", folder=tmp_path).code == 0
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "Baseline")
    second, first = json.loads(llmops("log", "echo-greeting", "--format", "json", folder=tmp_path).out)
    assert second["version"] == 2
    assert second["score"] > 0
    assert first["score"] is None


def test_a_project_file_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    example(tmp_path)
    (tmp_path / "elsewhere.yaml").write_text("gate: {min_cases: 1000}\n")
    (tmp_path / "llmops.yaml").unlink()
    (tmp_path / "llmops.yaml").symlink_to("elsewhere.yaml")
    checked = llmops("validate", folder=tmp_path)
    assert checked.code == 3
    assert "llmops.yaml:1:1 error file-missing the file cannot be read: it is a symbolic link" in checked.out
    assert llmops("list", folder=tmp_path).code == 3


def test_a_git_folder_that_is_none_is_not_answered_with_git_init(tmp_path: Path) -> None:
    example(tmp_path, commit=False)
    (tmp_path / ".git").mkdir()
    outcome = llmops("log", "echo-greeting", folder=tmp_path)
    assert outcome.code == 4
    assert "there is a .git here" in outcome.err
    assert "git init" not in outcome.err


def test_a_past_revision_that_does_not_parse_is_named_and_not_proposed(tmp_path: Path) -> None:
    two_versions(tmp_path)
    good = (tmp_path / PROMPT).read_text()
    (tmp_path / PROMPT).write_text("id: [\n")
    git(tmp_path, "commit", "-q", "-am", "Break it")
    broken = git(tmp_path, "rev-parse", "--short=7", "HEAD")
    (tmp_path / PROMPT).write_text(good)
    git(tmp_path, "commit", "-q", "-am", "Mend it")
    outcome = llmops("diff", "echo-greeting", "HEAD~1", folder=tmp_path)
    assert outcome.code == 3
    assert f"{PROMPT} at HEAD~1 ({broken}): the file cannot be used." in outcome.err
    log = llmops("log", "echo-greeting", folder=tmp_path)
    proposed = log.err.rsplit(" ", 1)[-1].strip()
    assert proposed == git(tmp_path, "rev-parse", "--short=7", "HEAD~2")
    assert llmops("diff", "echo-greeting", proposed, folder=tmp_path).code == 0


def test_two_hundred_more_tokens_at_a_hundred_thousand_calls_a_day_read_as_dollars(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    model = "openai/gpt-5-mini-2026-08-07"
    (tmp_path / "llmops.yaml").write_text(
        f"providers: {{openai: {{protocol: openai}}}}\n"
        f"models: {{{model}: {{price: {{input_usd_per_million: 10, output_usd_per_million: 30}}}}}}\n"
    )
    head = f"model: {{name: {model}}}\ntraffic: {{calls_per_day: 100000}}\n"
    (tmp_path / "prompts").mkdir()
    prompt = tmp_path / "prompts/demo.yaml"
    prompt.write_text(f"id: demo\nversion: 1\n{head}template: You help.\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "one")
    prompt.write_text(f"id: demo\nversion: 2\n{head}template: You help.{' the' * 200}\n")
    shown = " ".join(llmops("diff", "demo", folder=tmp_path).out.split())
    assert "tokens +200 a call" in shown
    assert "+$0.002 a call: +$200 a day, +$6,000 a month (30 days) at 100,000 calls a day" in shown
