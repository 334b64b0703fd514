from __future__ import annotations

import subprocess
import sys
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from llmops_cli.core.errors import UsageError
from llmops_cli.core.findings import Finding
from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS
from llmops_cli.registry.catalog import Catalog
from llmops_cli.registry.project_file import load_project
from llmops_cli.registry.validation import FileReport, validate
from llmops_cli.registry.work_tree import WorkTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

GOOD = (
    "id: {id}\nversion: {version}\nmodel: {{name: echo/x}}\n"
    "template: 'Hi {{{{ name }}}}'\nvariables: {{name: {{type: string}}}}\n"
)
SUITE = "prompt: greet\ncases: cases/greet.jsonl\nmetrics: [{metric: max_words, limit: 3}]\ngate: {min_cases: 1}\n"
CASE = '{"id": "c1", "variables": {"name": "Ada"}}\n'


def catalog_in(root: Path, files: Mapping[str, str]) -> Catalog:
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    tree = WorkTree(root)
    return Catalog(tree, load_project(tree).settings)


def reports(catalog: Catalog, *paths: str, base: Catalog | None = None) -> list[FileReport]:
    return list(validate(catalog, metrics=KNOWN_METRICS, paths=paths, base=base))


def errors(catalog: Catalog, *paths: str, base: Catalog | None = None) -> list[tuple[str, str, int]]:
    found = [finding for report in reports(catalog, *paths, base=base) for finding in report.findings]
    return [(finding.path, finding.rule, finding.position.line) for finding in found if finding.is_error]


def whole(**more: str) -> dict[str, str]:
    return {
        "llmops.yaml": "gate: {min_cases: 1}\n",
        "prompts/_partials/tone.md": "Be kind.\n",
        "prompts/greet.yaml": GOOD.format(id="greet", version=1),
        "evals/greet.yaml": SUITE,
        "evals/cases/greet.jsonl": CASE,
        "evals/rubrics/kind.yaml": "id: kind\nversion: 1\ncriteria: x\n"
        "scale: {choices: [{name: good, score: 1}, {name: bad, score: 0}]}\n",
        **more,
    }


def test_every_file_has_a_report_in_a_fixed_order(tmp_path: Path) -> None:
    catalog = catalog_in(tmp_path, whole())
    found = reports(catalog)
    assert [report.path for report in found] == [
        "llmops.yaml",
        "prompts/_partials/tone.md",
        "prompts/greet.yaml",
        "evals/greet.yaml",
        "evals/cases/greet.jsonl",
        "evals/rubrics/kind.yaml",
    ]
    assert errors(catalog) == []
    assert reports(catalog) == found


def test_a_broken_file_never_hides_the_findings_of_the_next(tmp_path: Path) -> None:
    broken = {
        "llmops.yaml": "gate: {margin: 5}\n",
        "prompts/_partials/bad.md": "{{ oops",
        "prompts/a.yaml": "id: [\n",
        "prompts/b.yaml": "- x\n",
        "prompts/c.yaml": GOOD.format(id="c", version=1).replace("Hi {{ name }}", "Hi {{ nmae }}"),
        "prompts/greet.yaml": GOOD.format(id="greet", version=0),
        "evals/cases/greet.jsonl": "{\n",
        "evals/greet.yaml": SUITE.replace("max_words", "max_wrods"),
        "evals/rubrics/kind.yaml": "id: kind\n",
    }
    found = errors(catalog_in(tmp_path, broken))
    assert {path for path, _, _ in found} == set(broken)
    assert ("prompts/c.yaml", "undeclared-variable", 4) in found
    assert ("evals/greet.yaml", "unknown-metric", 3) in found


def test_findings_of_a_file_are_sorted_and_said_once(tmp_path: Path) -> None:
    text = "id: greet\nversion: 0\nmodel: {}\ntemplate: '{{ oops'\nowner: 3\n"
    (report,) = reports(catalog_in(tmp_path, {"prompts/greet.yaml": text}))
    assert list(report.findings) == sorted(report.findings, key=Finding.sort_key)
    assert len(set(report.findings)) == len(report.findings) >= 4


def test_paths_limit_the_report(tmp_path: Path) -> None:
    catalog = catalog_in(tmp_path, whole(**{"prompts/team/bye.yaml": GOOD.format(id="bye", version=1)}))

    def paths(*asked: str) -> list[str]:
        return [report.path for report in reports(catalog, *asked)]

    assert paths("prompts/greet.yaml") == ["prompts/greet.yaml"]
    assert paths("prompts/team/") == ["prompts/team/bye.yaml"]
    assert paths("./prompts/greet.yaml", "llmops.yaml") == ["llmops.yaml", "prompts/greet.yaml"]
    assert paths("evals/cases/greet.jsonl") == ["evals/cases/greet.jsonl"]
    assert paths("evals/cases") == ["evals/cases/greet.jsonl"]
    assert paths("evals/greet.yaml") == ["evals/greet.yaml"]
    assert len(paths(".")) == 7
    with pytest.raises(UsageError) as caught:
        paths("prompts/gret.yaml")
    assert caught.value.hint == "Did you mean 'prompts/greet.yaml'?"


def test_a_dataset_of_two_suites_is_reported_once(tmp_path: Path) -> None:
    files = whole(
        **{
            "evals/cases/greet.jsonl": CASE + "{\n",
            "prompts/bye.yaml": GOOD.format(id="bye", version=1),
            "evals/bye.yaml": SUITE.replace("greet\n", "bye\n", 1),
        }
    )
    found = [item for item in errors(catalog_in(tmp_path, files)) if item[0] == "evals/cases/greet.jsonl"]
    assert found == [("evals/cases/greet.jsonl", "json-syntax", 2)]


