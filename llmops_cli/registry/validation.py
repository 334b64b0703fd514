"""Every finding of a repository, file by file, in constant memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from llmops_cli.core.errors import UsageError
from llmops_cli.core.findings import Finding
from llmops_cli.core.safe_text import safe_text
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.project_file import PROJECT_PATH, load_project
from llmops_cli.registry.suites import load_suite_path
from llmops_cli.registry.tree import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.scores import MetricTable
    from llmops_cli.registry.catalog import Catalog, LoadedPrompt
    from llmops_cli.registry.costs.prices import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What is wrong with one file; a clean file has a report without findings."""

    path: str
    findings: tuple[Finding, ...] = ()


class VersionHistory(Protocol):
    """What the base's history knows of a prompt's versions; Git implements it."""

    def versions_of(self, prompt_id: str) -> Mapping[int, str]:
        """Return the digest of each version that the prompt ever had in the base's history."""
        ...


def validate(
    catalog: Catalog,
    *,
    metrics: MetricTable,
    paths: Sequence[str] = (),
    base: Catalog | None = None,
    versions: VersionHistory | None = None,
) -> Iterator[FileReport]:
    """Report everything that is wrong: project file, partials, prompts, suites with cases, rubrics.

    `paths` limits the report to files and folders. With `base` (and `versions`), the rules that compare
    with an earlier revision run too. No prompt is kept after its report.

    Raises:
        UsageError: when one of `paths` names nothing that could be checked.
    """
    selection = _Selection(catalog, paths)
    return _Validation(catalog, metrics, base, versions).reports(selection)


class _Selection:
    """The files and folders that the caller asked for."""

    def __init__(self, catalog: Catalog, paths: Sequence[str]) -> None:
        self._asked = [path.removeprefix("./").rstrip("/") for path in paths]
        self._everything = not paths or any(path in {"", "."} for path in self._asked)
        if not self._everything:
            self._check(catalog)

    def __contains__(self, path: str) -> bool:
        return self._everything or any(path == asked or path.startswith(f"{asked}/") for asked in self._asked)

    def may_hold_cases(self, catalog: Catalog) -> bool:
        """Tell whether files other than suites are asked for whose findings only a suite can tell."""
        folder = f"{catalog.settings.paths.evals}/"
        own = {*catalog.suite_paths(), *catalog.rubric_paths()}
        return any(f"{asked}/".startswith(folder) and asked not in own for asked in self._asked)

    def _check(self, catalog: Catalog) -> None:
        evals = catalog.settings.paths.evals
        kinds = (catalog.prompt_paths(), catalog.partial_paths(), catalog.tree.paths(evals))
        known = [PROJECT_PATH, *(path for kind in kinds for path in kind)]
        for asked in self._asked:
            if not any(path == asked or path.startswith(f"{asked}/") for path in known):
                shown = safe_text(asked, one_line=True)
                message = f"'{shown}' is no file or folder with prompts, partials, suites, cases or rubrics."
                raise UsageError(message, hint=did_you_mean(asked, known) or "See what there is: llmops list")


