from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from llmops_cli.core.errors import InvalidFileError, UsageError
from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS
from llmops_cli.registry.catalog import Catalog
from llmops_cli.registry.project_file import ProjectPaths, ProjectSettings
from llmops_cli.registry.suites import load_suite, load_suite_path, usable_suite

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMPT = (
    "id: {id}\nversion: 1\nmodel: {{name: echo/x}}\n"
    "template: 'Hi {{{{ name }}}}'\nvariables: {{name: {{type: string}}}}\n"
)
SUITE = (
    "prompt: greet\ncases: [{id: c1, variables: {name: Ada}}]\n"
    "metrics: [{metric: max_words, limit: 3}]\ngate: {min_cases: 1}\n"
)


class MemoryTree:
    label = "test"

    def __init__(self, **files: str) -> None:
        self.files = {path.replace("__", "/"): text.encode() for path, text in files.items()}
        self.read_paths: list[str] = []

    def paths(self, folder: str = "") -> Iterator[str]:
        return (path for path in sorted(self.files) if path.startswith(f"{folder}/" if folder else ""))

    def read(self, path: str) -> bytes:
        self.read_paths.append(path)
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def holds(self, path: str, data: bytes) -> bool:
        return self.files.get(path) == data


def catalog_of(files: dict[str, str], paths: ProjectPaths | None = None) -> Catalog:
    return Catalog(MemoryTree(**files), ProjectSettings(paths=paths or ProjectPaths()))


def greet(**more: str) -> Catalog:
    return catalog_of({"prompts/greet.yaml": PROMPT.format(id="greet"), **more})


def test_ids_are_file_names_in_any_folder_below_the_prompts() -> None:
    catalog = greet(
        **{
            "prompts/team/deep/bye.yml": PROMPT.format(id="bye"),
            "prompts/_partials/tone.md": "Be kind.\n",
            "prompts/_partials/not-a-prompt.yaml": "",
            "prompts/readme.md": "",
            "prompts/other.prompt.yml": "",
            "elsewhere/x.yaml": "",
        }
    )
    assert catalog.prompt_ids() == ("bye", "greet")
    assert catalog.path_of("bye") == "prompts/team/deep/bye.yml"
    assert catalog.path_of("gone") is None
    assert catalog.partials() == {"tone": "Be kind.\n"}
    assert list(catalog.prompt_paths()) == ["prompts/greet.yaml", "prompts/team/deep/bye.yml"]


def test_finding_a_prompt_reads_no_other_file() -> None:
    tree = MemoryTree(**{f"prompts/p{n}.yaml": PROMPT.format(id=f"p{n}") for n in range(50)})
    assert Catalog(tree, ProjectSettings()).prompt("p7").id == "p7"
    assert tree.read_paths == ["prompts/p7.yaml"]


def test_the_folders_are_those_of_the_project_file() -> None:
    files = {"llm/p/greet.yaml": PROMPT.format(id="greet"), "llm/e/greet.yaml": SUITE}
    catalog = catalog_of(files, ProjectPaths(prompts="llm/p", evals="llm/e"))
    assert catalog.prompt("greet").path == "llm/p/greet.yaml"
    assert usable_suite(catalog, "greet", KNOWN_METRICS).path == "llm/e/greet.yaml"


def test_an_unknown_prompt_is_told_with_the_nearest_id() -> None:
    with pytest.raises(UsageError, match="no prompt 'gret'") as caught:
        greet().prompt("gret")
    assert caught.value.hint == "Did you mean 'greet'?"
    with pytest.raises(UsageError) as caught:
        load_suite(greet(), "gret", KNOWN_METRICS)
    assert caught.value.hint == "Did you mean 'greet'?"


