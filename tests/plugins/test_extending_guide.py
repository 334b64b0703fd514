"""The guide's package, installed by pip, does what the guide says."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from commands.world import edit, example, git
from documentation.shell_blocks import same_output
from plugins.packages import entry_points_text, llmops_with, pip_installed, wheel

if TYPE_CHECKING:
    from commands.llmops import Outcome

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "extending.md"
TEXT = GUIDE.read_text(encoding="utf-8")
FILES = {
    match["path"]: match["text"]
    for match in re.finditer(
        r"```(?:python|toml|yaml)\n# (?P<path>\S+)\n(?P<text>.*?)^```", TEXT, re.DOTALL | re.MULTILINE
    )
}
TRANSCRIPTS = {
    match["command"]: tuple(match["printed"].splitlines())
    for match in re.finditer(r"```text\n\$ (?P<command>.*?)\n(?P<printed>.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
}
PROJECT = tomllib.loads(FILES["pyproject.toml"])["project"]
GROUPS = PROJECT["entry-points"]
GREETING = {"ACME_GREETING": "Good morning."}
SUITE = "evals/echo-greeting.yaml"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    modules = {path: text for path, text in FILES.items() if path.endswith(".py")} | {"llmops_acme/__init__.py": ""}
    built = wheel(
        folder,
        modules,
        {"entry_points.txt": entry_points_text(GROUPS)},
        name=PROJECT["name"],
        version=PROJECT["version"],
    )
    return pip_installed(folder / "site", built)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """The example of `llmops init` on the provider and the metric of the package."""
    example(tmp_path / "repo")
    root = tmp_path / "repo"
    (root / "llmops.yaml").write_text(FILES["llmops.yaml"], encoding="utf-8")
    edit(root, SUITE, "metrics:\n", "metrics:\n  - {metric: not_shouting, limit: 0.3, required: true}\n")
    return root


def shown(outcome: Outcome, command: str) -> None:
    assert same_output(TRANSCRIPTS[command], outcome.out), outcome


def measured(run: dict[str, Any]) -> dict[str, Any]:
    (metric,) = [metric for metric in run["metrics"] if metric["name"] == "not_shouting"]
    return dict(metric)


def test_every_entry_point_of_the_guide_has_its_file() -> None:
    values = [value for entries in GROUPS.values() for value in entries.values()]
    named = {value.partition(":")[0].replace(".", "/") + ".py" for value in values}
    assert named == {path for path in FILES if path.endswith(".py")}


def test_every_part_of_the_package_works(site: Path, world: Path) -> None:
    done = llmops_with(site, world, "plugins")
    assert (done.code, done.err) == (0, "")
    shown(done, "llmops plugins")
    listed = json.loads(llmops_with(site, world, "plugins", "--format", "json").out)
    assert [entry["problem"] for entry in listed] == [""] * 5


def test_the_metric_is_listed_and_explained(site: Path, world: Path) -> None:
    assert "not_shouting" in llmops_with(site, world, "metrics", "list").out
    shown(llmops_with(site, world, "metrics", "show", "not_shouting"), "llmops metrics show not_shouting")


def test_the_metric_measures_what_the_provider_answers(site: Path, world: Path) -> None:
    calm = llmops_with(site, world, "eval", "--model", "acme/any", "--format", "json", environ=GREETING)
    loud = llmops_with(
        site, world, "eval", "--model", "acme/any", "--format", "json", environ={"ACME_GREETING": "GOOD MORNING."}
    )
    (calm_run,), (loud_run,) = json.loads(calm.out)["runs"], json.loads(loud.out)["runs"]
    assert measured(calm_run)["mean"] > 0.8
    assert measured(loud_run)["mean"] == 0.0
    reasons = {m["reason"] for t in loud_run["failing"] for m in t["metrics"] if m["name"] == "not_shouting"}
    assert reasons == {"100% capitals"}


def test_the_parameters_of_the_metric_are_checked_in_the_suite(site: Path, world: Path) -> None:
    edit(world, SUITE, "limit: 0.3", "limt: 0.3")
    done = llmops_with(site, world, "validate", "evals")
    assert done.code == 3
    assert "not_shouting has no parameter 'limt'. Did you mean 'limit'?" in " ".join(done.out.split())
    edit(world, SUITE, "limt: 0.3", "limit: 1")
    assert "metric-cannot-fail" in llmops_with(site, world, "validate", "evals").out


def test_a_baseline_of_another_version_of_the_package_is_no_yardstick(site: Path, world: Path, tmp_path: Path) -> None:
    arguments = ("--model", "acme/any", "--repeats", "5")
    llmops_with(site, world, "eval", *arguments, environ=GREETING)
    accepted = llmops_with(site, world, "baseline", "accept", "echo-greeting", "--why", "first", environ=GREETING)
    assert accepted.code == 0, accepted
    same = llmops_with(site, world, "eval", *arguments, environ=GREETING)
    assert same.code in {0, 1, 10}
    newer = tmp_path / "newer"
    subprocess.run(["cp", "-r", str(site), str(newer)], check=True)
    (info,) = newer.glob("*.dist-info")
    metadata = info / "METADATA"
    metadata.write_text(metadata.read_text(encoding="utf-8").replace("Version: 1.0", "Version: 1.1"), encoding="utf-8")
    other = llmops_with(newer, world, "eval", *arguments, environ=GREETING)
    assert other.code == 7, other


def test_the_rule_is_listed_explained_and_found(site: Path, world: Path) -> None:
    assert "owner-team" in llmops_with(site, world, "rules", "list").out
    assert "People change jobs" in llmops_with(site, world, "rules", "show", "owner-team").out
    shown(llmops_with(site, world, "validate", "prompts"), "llmops validate prompts")


def test_the_provider_says_what_it_lacks(site: Path, world: Path) -> None:
    done = llmops_with(site, world, "eval", "--model", "acme/any")
    assert done.code == 4
    assert "ACME_GREETING is not set." in done.err


def test_answers_of_the_provider_are_kept_and_recorded_like_ours(site: Path, world: Path) -> None:
    recorded = llmops_with(site, world, "eval", "--model", "acme/any", "--record", environ=GREETING)
    assert (world / "evals/recordings/acme").is_dir(), recorded
    replayed = llmops_with(site, world, "eval", "--model", "acme/any", "--replay", "--format", "json")
    (run,) = json.loads(replayed.out)["runs"]
    assert measured(run)["mean"] > 0.8


def test_a_misspelt_protocol_gets_the_package_s_as_proposal(site: Path, world: Path) -> None:
    edit(world, "llmops.yaml", "protocol: canned", "protocol: caned")
    done = llmops_with(site, world, "validate", "llmops.yaml", "--format", "json")
    (finding,) = [f for f in json.loads(done.out)["findings"] if f["rule"] == "unknown-value"]
    assert (done.code, finding["line"], finding["column"]) == (3, 2, 20)
    assert finding["hint"] == "Did you mean 'canned'?"


def test_without_the_package_its_protocol_is_unknown(world: Path, tmp_path: Path) -> None:
    done = llmops_with(tmp_path / "empty", world, "validate", "llmops.yaml")
    assert done.code == 3
    assert "one of openai, openai_responses" in " ".join(done.out.split())


def released(site: Path, world: Path) -> Path:
    """Measure the prompt, accept that as its baseline, and commit."""
    edit(world, SUITE, "  - {metric: not_shouting, limit: 0.3, required: true}\n", "")
    for command in (("eval", "--repeats", "5"), ("baseline", "accept", "echo-greeting", "--why", "first")):
        assert llmops_with(site, world, *command).code in {0, 7}
    git(world, "add", "-A")
    git(world, "commit", "-q", "-m", "A baseline")
    return world


def test_the_target_takes_a_release(site: Path, world: Path, tmp_path: Path) -> None:
    missing = llmops_with(site, world, "status", "--env", "production", "--target", "acme:red")
    assert (missing.code, "ACME_RELEASES is not set." in missing.err) == (4, True)
    environ = {"ACME_RELEASES": str(tmp_path / "volume")}
    place = ("--env", "staging", "--target", "acme:red")
    published = llmops_with(site, released(site, world), "publish", "echo-greeting", *place, environ=environ)
    assert published.code == 0, published
    assert (tmp_path / "volume/red/releases/echo-greeting/v1.json").is_file()
    status = llmops_with(site, world, "status", *place, environ=environ)
    assert (status.code, "echo-greeting" in status.out) == (0, True), status


def test_the_report_is_written_by_both_commands(site: Path, world: Path) -> None:
    command = "eval --model acme/any --format one-line"
    done = llmops_with(site, world, *command.split(), environ=GREETING)
    shown(done, f"llmops {command}")
    again = llmops_with(site, world, "report", "--format", "one-line")
    assert (again.code, again.out) == (0, done.out)
