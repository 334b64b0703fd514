"""What every guard looks at: both sides of the change, read once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import shortened
from llmops_cli.registry.suites import load_suite_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_cli.ci.affected import Reason
    from llmops_cli.ci.sides import Sides
    from llmops_cli.core.scores import MetricTable
    from llmops_cli.core.suites import Suite
    from llmops_cli.registry.catalog import Catalog, LoadedSuite
    from llmops_cli.registry.documents.document import YamlDocument

LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePair:
    """The suite of one prompt on both sides, both fit for use, with the documents that know the lines."""

    prompt_id: str
    base: Suite
    head: Suite
    base_document: YamlDocument
    head_document: YamlDocument


class GuardContext:
    """Both sides of a change; suites are loaded once, and only those of affected prompts."""

    def __init__(self, sides: Sides, affected: Mapping[str, tuple[Reason, ...]], metrics: MetricTable) -> None:
        """Take the sides, the affected prompts with their reasons, and the metrics that exist."""
        self.sides = sides
        self.affected = affected
        self.metrics = metrics

    @cached_property
    def suite_pairs(self) -> tuple[SuitePair, ...]:
        """The suites that are there and valid on both sides; the others are for `suites` and for validation."""
        return tuple(self._pairs())

    @cached_property
    def projects(self) -> tuple[YamlDocument, YamlDocument]:
        """The project files of base and head; an empty document where there is none."""
        return project_document(self.sides.base), project_document(self.sides.head)

    def text(self, catalog: Catalog, path: str) -> str:
        """Return a file's text, empty when it is not there."""
        try:
            return catalog.tree.read(path).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def _pairs(self) -> Iterator[SuitePair]:
        for prompt_id in self.affected:
            base, head = self._suite(self.sides.base, prompt_id), self._suite(self.sides.head, prompt_id)
            if base and base.suite and base.document and head and head.suite and head.document:
                yield SuitePair(
                    prompt_id=prompt_id,
                    base=base.suite,
                    head=head.suite,
                    base_document=base.document,
                    head_document=head.document,
                )

    def _suite(self, catalog: Catalog, prompt_id: str) -> LoadedSuite | None:
        path = catalog.suite_path_of(prompt_id)
        return None if path is None else load_suite_path(catalog, path, self.metrics)


def project_document(catalog: Catalog) -> YamlDocument:
    """Return the project file as a document that knows its lines."""
    from llmops_cli.ci.file_changes import PROJECT_PATH  # noqa: PLC0415 - loads PyYAML below
    from llmops_cli.registry.documents.yaml_document import parse_yaml_document  # noqa: PLC0415

    try:
        data = catalog.tree.read(PROJECT_PATH)
    except FileNotFoundError:
        data = b""
    return parse_yaml_document(data, PROJECT_PATH)


def shown(value: object) -> str:
    """Return a value as a reader of YAML would write it, cut to what fits a line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=list)
    return shortened(text, LONGEST_VALUE)
