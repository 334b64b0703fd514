"""Prompt and suite files as read: the value, or the reasons why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.findings import Finding
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.suites import Suite
    from llmops_cli.registry.documents.yaml_document import YamlDocument
    from llmops_cli.registry.templates.template import ParsedTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPrompt:
    """A prompt file as read: the prompt, or the reasons why there is none; warnings come with a prompt.

    `data` are the bytes of the file, empty when it could not be read.
    """

    path: str
    prompt: Prompt | None
    findings: tuple[Finding, ...]
    document: YamlDocument
    templates: tuple[ParsedTemplate, ...] = ()
    data: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSuite:
    """A suite file as read, with its cases; `datasets` are the paths of the files that hold cases."""

    path: str
    suite: Suite | None
    findings: tuple[Finding, ...]
    document: YamlDocument | None = None
    datasets: tuple[str, ...] = ()
