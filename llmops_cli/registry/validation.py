"""Every finding of a repository, file by file, in constant memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmops_cli.core.findings import Finding
    from llmops_cli.core.scores import MetricTable
    from llmops_cli.registry.catalog import Catalog


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
    """Report file by file, sorted by path within each kind, everything that is wrong.

    `paths` limits the report to files and folders. With `base` and `versions`, the rules that compare
    with an earlier revision run too. No prompt is kept after its report.
    """
    from llmops_cli.registry.validation_steps import reports_of  # noqa: PLC0415 - types load without the rules

    return reports_of(catalog, metrics=metrics, paths=paths, base=base, versions=versions)
