"""Remarks on lines of files: the ten gravest as annotations of the step, all of them as SARIF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.gate_change import Side
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.findings import Finding, Position, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.ci.gate_report import GateReport
    from llmops_cli.ci.prompt_report import PromptReport

MOST_ANNOTATIONS = 10
"""Of one kind in one step; the runner drops more without a word."""

SUMMARIES = {
    "gate-loosened": "The change loosens the gate that judges it.",
    "gate-changed": "The change edits what measures.",
    "case-regressed": "A case that worked before fails with the change.",
}


def remarks(report: GateReport) -> tuple[Finding, ...]:
    """Return everything that can be said about a line, the gravest first."""
    files = sorted(report.findings, key=Finding.sort_key)
    found = [*files, *_gate_changes(report), *(remark for prompt in report.prompts for remark in _cases(prompt))]
    # cases come with the gravest first, which a stable sort keeps
    order = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def annotated(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the few that become annotations."""
    return tuple(found[:MOST_ANNOTATIONS])


def _gate_changes(report: GateReport) -> Iterator[Finding]:
    held = report.held_by
    for change in report.changes:
        # a line of the base is no line of the pull request: its file is named at the top
        line = change.line if change.side is Side.HEAD else 1
        if change in held:
            yield _remark(change.path, line, Severity.ERROR, "gate-loosened", change.message)
        else:
            yield _remark(change.path, line, Severity.NOTE, "gate-changed", change.message)


def _cases(prompt: PromptReport) -> Iterator[Finding]:
    run = prompt.decisive or prompt.head_suite
    severity = Severity.ERROR if prompt.exit_code is ExitCode.GATE_FAILED else Severity.WARNING
    for case in run.cases if run else ():
        counts = f"passes {case.passes} of {case.trials}, was {case.base_passes} of {case.base_trials}"
        why = f" {case.reasons[0]}" if case.reasons else ""
        message = f"Case '{case.case_id}' of {prompt.prompt_id} {counts}.{why}"
        yield _remark(case.path, case.line, severity, "case-regressed", message)


def _remark(path: str, line: int, severity: Severity, rule: str, message: str) -> Finding:
    return Finding(path=path, position=Position(max(line, 1)), severity=severity, rule=rule, message=message)