def test_a_broken_prompt_is_an_error_that_carries_all_findings() -> None:
    catalog = catalog_of({"prompts/greet.yaml": "id: greet\nversion: 0\nmodel: {}\ntemplate: '{{ oops'\n"})
    with pytest.raises(InvalidFileError) as caught:
        catalog.prompt("greet")
    assert len(caught.value.findings) == 3
    assert caught.value.where == "prompts/greet.yaml at test:2:10"
    assert "(2 more)" in caught.value.message
    assert catalog.load("greet").prompt is None


def test_a_suite_is_loaded_with_its_cases_and_every_suite_rule() -> None:
    catalog = greet(**{"evals/greet.yaml": SUITE, "evals/rubrics/x.yaml": "", "evals/cases/y.yaml": ""})
    assert usable_suite(catalog, "greet", KNOWN_METRICS).cases[0].id == "c1"
    assert catalog.suite_path_of("greet") == "evals/greet.yaml"
    assert list(catalog.suite_paths()) == ["evals/greet.yaml"]
    assert list(catalog.rubric_paths()) == ["evals/rubrics/x.yaml"]
    twice = SUITE.replace(
        "[{id: c1, variables: {name: Ada}}]", "[{id: c1, variables: {name: A}}, {id: c1, variables: {name: B}}]"
    )
    with pytest.raises(InvalidFileError) as caught:
        usable_suite(greet(**{"evals/greet.yaml": twice}), "greet", KNOWN_METRICS)
    assert [finding.rule for finding in caught.value.findings] == ["duplicate-case-id"]


def test_a_prompt_without_suite_is_told_where_to_write_it() -> None:
    with pytest.raises(UsageError, match="'greet' has no suite") as caught:
        usable_suite(greet(), "greet", KNOWN_METRICS)
    assert caught.value.hint == "Write one: evals/greet.yaml"


def test_ids_that_differ_only_by_case_or_unicode_form_are_look_alikes() -> None:
    files = {
        "prompts/a/Greet.yaml": "",
        "prompts/b/greet.yaml": "",
        "prompts/caf\u00e9.yaml": "",
        "prompts/cafe\u0301.yaml": "",
    }
    catalog = catalog_of(files)
    assert set(catalog.paths_like("greet")) == {"prompts/a/Greet.yaml", "prompts/b/greet.yaml"}
    assert len(catalog.paths_like("caf\u00e9")) == 2
    assert catalog.paths_like("other") == ()


def test_two_files_of_one_id_are_both_known() -> None:
    catalog = catalog_of({"prompts/a/greet.yaml": "", "prompts/b/greet.yaml": ""})
    assert catalog.prompt_ids() == ("greet",)
    assert catalog.path_of("greet") == "prompts/a/greet.yaml"
    assert list(catalog.prompt_paths()) == ["prompts/a/greet.yaml", "prompts/b/greet.yaml"]


def test_a_partial_that_cannot_be_read_is_missing_for_its_prompts() -> None:
    tree = MemoryTree()
    tree.files = {
        "prompts/_partials/bad.md": b"\xff\xfe",
        "prompts/x.yaml": b"id: x\nversion: 1\nmodel: {name: echo/x}\ntemplate: '{% include \"bad\" %}'\n",
    }
    loaded = Catalog(tree, ProjectSettings()).load("x")
    assert [finding.rule for finding in loaded.findings] == ["partial-missing"]


def test_a_file_that_vanishes_is_a_finding() -> None:
    catalog = greet()
    assert catalog.path_of("greet")
    loaded = catalog.load_path("prompts/gone.yaml")
    assert (loaded.prompt, [f.rule for f in loaded.findings]) == (None, ["file-missing"])
    suite = load_suite_path(catalog, "evals/gone.yaml", KNOWN_METRICS)
    assert (suite.suite, [f.rule for f in suite.findings]) == (None, ["file-missing"])


def test_a_catalog_keeps_no_prompt() -> None:
    catalog = greet()
    document = weakref.ref(catalog.load("greet").document.places)
    gc.collect()
    assert document() is None
