"""Validation for the gate: the files of the change, and those of the prompts that it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.file_changes import PROJECT_PATH, FileChange
from llmops_cli.core.findings import Finding
from llmops_cli.registry.history.prompt_history import GitVersions
from llmops_cli.registry.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmops_cli.ci.gate_sides import GateSides
    from llmops_cli.core.scores import MetricTable
    from llmops_cli.registry.git.repository import GitRepository


def gate_findings(
    sides: GateSides, affected: Iterable[str], repository: GitRepository, metrics: MetricTable
) -> tuple[Finding, ...]:
    """Return the findings in changed files and in the files of affected prompts, as a reader walks them.

    What was wrong before in files that the change does not touch is not this change's business.
    """
    paths = tuple(dict.fromkeys(_paths(sides, affected)))
    if not paths:
        return ()
    head = sides.change.head
    reports = validate(
        head,
        metrics=metrics,
        paths=paths,
        base=sides.policy,
        versions=GitVersions(repository, sides.policy.settings, sides.base_commit),
    )
    return tuple(sorted((f for report in reports for f in report.findings), key=Finding.sort_key))


def _paths(sides: GateSides, affected: Iterable[str]) -> Iterator[str]:
    head = sides.change.head
    evals = set(head.tree.paths(head.settings.paths.evals))
    known = {PROJECT_PATH, *head.prompt_paths(), *head.partial_paths(), *evals}
    for path, change in sides.change.files.items():
        if change is not FileChange.REMOVED and path in known:
            yield path
    for prompt_id in affected:
        for place in (head.path_of(prompt_id), head.suite_path_of(prompt_id)):
            if place is not None:
                yield place
