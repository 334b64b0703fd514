"""Every way in which a package can be broken ends in a message with its name: no traceback, and never a green check."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from commands.world import edit, example, git
from plugins.packages import RULE, installed, llmops_with

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from commands.llmops import Outcome

PACKAGE = "llmops-odd 2.1"
SUITE = "evals/echo-greeting.yaml"
PROJECTS = {
    "providers": """\
providers:
  odd: {protocol: odd}
models:
  odd/any: {price: {input_usd_per_million: 0, output_usd_per_million: 0}}
""",
    "targets": """\
environments:
  production: {target: "odd:place"}
""",
}

METRIC = """\
from llmops_cli.core.scores import Score, ScoreFailure, Tier

class Odd:
    name, tier, version, summary = "odd", Tier.DETERMINISTIC, 1, "odd"
    parameters = {"type": "object", "properties": {}}

    def check(self, parameters):
        return ()

    def bind(self, name, parameters):
        return self

    async def score(self, contexts):
        return [Score(metric="odd", value=1.0, passed=True, reason="fine") for _ in contexts]
"""
PROVIDER = """\
from llmops_cli.core.completions import Completion, Usage

class Odd:
    def __init__(self, context):
        pass

    def identity(self, model):
        return {"model": model}

    async def complete(self, request):
        return Completion(text="Hello", usage=Usage())

    async def close(self):
        pass
"""
TARGET = """\
class Odd:
    label = "odd:place"

    def environments(self):
        return ()

    def read_state(self, environment):
        return None

    def read_release(self, prompt_id, version):
        return None

    def read_events(self, environment, revision, head, *, limit=100):
        return ()

    def commit(self, write):
        raise NotImplementedError("later")

    def wait(self, environment, after, timeout_seconds):
        return after

    def close(self):
        pass

def open_target(uri, surroundings):
    return Odd()
