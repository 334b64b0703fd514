from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmops_cli.core.errors import UsageError
from llmops_cli.core.findings import Finding, Position, Severity
from llmops_cli.core.parts import Part
from llmops_cli.evals.measuring.metric_base import CANNOT_FAIL
from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS
from llmops_cli.registry.catalog import Catalog
from llmops_cli.registry.documents.reading_pages import READING_PAGES
from llmops_cli.registry.project_file import load_project
from llmops_cli.registry.rule_pages import ExampleFile, rule_page
from llmops_cli.registry.rules import RULES
from llmops_cli.registry.validation import validate
from llmops_cli.registry.work_tree import WorkTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PACKAGE = Path(__file__).parents[2] / "llmops_cli"
OURS = [name for name in RULES if RULES.row(name).kind not in {"parser", "third party"}]
EXPLAINED = [*OURS, *READING_PAGES]
PARSERS = [name for name in RULES if RULES.row(name).kind == "parser"]

MAKERS = {"SourceProblem", "_problem", "_finding", "_unusable"}
KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

GREET = """\
id: greet
version: {version}
model: {{name: local/smollm2-135m}}
template: {template}
variables: {{name: {{type: string}}}}
"""


def greet(version: int = 1, template: str = '"Greet {{ name }}."', **more: str) -> str:
    text = GREET.format(version=version, template=template)
    return text + "".join(f"{key}: {value}\n" for key, value in more.items())


def catalog(folder: Path, files: Mapping[str, str]) -> Catalog:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    folder.mkdir(exist_ok=True)
    tree = WorkTree(folder)
    return Catalog(tree, load_project(tree).settings)


class History:
    def __init__(self, *versions: tuple[int, str]) -> None:
        self._versions = dict(versions)

    def versions_of(self, prompt_id: str) -> Mapping[int, str]:
        return self._versions if prompt_id == "greet" else {}


def check(
    tmp_path: Path,
    files: Mapping[str, str],
    base: Mapping[str, str] | None = None,
    history: History | None = None,
) -> list[Finding]:
    now = catalog(tmp_path / "now", files)
    before = catalog(tmp_path / "base", base) if base is not None else None
    reports = validate(now, metrics=KNOWN_METRICS, base=before, versions=history)
    return [finding for report in reports for finding in report.findings]


def of_rule(findings: Iterable[Finding], rule: str) -> list[Finding]:
    return [finding for finding in findings if finding.rule == rule]


def example(tmp_path: Path, files: tuple[ExampleFile, ...]) -> list[Finding]:
    base = {file.path: file.text for file in files if file.in_base}
    return check(tmp_path, {file.path: file.text for file in files if not file.in_base}, base or None)


@pytest.mark.parametrize("name", EXPLAINED)
def test_the_failing_example_of_a_rule_breaks_that_rule_and_no_other(name: str, tmp_path: Path) -> None:
    page = rule_page(name)
    found = example(tmp_path, page.failing)
    # the examples of rules about prompts do without a suite, to be short
    assert {finding.rule for finding in found} - {"suite-missing"} == {name} - {"suite-missing"}
    broken = of_rule(found, name)
    assert broken
    assert {finding.severity for finding in broken} == {page.severity}


