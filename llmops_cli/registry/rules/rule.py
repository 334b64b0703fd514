"""What a rule is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmops_cli.core.findings import Finding, Severity
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.scores import MetricTable
    from llmops_cli.core.suites import Suite
    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.registry.costs.prices import Price
    from llmops_cli.registry.documents.yaml_document import YamlDocument
    from llmops_cli.registry.project_file import ProjectSettings
    from llmops_cli.registry.templates.template import ParsedTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleContext:
    """One prompt file that parsed, with all that a rule may compare it with.

    `templates` are the parsed templates of the prompt's messages, in their order. `base` is the prompt
    of the same id in the base revision; `base_versions` maps each version in the base's history to its
    digest. Both are None when nothing is compared. `prices` are the project's own.
    """

    document: YamlDocument
    prompt: Prompt
    catalog: Catalog
    settings: ProjectSettings
    metrics: MetricTable
    templates: tuple[ParsedTemplate, ...] = ()
    base: Prompt | None = None
    base_versions: Mapping[int, str] | None = None
    prices: Mapping[str, Price] = field(default_factory=dict[str, "Price"])


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteContext:
    """One suite file that parsed, with its cases."""

    document: YamlDocument
    suite: Suite
    catalog: Catalog
    settings: ProjectSettings
    metrics: MetricTable


@dataclass(frozen=True, slots=True, kw_only=True)
class TextContext:
    """The text of one file of any kind: prompt, partial, suite, cases, rubric, project file."""

    path: str
    text: str


class Rule(Protocol):
    """A rule over one prompt file: kinds `file`, `repository` and `history`.

    The docstring of its module says what it catches and why, then shows a failing and a passing example.
    """

    name: ClassVar[str]
    severity: ClassVar[Severity]

    def check(self, context: RuleContext, /) -> Iterable[Finding]:
        """Return what is wrong; never raises for what a file holds."""
        ...


class SuiteRule(Protocol):
    """A rule over one suite file: kind `suite`."""

    name: ClassVar[str]
    severity: ClassVar[Severity]

    def check(self, context: SuiteContext, /) -> Iterable[Finding]:
        """Return what is wrong; never raises for what a file holds."""
        ...


class TextRule(Protocol):
    """A rule over the text of any file: kind `text`."""

    name: ClassVar[str]
    severity: ClassVar[Severity]

    def check(self, context: TextContext, /) -> Iterable[Finding]:
        """Return what is wrong; never raises for what a file holds."""
        ...
