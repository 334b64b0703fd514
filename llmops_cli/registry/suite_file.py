"""A suite file: from the document and its datasets to the checked suite, with every problem at its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from llmops_cli.core.findings import Finding, Position
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.core.suites import Case, GatePolicy, Suite
from llmops_cli.registry.case_files import CaseRow, CaseRules, build_case, case_findings, dataset_rows, inline_rows
from llmops_cli.registry.documents.fields import field_of, object_of, objects_of
from llmops_cli.registry.documents.file_findings import FileFindings
from llmops_cli.registry.documents.schema_check import check_schema
from llmops_cli.registry.loaded_files import LoadedSuite
from llmops_cli.registry.metric_specs import metric_findings, metric_specs
from llmops_cli.registry.project_file import gate_policy
from llmops_cli.registry.suite_judges import with_judges
from llmops_cli.registry.tree import UnreadableFileError, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.scores import MetricTable
    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.registry.documents.document import YamlDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedSuite:
    """The suite, or None when it or a dataset has an error; all findings; the dataset files it names.

    `draft` is the suite also where it has errors, for rules that look further.
    """

    suite: Suite | None
    findings: tuple[Finding, ...] = ()
    datasets: tuple[str, ...] = ()
    draft: Suite | None = None


def parse_suite(
    document: YamlDocument,
    *,
    read_dataset: Callable[[str], bytes],
    metrics: MetricTable,
    prompt: Prompt | None = None,
    prompt_ids: Collection[str] | None = None,
    gate: GatePolicy | None = None,
) -> ParsedSuite:
    """Check a document as a suite and build it with its cases; never raises for what a file holds.

    `read_dataset` takes a path in the repository and raises FileNotFoundError. `prompt` is checked
    against when it is known; `prompt_ids` are the prompts there are; `gate` is the repository's policy.
    """
    findings = [*document.findings, *check_schema(document, "suite")]
    if document.root is None or any(finding.is_error for finding in findings):
        return ParsedSuite(suite=None, findings=tuple(findings), datasets=_datasets(document))
    root = document.root
    findings.extend(_prompt_findings(document, prompt_ids))
    specs = metric_specs(objects_of(root, "metrics"))
    findings.extend(
        metric_findings(
            specs,
            metrics,
            path=document.path,
            place=lambda index, parameter: document.position_of("metrics", index, parameter),
        ),
    )
    rules = CaseRules(metrics=metrics, suite_metrics=specs, prompt=prompt)
    cases, problems = _cases(_rows(document, read_dataset), rules)
    findings += problems
    suite = Suite(
        prompt_id=field_of(root, "prompt", ""),
        path=document.path,
        cases=cases,
        metrics=specs,
        repeats=field_of(root, "repeats", None),
        gate=gate_policy(object_of(root, "gate"), gate),
        max_cost_usd=field_of(object_of(root, "budget"), "cost_usd", None),
        datasets=_datasets(document),
    )
    fit = not any(finding.is_error for finding in findings)
    return ParsedSuite(
        suite=suite if fit else None,
        findings=tuple(findings),
        datasets=suite.datasets,
        draft=suite,
    )


def load_suite_file(catalog: Catalog, path: str, metrics: MetricTable) -> LoadedSuite:
    """Read the suite at `path` of a catalog with its cases, check it against its prompt and all suite rules."""
    from llmops_cli.registry.documents.yaml_document import parse_yaml_document  # noqa: PLC0415 - loads PyYAML
    from llmops_cli.registry.rule_runner import suite_findings  # noqa: PLC0415
    from llmops_cli.registry.rules.rule import SuiteContext  # noqa: PLC0415

    try:
        document = parse_yaml_document(catalog.tree.read(path), path)
    except FileNotFoundError:
        finding = Finding(path=path, rule="file-missing", message="the file cannot be read.")
        return LoadedSuite(path=path, suite=None, findings=(finding,))
    prompt_id = (document.root or {}).get("prompt")
    known = isinstance(prompt_id, str) and catalog.path_of(prompt_id) is not None
    parsed = parse_suite(
        document,
        read_dataset=catalog.tree.read,
        metrics=metrics,
        prompt=catalog.load(str(prompt_id)).prompt if known else None,
        prompt_ids=catalog.prompt_ids(),
        gate=catalog.settings.gate,
    )
    findings = parsed.findings
    if parsed.draft is not None:
        context = SuiteContext(
            document=document, suite=parsed.draft, catalog=catalog, settings=catalog.settings, metrics=metrics
        )
        findings = (*findings, *suite_findings(context))
    fit = parsed.suite is not None and not any(finding.is_error for finding in findings)
    suite = with_judges(parsed.suite, catalog) if fit and parsed.suite is not None else None
    return LoadedSuite(path=path, suite=suite, findings=findings, document=document, datasets=parsed.datasets)


def _prompt_findings(document: YamlDocument, prompt_ids: Collection[str] | None) -> Iterator[Finding]:
    root = cast("JsonObject", document.root)
    prompt_id = field_of(root, "prompt", "")
    position = document.position_of("prompt")
    if prompt_ids is not None and prompt_id not in prompt_ids:
        yield Finding(
            path=document.path,
            position=position,
            rule="unknown-prompt",
            message=f"there is no prompt '{prompt_id}'.",
            hint=did_you_mean(prompt_id, prompt_ids) or "List them: llmops list",
        )
    stem = PurePosixPath(document.path).stem
    if stem != prompt_id:
        yield Finding(
            path=document.path,
            position=position,
            rule="suite-file-name",
            message=f"the suite of prompt '{prompt_id}' is in a file named '{stem}'.",
            hint=f"Rename the file to {prompt_id}.yaml: a prompt's suite is found by its name.",
        )


def _datasets(document: YamlDocument) -> tuple[str, ...]:
    """Return the paths of the dataset files within the repository; the schema keeps them below the suite's folder."""
    cases = (document.root or {}).get("cases")
    names = [cases] if isinstance(cases, str) else cases if isinstance(cases, list) else []
    folder = PurePosixPath(document.path).parent
    paths = (folder / name for name in names if isinstance(name, str))
    return tuple(path.as_posix() for path in paths if ".." not in path.parts and not path.is_absolute())