class _Validation:
    def __init__(
        self, catalog: Catalog, metrics: MetricTable, base: Catalog | None, versions: VersionHistory | None
    ) -> None:
        from llmops_cli.registry.costs.prices import own_prices  # noqa: PLC0415 - types load without the rules

        self._catalog = catalog
        self._metrics = metrics
        self._base = base
        self._versions = versions
        self._prices: Mapping[str, Price] = own_prices(catalog.settings)
        # what was said of files that several suites share; findings are few where files are many
        self._said: set[Finding] = set()

    def reports(self, selection: _Selection) -> Iterator[FileReport]:
        if PROJECT_PATH in selection:
            yield from self._project()
        yield from (self._partial(path) for path in self._catalog.partial_paths() if path in selection)
        yield from (self._prompt(path) for path in self._catalog.prompt_paths() if path in selection)
        any_suite = selection.may_hold_cases(self._catalog)
        for path in self._catalog.suite_paths():
            if any_suite or path in selection:
                yield from (report for report in self._suite(path) if report.path in selection)
        yield from (self._rubric(path) for path in self._catalog.rubric_paths() if path in selection)

    def _project(self) -> Iterator[FileReport]:
        text = self._text(PROJECT_PATH)
        findings = load_project(self._catalog.tree).findings
        if text is not None:
            yield _report(PROJECT_PATH, findings, self._text_findings(PROJECT_PATH, text))
        elif findings:
            yield _report(PROJECT_PATH, findings)

    def _partial(self, path: str) -> FileReport:
        from llmops_cli.registry.templates.partials import check_partial  # noqa: PLC0415 - as above

        try:
            data = self._catalog.tree.read(path)
        except FileNotFoundError as error:
            return _report(path, [Finding(path=path, rule="file-missing", message=unreadable(error))])
        text = data.decode("utf-8", "replace")
        return _report(path, check_partial(data, path, self._catalog.partials()), self._text_findings(path, text))

    def _prompt(self, path: str) -> FileReport:
        from llmops_cli.registry.rule_runner import prompt_findings  # noqa: PLC0415 - as above
        from llmops_cli.registry.rules.rule import RuleContext  # noqa: PLC0415

        loaded = self._catalog.load_path(path)
        texts = self._text_findings(path, loaded.document.text)
        if loaded.prompt is None:
            return _report(path, loaded.findings, texts)
        base, base_versions = self._earlier(loaded.prompt, loaded.data)
        context = RuleContext(
            document=loaded.document,
            prompt=loaded.prompt,
            catalog=self._catalog,
            settings=self._catalog.settings,
            metrics=self._metrics,
            templates=loaded.templates,
            base=base,
            base_versions=base_versions,
            prices=self._prices,
        )
        return _report(path, loaded.findings, texts, prompt_findings(context))

    def _earlier(self, prompt: Prompt, data: bytes) -> tuple[Prompt | None, Mapping[int, str] | None]:
        """Return the prompt of the base revision, and the versions of its history when one is compared with.

        A base file that does not parse has a version that nobody knows; without a history to tell it, no
        version can be asked for, and the rules of history stay silent.
        """
        base: LoadedPrompt | None = None
        if self._base is not None and self._base.path_of(prompt.id) is not None:
            base = None if self._is_as_in(self._base, prompt, data) else self._base.load(prompt.id)
            earlier = base.prompt if base else prompt
        else:
            earlier = None
        if self._versions is not None:
            return earlier, self._versions.versions_of(prompt.id)
        if earlier is not None:
            return earlier, {earlier.version: earlier.digest()}
        return None, {} if self._base is not None and base is None else None

    def _is_as_in(self, base: Catalog, prompt: Prompt, data: bytes) -> bool:
        """Tell whether the base has the same bytes at the same place, with the same partials: no need to parse them."""
        same_place = base.path_of(prompt.id) == prompt.path and base.partials() == self._catalog.partials()
        return same_place and base.tree.holds(prompt.path, data)

    def _suite(self, path: str) -> Iterator[FileReport]:
        loaded = load_suite_path(self._catalog, path, self._metrics)
        by_path: dict[str, list[Finding]] = {path: [], **{dataset: [] for dataset in loaded.datasets}}
        for finding in loaded.findings:
            by_path.setdefault(finding.path, []).append(finding)
        for place, findings in by_path.items():
            text = self._text(place)
            texts = self._text_findings(place, text) if text is not None else ()
            report = _report(place, findings, texts)
            yield FileReport(path=place, findings=tuple(f for f in report.findings if f not in self._said))
            if place != path:
                self._said.update(report.findings)

    def _rubric(self, path: str) -> FileReport:
        from llmops_cli.registry.documents.yaml_document import parse_yaml_document  # noqa: PLC0415
        from llmops_cli.registry.rubric_file import parse_rubric  # noqa: PLC0415 - as above

        try:
            document = parse_yaml_document(self._catalog.tree.read(path), path)
        except FileNotFoundError as error:
            return _report(path, [Finding(path=path, rule="file-missing", message=unreadable(error))])
        return _report(path, parse_rubric(document).findings, self._text_findings(path, document.text))

    def _text(self, path: str) -> str | None:
        try:
            return self._catalog.tree.read(path).decode("utf-8", "replace")
        except FileNotFoundError:
            return None

    def _text_findings(self, path: str, text: str) -> Iterable[Finding]:
        from llmops_cli.registry.rule_runner import text_findings  # noqa: PLC0415 - as above
        from llmops_cli.registry.rules.rule import TextContext  # noqa: PLC0415

        return text_findings(TextContext(path=path, text=text))


def _report(path: str, *groups: Iterable[Finding]) -> FileReport:
    findings = {finding for group in groups for finding in group}
    return FileReport(path=path, findings=tuple(sorted(findings, key=Finding.sort_key)))