def test_the_base_decides_which_version_is_right(tmp_path: Path) -> None:
    base = catalog_in(tmp_path / "base", {"prompts/greet.yaml": GOOD.format(id="greet", version=1)})
    changed = GOOD.format(id="greet", version=1).replace("Hi", "Hello")
    head = catalog_in(tmp_path / "head", {"prompts/greet.yaml": changed})
    assert errors(head) == []
    assert [rule for _, rule, _ in errors(head, base=base)] != []
    (tmp_path / "head/prompts/greet.yaml").write_text(changed.replace("version: 1", "version: 2"), encoding="utf-8")
    assert errors(head, base=base) == []


def test_a_literal_secret_in_any_file_is_found(tmp_path: Path) -> None:
    key = "sk-proj-" + "A1b2C3d4" * 6
    files = whole(
        **{
            "prompts/_partials/tone.md": f"key={key}\n",
            "evals/cases/greet.jsonl": CASE.replace("Ada", key),
        }
    )
    found = errors(catalog_in(tmp_path, files))
    assert {path for path, rule, _ in found if rule == "literal-secret"} == {
        "prompts/_partials/tone.md",
        "evals/cases/greet.jsonl",
    }


def test_memory_does_not_grow_with_the_number_of_files(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        root = tmp_path / str(count)
        catalog = catalog_in(
            root, {f"prompts/p{n:04}-x.yaml": GOOD.format(id=f"p{n:04}-x", version=1) for n in range(count)}
        )
        for _ in validate(catalog, metrics=KNOWN_METRICS, paths=["prompts/p0000-x.yaml"]):
            pass
        tracemalloc.start()
        for _ in validate(catalog, metrics=KNOWN_METRICS):
            pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    few = peak(20)
    # names and paths are all that grows; one prompt with its document takes more than 10,000 bytes
    assert peak(400) - few < 1_000 * 380


def test_validate_loads_nothing_heavy(tmp_path: Path) -> None:
    catalog_in(tmp_path, whole())
    code = f"""
import sys
from pathlib import Path
from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS
from llmops_cli.registry.catalog import Catalog
from llmops_cli.registry.project_file import load_project
from llmops_cli.registry.validation import validate
from llmops_cli.registry.work_tree import WorkTree
tree = WorkTree(Path({str(tmp_path)!r}))
reports = list(validate(Catalog(tree, load_project(tree).settings), metrics=KNOWN_METRICS, paths=["prompts"]))
assert [report.path for report in reports if report.path == "prompts/greet.yaml"]
print(sorted({{"pandas", "httpx", "torch", "git", "jinja2", "jsonschema", "rich"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_base_that_does_not_parse_asks_for_no_version(tmp_path: Path) -> None:
    base = catalog_in(tmp_path / "base", {"prompts/greet.yaml": "id: [\n"})
    head = catalog_in(tmp_path / "head", {"prompts/greet.yaml": GOOD.format(id="greet", version=7)})
    assert errors(head, base=base) == []
    new = catalog_in(tmp_path / "new", {"prompts/bye.yaml": GOOD.format(id="bye", version=7)})
    assert [rule for _, rule, _ in errors(new, base=base)] == ["version-rule"]


def test_a_prompt_that_is_as_in_the_base_is_not_read_from_it(tmp_path: Path) -> None:
    files = {
        "prompts/greet.yaml": GOOD.format(id="greet", version=1),
        "prompts/part.yaml": GOOD.format(id="part", version=1),
    }
    base = catalog_in(tmp_path / "base", files)
    head = catalog_in(
        tmp_path / "head", {**files, "prompts/part.yaml": GOOD.format(id="part", version=1) + "tags: [a]\n"}
    )
    read: list[str] = []

    class Watched:
        label = "base"

        def paths(self, folder: str = "") -> Iterator[str]:
            return base.tree.paths(folder)

        def read(self, path: str) -> bytes:
            read.append(path)
            return base.tree.read(path)

        def holds(self, path: str, data: bytes) -> bool:
            return base.tree.holds(path, data)

    assert errors(head, base=Catalog(Watched(), base.settings)) == []
    assert read == ["prompts/part.yaml"]


def test_a_judge_that_a_case_adds_is_checked_like_one_of_the_suite(tmp_path: Path) -> None:
    judge = '{"metric": "judge", "rubric": "rubrics/%s.yaml", "model": "echo/x", "min": 0.5}'
    case = "cases:\n  - id: c1\n    variables: {name: Ada}\n    metrics:\n      - %s\n"
    inline = f"prompt: greet\n{case}gate: {{min_cases: 1}}\n"
    rows = "".join(
        f'{{"id": "c{number}", "variables": {{"name": "Ada"}}, "metrics": [{judge % "knid"}]}}\n' for number in range(3)
    )

    def found(**files: str) -> list[tuple[str, int]]:
        reported = reports(catalog_in(tmp_path, whole(**files)), "evals/greet.yaml")
        return sorted((finding.rule, finding.position.line) for report in reported for finding in report.findings)

    assert found(**{"evals/greet.yaml": inline % judge % "kind"}) == [("judge-self", 6)]
    # who judges is not known where the rubric, which may say it, cannot be read
    unnamed = judge.replace('"model": "echo/x", ', "")
    assert found(**{"evals/greet.yaml": inline % unnamed % "knid"}) == [("rubric-missing", 6)]
    assert found(**{"evals/greet.yaml": inline % judge % "knid"}) == [("judge-self", 6), ("rubric-missing", 6)]
    # equal judges of many cases are told once, at the key that names their file
    assert found(**{"evals/cases/greet.jsonl": rows}) == [("judge-self", 2), ("rubric-missing", 2)]