"""
REPORT = "def write(document):\n    return 'fine'\n"

ENTRIES = {
    "metrics": ("odd.part:Odd", METRIC),
    "rules": ("odd.part:RULE", RULE),
    "providers": ("odd.part:Odd", PROVIDER),
    "targets": ("odd.part:open_target", TARGET),
    "reports": ("odd.part:write", REPORT),
}
USES: Mapping[str, tuple[str, ...]] = {
    "metrics": ("eval", "--format", "json"),
    "rules": ("validate",),
    "providers": ("eval", "--model", "odd/any"),
    "targets": ("status", "--env", "production"),
    "reports": ("eval", "--format", "odd"),
}
# what breaks any part: how its module reads, and what is said of it
BROKEN_MODULES = {
    "a syntax error": ("def broken(:\n", "SyntaxError"),
    "a crash on import": ("raise ValueError('not today')\n", "ValueError: not today"),
    "an exit on import": ("import sys\nsys.exit(0)\n", "SystemExit: 0"),
    "a package that is missing": ("import no_such_package_anywhere\n", "'no_such_package_anywhere', which is not"),
    "another name in the module": ("x = 1\n", "AttributeError"),
    "another type": ("Odd = RULE = open_target = write = 5\n", "it has no"),
}


def world(tmp_path: Path, kind: str) -> Path:
    """Return a repository in which the part is used."""
    root = example(tmp_path / "repo")
    (root / "llmops.yaml").write_text(PROJECTS.get(kind, "{}\n"), encoding="utf-8")
    if kind == "metrics":
        edit(root, SUITE, "metrics:\n", "metrics:\n  - {metric: odd}\n")
    return root


def odd(tmp_path: Path, kind: str, module: str | None = None, *, name: str = "odd", location: str = "") -> Path:
    usual_location, usual_module = ENTRIES[kind]
    files = {"odd/__init__.py": "", "odd/part.py": usual_module if module is None else module}
    return installed(tmp_path / "site", files, {f"llmops.{kind}": {name: location or usual_location}})


def check(done: Outcome, *words: str, codes: frozenset[int] = frozenset({4})) -> None:
    told = " ".join((done.out + done.err).split())
    assert done.code in codes, done
    assert "Traceback" not in told
    assert "bug:" not in told
    for word in (PACKAGE, *words):
        assert word in told, done


@pytest.mark.parametrize("kind", ENTRIES)
def test_the_parts_that_these_tests_break_work(kind: str, tmp_path: Path) -> None:
    done = llmops_with(odd(tmp_path, kind), world(tmp_path, kind), "plugins")
    assert (done.code, done.out.split()[-1]) == (0, "ok"), done


@pytest.mark.parametrize("kind", ENTRIES)
@pytest.mark.parametrize("broken", BROKEN_MODULES)
def test_a_part_that_cannot_be_loaded_is_named(kind: str, broken: str, tmp_path: Path) -> None:
    module, said = BROKEN_MODULES[broken]
    site, root = odd(tmp_path, kind, module), world(tmp_path, kind)
    # what is wrong with a suite's metric is a finding of the suite
    codes = frozenset({3}) if kind == "metrics" else frozenset({4})
    check(llmops_with(site, root, *USES[kind]), "'odd'", said, codes=codes)
    check(llmops_with(site, root, "plugins"), said)


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_module_that_is_not_there_is_named(kind: str, tmp_path: Path) -> None:
    site = odd(tmp_path, kind, location="gone.part:Odd")
    check(llmops_with(site, world(tmp_path, kind), "plugins"), "No module named 'gone'")


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        (
            "metrics",
            "    def check",
            "    def __init__(self):\n        raise OSError('no')\n\n    def check",
            "OSError: no",
        ),
        ("metrics", '= "odd", Tier', '= "equals", Tier', "it calls itself 'equals'"),
        ("metrics", "Tier.DETERMINISTIC", "'deterministic'", "its tier is no"),
        ("metrics", "Tier.DETERMINISTIC", "Tier.JUDGE", "judges are rubrics"),
        ("metrics", ", 1, ", ", True - 1, ", "its version is no whole number"),
        ("metrics", '"properties": {}', '"properties": {"a": 1}', "its parameters are no JSON Schema"),
        ("metrics", "return ()", "raise OSError('no')", "cannot check its parameters"),
        ("metrics", "return ()", "return ['bad']", "cannot check its parameters"),
        ("rules", '= "odd", Sev', '= "id-file-name", Sev', "it calls itself 'id-file-name'"),
        ("rules", "Severity.ERROR", "'error'", "its severity is no"),
        ("rules", "    def check", "    kind = 'parser'\n\n    def check", "its kind is none of file"),
        ("rules", "RULE = Odd()", "RULE = Odd", "has to name an instance"),
        ("rules", "return ()", "raise OSError('no')", "OSError: no"),
        ("rules", "return ()", "raise SystemExit(0)", "SystemExit: 0"),
        ("rules", "return ()", "return ['bad']", "it gave a str that is no finding"),
        ("rules", "return ()", "return None", "TypeError"),
        (
            "providers",
            "        pass\n\n    def identity",
            "        raise OSError('no')\n\n    def identity",
            "OSError: no",
        ),
        ("providers", "async def close", "async def shut", "has no close"),
        ("providers", 'return Completion(text="Hello", usage=Usage())', "return 'Hello'", "answered with a str"),
        ("providers", 'text="Hello"', "text=None", "the text of its Completion"),
        ("providers", "Usage()", "Usage(input_tokens=-1)", "no numbers from 0"),
        ("providers", "Usage()", "Usage(), latency_seconds=float('nan')", "is no time"),
        ("providers", "Usage()", "Usage(), details={'a': self}", "cannot be written down"),
        ("providers", "Usage()", "Usage(), tool_calls=('x',)", "cannot be written down"),
        ("providers", 'return Completion(text="Hello", usage=Usage())', "raise SystemExit(0)", "SystemExit: 0"),
        ("targets", "return Odd()", "raise OSError('no')", "OSError: no"),
        ("targets", "    def wait", "    def waits", "has no wait"),
        ("targets", "        return None", "        return 'text'", "it gave a str in place of bytes"),
        ("targets", "        return None", "        raise SystemExit(0)", "SystemExit: 0"),
        ("reports", "return 'fine'", "return 5", "it gave a int, not a text"),
        ("reports", "return 'fine'", "raise SystemExit(0)", "SystemExit: 0"),
        ("reports", "return 'fine'", "return document['nothing']", "KeyError"),
    ],
)
def test_a_part_that_does_not_keep_its_promise_is_named(
    kind: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    module = ENTRIES[kind][1]
    assert old in module
    done = llmops_with(odd(tmp_path, kind, module.replace(old, new)), world(tmp_path, kind), *USES[kind])
    told = " ".join((done.out + done.err).split())
    assert said in told, done
    assert done.code in {3, 4, 5, 9}, done
    assert "Traceback" not in told
    assert "bug:" not in told
    assert PACKAGE in told or "cannot check its parameters" in told


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("None", "TypeError"),
        ("[]", "0 outcomes for"),
        ("['fine'] * len(contexts)", "a str that is no score"),
        ("[Score(metric='odd', value=2.0, passed=True, reason='') for _ in contexts]", "2.0, which is not in [0, 1]"),
        ("[Score(metric='odd', value='1', passed=True, reason='') for _ in contexts]", "no score (value)"),
        ("[Score(metric='odd', value=1.0, passed='no', reason='') for _ in contexts]", "no score (passed)"),
        (
            "[Score(metric='odd', value=1.0, passed=True, reason='', details={'a': self}) for _ in contexts]",
            "details that cannot be written down",
        ),
        ("[ScoreFailure(metric='odd', reason=None) for _ in contexts]", "gave no reason that can be written down"),
        ("__import__('sys').exit(0)", "SystemExit: 0"),
    ],
)
def test_a_metric_that_gives_no_score_has_not_measured(returned: str, said: str, tmp_path: Path) -> None:
    usual = '[Score(metric="odd", value=1.0, passed=True, reason="fine") for _ in contexts]'
    site = odd(tmp_path, "metrics", METRIC.replace(usual, returned))
    done = llmops_with(site, world(tmp_path, "metrics"), "eval", "--format", "json")
    (run,) = json.loads(done.out)["runs"]
    assert done.code in {5, 10}, done
    assert run["verdict"] not in {"pass", "regression"}
    assert said in done.out


def test_a_metric_cannot_speak_for_another(tmp_path: Path) -> None:
    site = odd(tmp_path, "metrics", METRIC.replace('Score(metric="odd"', 'Score(metric="contains"'))
    root = world(tmp_path, "metrics")
    done = llmops_with(site, root, "eval", "--format", "json")
    (run,) = json.loads(done.out)["runs"]
    assert sorted(metric["name"] for metric in run["metrics"]) == ["contains", "max_words", "odd"]


@pytest.mark.parametrize(
    ("kind", "ours"),
    [("metrics", "contains"), ("providers", "echo"), ("targets", "file"), ("reports", "json"), ("reports", "text")],
)
def test_a_name_of_ours_stays_ours(kind: str, ours: str, tmp_path: Path) -> None:
    site, root = odd(tmp_path, kind, "raise SystemExit(0)\n", name=ours), world(tmp_path, "reports")
    done = llmops_with(site, root, "eval", "--format", "text" if ours == "text" else "json")
    assert done.code == 7, done
    assert "contains" in done.out
    said = f"'{ours}', but llmops has one of that name: ours is used."
    check(llmops_with(site, root, "plugins"), said)
    if kind == "metrics":
        check(llmops_with(site, root, "metrics", "list"), said, codes=frozenset({0}))


def test_a_rule_with_a_name_of_ours_would_not_run_and_so_nothing_passes(tmp_path: Path) -> None:
    site = odd(tmp_path, "rules", name="id-file-name")
    check(llmops_with(site, world(tmp_path, "rules"), "validate"), "'id-file-name', but llmops has one of that name")


@pytest.mark.parametrize("name", ["Odd", "odd one", "../odd", "odd\u202e", "x" * 65])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    site = odd(tmp_path, "rules", name=name)
    done = llmops_with(site, world(tmp_path, "rules"), "validate")
    check(done, "no valid name")
    assert "\u202e" not in done.err


def test_a_name_in_two_packages_belongs_to_neither(tmp_path: Path) -> None:
    site = odd(tmp_path, "metrics")
    installed(site, {"other.py": METRIC}, {"llmops.metrics": {"odd": "other:Odd"}}, name="llmops-other", version="1")
    done = llmops_with(site, world(tmp_path, "metrics"), "eval")
    check(done, "'odd' is in several packages", "llmops-other 1", codes=frozenset({3}))


def damage(site: Path) -> None:
    (info,) = site.glob("*.dist-info")
    (info / "entry_points.txt").write_text("[llmops.rules]\nnothing that is an entry\n", encoding="utf-8")


def test_damaged_metadata_names_the_package(tmp_path: Path) -> None:
    site = odd(tmp_path, "rules")
    damage(site)
    done = llmops_with(site, world(tmp_path, "rules"), "validate")
    assert done.code == 4, done
    assert "llmops-odd" in done.err
    assert "Traceback" not in done.err


def test_a_regression_stays_one_beside_a_metric_that_praises_everything(tmp_path: Path) -> None:
    root = world(tmp_path, "metrics")
    site = odd(tmp_path, "metrics")
    llmops_with(site, root, "eval", "--repeats", "5")
    assert llmops_with(site, root, "baseline", "accept", "echo-greeting", "--why", "first").code == 0
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "A baseline")
    prompt = "prompts/echo-greeting.yaml"
    edit(root, prompt, "version: 1", "version: 2")
    edit(root, prompt, "greeting that you are given.", "greeting: {{ text }}")
    edit(root, prompt, 'content: "{{ text }}"', "content: Hello.")
    done = llmops_with(site, root, "gate", "--base", "main")
    assert (done.code, "REGRESSION" in done.out) == (1, True), done


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("eval", "--help")])
def test_no_package_is_looked_at_before_a_name_is_asked_for(arguments: tuple[str, ...], tmp_path: Path) -> None:
    site = odd(tmp_path, "metrics", "raise SystemExit(7)\n")
    damage(site)
    assert llmops_with(site, tmp_path, "metrics", "list").code == 4
    assert llmops_with(site, tmp_path, *arguments).code == 0
