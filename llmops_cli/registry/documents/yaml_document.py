"""Strict YAML: one document, plain data, every value with its place, every problem a finding.

The only user of PyYAML (`yaml_builder.py` reads its events). It never uses the composer's nodes: events
come one at a time and without recursion, so that depth, aliases and tags are refused before anything is
built (30,000 nested brackets end the process in the C composer).
"""

from __future__ import annotations

import yaml

from llmops_cli.registry.documents.document import YamlDocument
from llmops_cli.registry.documents.file_findings import FileFindings
from llmops_cli.registry.documents.source_text import Source, read_source
from llmops_cli.registry.documents.text_scan import NO_ALLOWANCES, TextScan
from llmops_cli.registry.documents.yaml_builder import StopParsingError, YamlBuilder
from llmops_cli.registry.documents.yaml_problems import explain_yaml_error

__all__ = ["YamlDocument", "parse_yaml_document"]

try:
    from yaml.cyaml import CParser as EventParser  # type: ignore[attr-defined]
except ImportError:  # a PyYAML without libyaml: the same events from Python, ten times slower
    from yaml.loader import SafeLoader as EventParser  # type: ignore[assignment]


def parse_yaml_document(data: bytes, path: str) -> YamlDocument:
    """Read a YAML file of ours. Never raises: problems are findings, and `root` is None if it is unusable."""
    findings = FileFindings(path)
    builder = YamlBuilder(findings)
    source = read_source(data, findings)
    allowed = NO_ALLOWANCES
    if source is not None:
        scan = TextScan(source, findings)
        complete = not scan.hides_lines and _build(builder, scan.parsable, source, findings)
        allowed = scan.finish(builder.scalars, complete=complete)
    places = builder.places
    return YamlDocument(
        path=path,
        root=builder.root,
        findings=findings.all(),
        text=source.text if source else "",
        lines_allowing=allowed,
        places=lambda: places,
    )


def _build(builder: YamlBuilder, text: str, source: Source, findings: FileFindings) -> bool:
    """Run the parser to the end; False when it had to stop."""
    try:
        builder.run(EventParser(text).get_event)
    except StopParsingError:
        builder.root = None
        return False
    except yaml.YAMLError as error:
        builder.root = None
        # a line break that only YAML sees moves what follows: its complaint would blame the wrong line
        if not findings.has("line-break"):
            problem = explain_yaml_error(error, source.text)
            findings.add(problem.rule, problem.message, problem.position, hint=problem.hint)
        return False
    return True