def _rows(document: YamlDocument, read_dataset: Callable[[str], bytes]) -> Iterator[CaseRow | Finding]:
    root = cast("JsonObject", document.root)
    paths = _datasets(document)
    if not paths:
        yield from inline_rows(document, objects_of(root, "cases"))
    for index, path in enumerate(paths):
        try:
            data = read_dataset(path)
        except FileNotFoundError as error:
            yield _missing_dataset(document, index, path, error)
            continue
        yield from dataset_rows(data, path)


def _missing_dataset(document: YamlDocument, index: int, path: str, error: FileNotFoundError) -> Finding:
    several = isinstance(cast("JsonObject", document.root)["cases"], list)
    position: Position = document.position_of("cases", index) if several else document.position_of("cases")
    known = isinstance(error, UnreadableFileError)
    return Finding(
        path=document.path,
        position=position,
        rule="dataset-missing",
        message=f"'{path}': {unreadable(error)}" if known else f"there is no file '{path}'.",
        hint="The path is relative to the folder of the suite file; links are not followed.",
    )


def _cases(rows: Iterable[CaseRow | Finding], rules: CaseRules) -> tuple[tuple[Case, ...], tuple[Finding, ...]]:
    by_path: dict[str, FileFindings] = {}
    problems: list[Finding] = []
    cases: list[Case] = []
    for row in rows:
        if isinstance(row, Finding):
            problems.append(row)
            continue
        case = build_case(row, rules)
        case_findings(case, row, rules, by_path.setdefault(row.path, FileFindings(row.path)))
        cases.append(case)
    return tuple(cases), (*problems, *(finding for found in by_path.values() for finding in found.all()))
