"""The committed baselines among the files that `validate` reports on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.findings import Finding
from llmops_cli.registry.tree import unreadable
from llmops_cli.registry.validation import FileReport

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.registry.catalog import Catalog


def baseline_reports(catalog: Catalog, paths: Sequence[str] = ()) -> Iterator[FileReport]:
    """Report what is wrong with each baseline at or below `paths`; all when none is given."""
    asked = [path.removeprefix("./").rstrip("/") for path in paths]
    for path in catalog.tree.paths(f"{catalog.settings.paths.evals}/baselines"):
        if path.endswith(".json") and (not asked or any(f"{path}/".startswith(f"{place}/") for place in asked)):
            yield FileReport(path=path, findings=_findings(catalog, path))


def _findings(catalog: Catalog, path: str) -> tuple[Finding, ...]:
    from llmops_cli.evals.baselines.baseline_file import load_baseline  # noqa: PLC0415 - only where a baseline is

    try:
        return load_baseline(catalog.tree.read(path), path).findings
    except FileNotFoundError as error:
        return (Finding(path=path, rule="file-missing", message=unreadable(error)),)
