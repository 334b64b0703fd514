"""The suites of a catalog, found by their prompts and read with their cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import UsageError

if TYPE_CHECKING:
    from llmops_cli.core.scores import MetricTable
    from llmops_cli.core.suites import Suite
    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.registry.loaded_files import LoadedSuite


def load_suite(catalog: Catalog, prompt_id: str, metrics: MetricTable) -> LoadedSuite:
    """Read the suite of a prompt with its cases and all findings.

    Raises:
        UsageError: when the prompt has no suite.
    """
    path = catalog.suite_path_of(prompt_id)
    if path is None:
        if catalog.path_of(prompt_id) is None:
            raise catalog.unknown(prompt_id)
        message = f"prompt '{prompt_id}' has no suite."
        raise UsageError(message, hint=f"Write one: {catalog.settings.paths.evals}/{prompt_id}.yaml")
    return load_suite_path(catalog, path, metrics)


def load_suite_path(catalog: Catalog, path: str, metrics: MetricTable) -> LoadedSuite:
    """Read the suite file at `path` of a catalog."""
    from llmops_cli.registry.suite_file import load_suite_file  # noqa: PLC0415 - only commands that read suites

    return load_suite_file(catalog, path, metrics)


def usable_suite(catalog: Catalog, prompt_id: str, metrics: MetricTable) -> Suite:
    """Return a suite that is fit for use.

    Raises:
        UsageError: when the prompt has no suite.
        InvalidFileError: when the suite or one of its case files has errors; carries all of them.
    """
    loaded = load_suite(catalog, prompt_id, metrics)
    if loaded.suite is None:
        raise catalog.unusable(loaded.path, loaded.findings)
    return loaded.suite
