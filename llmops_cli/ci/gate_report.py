"""What `llmops gate` found, as one value: everything that a terminal, a comment or a check shows is in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.ci.prompt_report import Conclusion, conclusion_of
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from llmops_cli.ci.gate_change import GateChange
    from llmops_cli.ci.prompt_report import PromptReport
    from llmops_cli.core.findings import Finding
    from llmops_cli.core.json_value import JsonObject

GRAVEST_FIRST = (
    ExitCode.INVALID_FILE,
    ExitCode.GATE_FAILED,
    ExitCode.REFUSED,
    ExitCode.PROVIDER_FAILED,
    ExitCode.INCONCLUSIVE,
    ExitCode.INCOMPARABLE,
    ExitCode.NOT_RUN,
    ExitCode.PASS,
)
"""Of several outcomes the gravest is the exit code: what is certainly wrong comes before what is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """The whole check.

    `base_label` and `head_label` name the two revisions for people, `base_commit` is the one whose policy
    decides. `changes` are all changes of the gate (`held_by` those that hold the check), `findings` those
    of validation in the files that are affected. `affected` are the ids of the prompts that the change reaches,
    `unaffected` counts the others; `prompts` are those of the affected ones that could be looked at: none where
    a file is invalid, and none that is deleted. `strict` and `approved_by` are as asked for.
    """

    base_label: str
    base_commit: str
    head_label: str
    changes: tuple[GateChange, ...]
    findings: tuple[Finding, ...]
    prompts: tuple[PromptReport, ...]
    unaffected: int
    affected: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    strict: bool = False
    approved_by: str = ""

    @property
    def held_by(self) -> tuple[GateChange, ...]:
        """The loosenings that nobody has approved."""
        return () if self.approved_by else tuple(change for change in self.changes if change.loosens)

    @property
    def invalid(self) -> bool:
        """Whether a file has an error."""
        return any(finding.is_error for finding in self.findings)

    @property
    def exit_code(self) -> ExitCode:
        """The one exit code: the gravest of files, guard and prompts."""
        codes = {prompt.exit_code for prompt in self.prompts}
        if self.invalid:
            codes.add(ExitCode.INVALID_FILE)
        if self.held_by:
            codes.add(ExitCode.REFUSED)
        return min(codes, key=GRAVEST_FIRST.index, default=ExitCode.PASS)

    @property
    def conclusion(self) -> Conclusion:
        """What the check says; never success where something was not decided."""
        conclusions = {conclusion_of(prompt, strict=self.strict) for prompt in self.prompts}
        if self.invalid:
            conclusions.add(Conclusion.FAILURE)
        if self.held_by:
            conclusions.add(Conclusion.ACTION_REQUIRED)
        order = (Conclusion.FAILURE, Conclusion.ACTION_REQUIRED, Conclusion.NEUTRAL, Conclusion.SUCCESS)
        return min(conclusions, key=order.index, default=Conclusion.SUCCESS)

    @property
    def headline(self) -> str:
        """The outcome in one sentence."""
        if self.invalid:
            errors = sum(finding.is_error for finding in self.findings)
            return f"INVALID: {_counted(errors, 'error')} in files of this change; nothing was run."
        parts = []
        if self.held_by:
            parts.append(f"HELD: this change loosens its own gate in {_counted(len(self.held_by), 'place')}")
        if not parts and not self.prompts:
            return "PASS: nothing to evaluate: no prompt is affected."
        parts += [f"{kind}: {', '.join(names)}" for kind, names in self._by_word().items()]
        return "; ".join(parts) + "."

    def _by_word(self) -> dict[str, list[str]]:
        words: dict[str, list[str]] = {}
        for prompt in sorted(self.prompts, key=lambda prompt: GRAVEST_FIRST.index(prompt.exit_code)):
            words.setdefault(prompt.word, []).append(prompt.prompt_id)
        return words

    @property
    def next_step(self) -> str:
        """What to do next, as one sentence or command."""
        if self.invalid:
            return "Mend the files: llmops validate"
        decisive = min(
            (prompt for prompt in self.prompts if prompt.exit_code is not ExitCode.PASS),
            key=lambda prompt: GRAVEST_FIRST.index(prompt.exit_code),
            default=None,
        )
        if decisive is not None and decisive.exit_code is ExitCode.GATE_FAILED:
            return decisive.next_step
        if self.held_by:
            return "Have a code owner approve the listed lines, or move them to a pull request of their own."
        return decisive.next_step if decisive else ""

    @property
    def paid_usd(self) -> float:
        """What the live calls of this check cost."""
        return sum(prompt.paid_usd for prompt in self.prompts)

    def as_json(self) -> JsonObject:
        """Return the report for machines."""
        return {
            "affected": list(self.affected),
            "approved_by": self.approved_by,
            "base": {"commit": self.base_commit, "label": self.base_label},
            "changes": [change.as_json() for change in self.changes],
            "conclusion": self.conclusion.value,
            "exit_code": int(self.exit_code),
            "findings": [_finding_as_json(finding) for finding in self.findings],
            "head": {"label": self.head_label},
            "headline": self.headline,
            "held": bool(self.held_by),
            "next_step": self.next_step,
            "notes": list(self.notes),
            "paid_usd": self.paid_usd,
            "prompts": [prompt.as_json() for prompt in self.prompts],
            "strict": self.strict,
            "unaffected": self.unaffected,
        }


def _finding_as_json(finding: Finding) -> JsonObject:
    return {
        "column": finding.position.column,
        "hint": finding.hint,
        "line": finding.position.line,
        "message": finding.message,
        "path": finding.path,
        "rule": finding.rule,
        "severity": finding.severity.value,
    }


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