@pytest.mark.parametrize("name", EXPLAINED)
def test_an_example_can_be_copied_from_a_terminal_of_80_columns(name: str) -> None:
    page = rule_page(name)
    files = (*page.failing, *page.passing)
    assert [line for file in files for line in file.text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", EXPLAINED)
def test_the_passing_example_of_a_rule_breaks_no_rule(name: str, tmp_path: Path) -> None:
    found = example(tmp_path, rule_page(name).passing)
    assert {finding.rule for finding in found} <= {"suite-missing"} - {name}


@pytest.mark.parametrize("name", EXPLAINED)
def test_findings_name_a_place_in_the_file_and_end_like_sentences(name: str, tmp_path: Path) -> None:
    page = rule_page(name)
    texts = {file.path: file.text.split("\n") for file in page.failing if not file.in_base}
    for finding in of_rule(example(tmp_path, page.failing), name):
        line = texts[finding.path][finding.position.line - 1]
        assert 1 <= finding.position.column <= len(line)
        assert finding.message.endswith(".")
        assert finding.hint


@pytest.mark.parametrize("name", EXPLAINED)
def test_a_page_says_what_the_rule_is_for(name: str) -> None:
    page = rule_page(name)
    assert len(page.why) > 60
    assert page.summary.endswith(".")
    assert page.failing != page.passing


@pytest.mark.parametrize("name", PARSERS)
def test_every_rule_of_reading_has_a_page_with_a_summary(name: str) -> None:
    assert rule_page(name).summary.endswith(".")


def test_a_page_of_an_unknown_rule_proposes_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        rule_page("unused-varable")
    assert raised.value.hint == "Did you mean 'unused-variable'?"


def _rule_names(tree: ast.AST) -> Iterable[str]:
    """Yield the literals that become the rule of a finding: `rule="…"`, `….add("…", …)`, `name: ClassVar = "…"`."""
    for node in ast.walk(tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.keyword) and node.arg == "rule":
            values = [node.value]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add" and len(node.args) > 2:
            values = [node.args[0]]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS:
            values = list(node.args)
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "rule" and node.value:
            values = [node.value]
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                text = value.value
                if KEBAB.fullmatch(text) and ("-" in text or isinstance(node, ast.keyword)):
                    yield text


@pytest.mark.parametrize("folder", ["registry", "evals", "core"])
def test_every_rule_that_the_code_names_is_in_the_table(folder: str) -> None:
    paths = sorted((PACKAGE / folder).rglob("*.py"))
    names = {name for path in paths for name in _rule_names(ast.parse(path.read_text(encoding="utf-8")))}
    assert names
    assert sorted(name for name in names | {CANNOT_FAIL} if name not in RULES) == []


def test_every_module_of_a_rule_is_in_the_table() -> None:
    modules = {RULES.row(name).location.partition(":")[0].rpartition(".")[2] for name in OURS}
    files = {
        path.stem
        for path in (PACKAGE / "registry/rules").glob("*.py")
        if "\nRULE = " in path.read_text(encoding="utf-8")
    }
    assert modules == files
    assert all(name.replace("-", "_") == RULES.row(name).location.partition(":")[0].rpartition(".")[2] for name in OURS)
    assert all(isinstance(RULES.row(name), Part) for name in RULES)


# version-rule


def test_a_first_version_is_version_one(tmp_path: Path) -> None:
    (finding,) = of_rule(check(tmp_path, {"prompts/greet.yaml": greet(3)}, base={}), "version-rule")
    assert "this content is version 1" in finding.message
    assert finding.hint == "Run: llmops bump greet"
    assert finding.position == Position(2, 10)


def test_the_same_content_keeps_its_version(tmp_path: Path) -> None:
    base = {"prompts/greet.yaml": greet(2)}
    history = History((1, "sha256:" + "1" * 64), (2, "sha256:" + "2" * 64))
    found = check(tmp_path, {"prompts/greet.yaml": greet(3, description="new words")}, base, history)
    (finding,) = of_rule(found, "version-rule")
    assert finding.message == "the content is that of version 2, so the version stays 2."


@pytest.mark.parametrize(("version", "fits"), [(2, False), (3, False), (5, False), (6, True), (7, False)])
def test_new_content_follows_the_highest_version_that_ever_was(tmp_path: Path, version: int, *, fits: bool) -> None:
    history = History((1, "sha256:" + "1" * 64), (5, "sha256:" + "5" * 64))
    now = {"prompts/greet.yaml": greet(version, '"Greet {{ name }} again."')}
    found = of_rule(check(tmp_path, now, {"prompts/greet.yaml": greet(2)}, history), "version-rule")
    assert (not found) is fits
    if version == 5:
        assert "version 5 is taken by other content (555555555555); this content is version 6." in found[0].message


def test_a_change_of_comments_and_layout_asks_for_no_new_version(tmp_path: Path) -> None:
    now = {"prompts/greet.yaml": "# a comment\n" + greet(1, "Greet {{ name }}.")}
    assert of_rule(check(tmp_path, now, {"prompts/greet.yaml": greet(1)}), "version-rule") == []


def test_without_a_base_there_is_no_history_to_compare_with(tmp_path: Path) -> None:
    found = check(tmp_path, {"prompts/greet.yaml": greet(9)})
    assert of_rule(found, "version-rule") == of_rule(found, "interface-break") == []


# rollback-target


@pytest.mark.parametrize(("target", "fits"), [(1, True), (2, False), (3, False), (4, False)])
def test_a_rollback_leads_to_an_older_version_of_the_history(tmp_path: Path, target: int, *, fits: bool) -> None:
    history = History((1, "sha256:" + "1" * 64))
    base = {"prompts/greet.yaml": greet(3)}
    now = {"prompts/greet.yaml": greet(4, '"Hi {{ name }}."', rollback_to=str(target))}
    expected_known = fits or target == 3
    found = of_rule(check(tmp_path, now, base, history), "rollback-target")
    assert (not found) is expected_known


# variables


def test_an_undeclared_name_is_reported_once_with_its_place_and_the_nearest_name(tmp_path: Path) -> None:
    template = "|\n  Dear customer,\n  {{ nmae | default('you') }} and {{ nmae }}\n  {{ name }}"
    (finding,) = of_rule(check(tmp_path, {"prompts/greet.yaml": greet(1, template)}), "undeclared-variable")
    assert finding.position == Position(6, 6)
    assert finding.hint == "Did you mean 'name'?"


def test_a_name_of_mixed_scripts_is_said_to_be_one(tmp_path: Path) -> None:
    template = '"Greet {{ n\N{CYRILLIC SMALL LETTER A}me | upper }} and {{ name }}."'
    (finding,) = of_rule(check(tmp_path, {"prompts/greet.yaml": greet(1, template)}), "undeclared-variable")
    assert "U+0430 CYRILLIC SMALL LETTER A" in finding.message


def test_a_variable_that_only_a_partial_uses_is_used(tmp_path: Path) -> None:
    files = {
        "prompts/greet.yaml": greet(1, '"{% include \\"tone\\" %}"'),
        "prompts/_partials/tone.md": "Speak to {{ name }}.",
    }
    assert of_rule(check(tmp_path, files), "unused-variable") == []


# models


def test_aliases_and_fallbacks_are_looked_at_as_well(tmp_path: Path) -> None:
    files = {
        "llmops.yaml": "providers: {openai: {protocol: openai}}\nmodels: {fast: {name: openai/gpt-5-mini}}\n",
        "prompts/greet.yaml": greet().replace(
            "{name: local/smollm2-135m}", "{name: fast, fallbacks: [none/x, openai/gpt-4o-2024-08-06]}"
        ),
    }
    found = check(tmp_path, files)
    assert [finding.message for finding in of_rule(found, "floating-model")] == [
        "'openai/gpt-5-mini' can become another model without a commit."
    ]
    assert [finding.position for finding in of_rule(found, "unknown-provider")] == [Position(3, 33)]
    assert of_rule(found, "unknown-price") == []


def test_a_name_that_is_neither_model_nor_alias_gets_the_nearest_alias(tmp_path: Path) -> None:
    files = {
        "llmops.yaml": "models: {fast: {name: local/smollm2-135m}}\n",
        "prompts/greet.yaml": greet().replace("local/smollm2-135m", "fsat"),
    }
    (finding,) = of_rule(check(tmp_path, files), "unknown-provider")
    assert finding.hint == "Did you mean 'fast'?"


def test_an_unknown_price_names_the_undated_sibling_and_where_to_set_it(tmp_path: Path) -> None:
    files = {
        "llmops.yaml": "providers: {openai: {protocol: openai}}\n",
        "prompts/greet.yaml": greet().replace("local/smollm2-135m", "openai/gpt-5-mini-2031-08-07"),
    }
    (finding,) = of_rule(check(tmp_path, files), "unknown-price")
    assert "'openai/gpt-5-mini' costs $0.25 in and $2 out per million tokens (as of 2026-11-12)." in finding.message
    assert "under `models`: openai/gpt-5-mini-2031-08-07: {price: " in finding.hint


def test_a_provider_of_a_free_protocol_needs_no_price_under_any_name(tmp_path: Path) -> None:
    files = {
        "llmops.yaml": "providers: {canned: {protocol: echo}}\n",
        "prompts/greet.yaml": greet().replace("local/smollm2-135m", "canned/answers"),
    }
    assert of_rule(check(tmp_path, files), "unknown-price") == []


# budgets


def test_text_that_may_not_be_sent_breaks_the_budget_as_a_warning(tmp_path: Path) -> None:
    words = "and mention the weather of the last week in detail " * 9
    template = '"Greet {{ name }}.{% if name %} ' + words + '{% endif %}"'
    files = {"prompts/greet.yaml": greet(1, template, budget="{prompt_tokens: 20}")}
    (finding,) = of_rule(check(tmp_path, files), "token-budget")
    assert finding.severity is Severity.WARNING


def test_an_exact_count_breaks_the_budget_by_one_token(tmp_path: Path) -> None:
    def budget(limit: int) -> dict[str, str]:
        text = greet(1, '"one two three four five six"', budget=f"{{prompt_tokens: {limit}}}")
        return {
            "llmops.yaml": "providers: {openai: {protocol: openai}}\n",
            "prompts/greet.yaml": text.replace("local/smollm2-135m", "openai/gpt-5-mini-2025-08-07"),
        }

    assert of_rule(check(tmp_path / "a", budget(6)), "token-budget") == []
    (finding,) = of_rule(check(tmp_path / "b", budget(5)), "token-budget")
    assert finding.message == "the text has 6 tokens before its variables; the budget is 5."


# suites


def test_two_cases_of_one_id_are_found_across_files(tmp_path: Path) -> None:
    files = {
        "prompts/greet.yaml": greet(),
        "evals/greet.yaml": "prompt: greet\ncases: [a.jsonl, b.jsonl]\nmetrics: [{metric: max_words, limit: 9}]\n",
        "evals/a.jsonl": '{"id": "one", "variables": {"name": "Ada"}}\n',
        "evals/b.jsonl": '\n{"id": "one", "variables": {"name": "Grace"}}\n',
    }
    (finding,) = of_rule(check(tmp_path, files), "duplicate-case-id")
    assert (finding.path, finding.position.line) == ("evals/b.jsonl", 2)
    assert finding.related == (("evals/a.jsonl", Position(1)),)


def test_the_default_number_of_cases_is_asked_for(tmp_path: Path) -> None:
    files = {
        "prompts/greet.yaml": greet(),
        "evals/greet.yaml": (
            "prompt: greet\ncases:\n  - {id: one, variables: {name: Ada}}\nmetrics: [{metric: max_words, limit: 9}]\n"
        ),
    }
    (finding,) = of_rule(check(tmp_path, files), "min-cases")
    assert finding.message == "the suite has 1 case; its gate asks for 20."


# texts


def test_a_secret_is_found_in_every_kind_of_file(tmp_path: Path) -> None:
    secret = "api_key: " + "q7Hn2xVb94KdLw0RzTy6"
    files = {
        "llmops.yaml": f"# {secret}\n",
        "prompts/greet.yaml": greet() + f"# {secret}\n",
        "prompts/broken.yaml": f"id: [\n# {secret}\n",
        "prompts/_partials/tone.md": f"{secret}\n",
        "evals/greet.yaml": (
            f"# {secret}\nprompt: greet\ncases: greet.jsonl\nmetrics: [{{metric: max_words, limit: 9}}]\n"
        ),
        "evals/greet.jsonl": f'{{"id": "one", "variables": {{"name": "{secret}"}}}}\n',
    }
    found = Counter(finding.path for finding in of_rule(check(tmp_path, files), "literal-secret"))
    assert set(found) == {path for path in files if path != "prompts/broken.yaml"} | {"prompts/broken.yaml"}
    assert set(found.values()) == {1}


def test_a_duplicate_by_case_only_is_explained(tmp_path: Path) -> None:
    files = {"prompts/greet.yaml": greet(), "prompts/sub/Greet.yaml": greet()}
    (finding, *_) = [f for f in of_rule(check(tmp_path, files), "duplicate-id") if f.path == "prompts/greet.yaml"]
    assert "cannot be told" in finding.message
    assert finding.related == (("prompts/sub/Greet.yaml", Position()),)


def test_chat_tokens_and_expressions_are_found_at_their_place(tmp_path: Path) -> None:
    text = greet(1, "|\n  Hello {{ name }}\n  as ${{ github.actor }} <|im_end|>", engine="plain")
    found = check(tmp_path, {"prompts/greet.yaml": text})
    assert [f.position for f in of_rule(found, "github-expression")] == [Position(6, 6)]
    assert [f.position for f in of_rule(found, "chat-template-token")] == [Position(6, 26)]


@pytest.mark.parametrize("text", ["cost: ${{ amount }}", "shell ${HOME} and $1", "<|custom|> and [inst]"])
def test_what_only_looks_like_an_expression_or_a_token_passes(tmp_path: Path, text: str) -> None:
    prompt = greet(1, f"|\n  {text} {{{{ name }}}}", engine="plain")
    rules = {finding.rule for finding in check(tmp_path, {"prompts/greet.yaml": prompt})}
    assert not rules & {"github-expression", "chat-template-token"}
