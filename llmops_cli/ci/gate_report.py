"""What `llmops gate` found, as one value: everything that a terminal, a comment or a check shows is in here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from llmops_cli.ci.affected import Reason
    from llmops_cli.ci.gate_change import GateChange
    from llmops_cli.core.findings import Finding
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.suites import Expected
    from llmops_cli.core.verdicts import VerdictKind
    from llmops_cli.evals.comparing.comparison import Comparison
    from llmops_cli.evals.comparing.metric_comparison import MetricComparison
    from llmops_cli.evals.gating.null_models import NullProbe
    from llmops_cli.evals.runs.summary import RunSummary
    from llmops_cli.registry.diff.prompt_diff import PromptDiff

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


class Conclusion(StrEnum):
    """What the check says. `neutral` lets a pull request be merged, `action_required` and `failure` do not."""

    SUCCESS = "success"
    FAILURE = "failure"
    ACTION_REQUIRED = "action_required"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressedCase:
    """A case to look at: it fails with the change, and worked before or must never fail.

    `input`, `expected` and both outputs are untrusted text, the outputs cut to 2,000 characters. `base_output`
    is None where no answer of the base is at hand. `reasons` say per metric why the head's answer fails.
    `passes` of `trials` at the head, `base_passes` of `base_trials` at the base (0 of 0 when it was not there).
    """

    case_id: str
    path: str
    line: int
    critical: bool
    input: JsonObject
    expected: Expected
    base_output: str | None
    head_output: str
    reasons: tuple[str, ...]
    passes: int
    trials: int
    base_passes: int
    base_trials: int

    def as_json(self) -> JsonObject:
        """Return the case for machines; text of prompts and models is as it was."""
        expected = list(self.expected) if isinstance(self.expected, tuple) else self.expected
        return {
            "base_output": self.base_output,
            "base_passes": self.base_passes,
            "base_trials": self.base_trials,
            "case": self.case_id,
            "critical": self.critical,
            "expected": expected,
            "head_output": self.head_output,
            "input": self.input,
            "line": self.line,
            "passes": self.passes,
            "path": self.path,
            "reasons": list(self.reasons),
            "trials": self.trials,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """One suite run on the head's prompt.

    `suite_from` is `base` for the decisive run and `head` for the second one, where the change edits the
    suite. `kind` is the verdict of this run alone; `compared_with` says with what (`baseline of v3, accepted
    2026-11-02`, or `base prompt, run now`). `comparison` is None where there was nothing to compare with.
    """

    suite_from: str
    kind: VerdictKind
    reasons: tuple[str, ...]
    exit_code: ExitCode
    compared_with: str = ""
    comparison: Comparison | None = None
    summary: RunSummary | None = None
    base_summary: RunSummary | None = None
    run_path: str = ""
    cases: tuple[RegressedCase, ...] = ()

    def as_json(self) -> JsonObject:
        """Return the run for machines."""
        return {
            "cases_to_look_at": [case.as_json() for case in self.cases],
            "compared_with": self.compared_with,
            "exit_code": int(self.exit_code),
            "metrics": [_metric_as_json(metric) for metric in self.comparison.metrics] if self.comparison else [],
            "reasons": list(self.reasons),
            "run": self.run_path,
            "suite_from": self.suite_from,
            "summary": self.summary.as_json() if self.summary else None,
            "verdict": self.kind.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptReport:
    """What the change does to one prompt.

    `kind`, `reasons` (full sentences, the decisive one first) and `exit_code` are what the prompt comes to
    over all its runs; `decisive` is the base's suite on the head's prompt, or, for a new prompt (`new`), the
    head's own suite. `selected_because` is why the prompt is affected. `notes` did not decide.
    `diff` is None where the prompt itself is as it was.
    """

    prompt_id: str
    version: int | None
    kind: VerdictKind
    reasons: tuple[str, ...]
    exit_code: ExitCode
    selected_because: tuple[Reason, ...]
    new: bool = False
    decisive: SuiteRun | None = None
    head_suite: SuiteRun | None = None
    diff: PromptDiff | None = None
    weak: tuple[NullProbe, ...] = ()
    notes: tuple[str, ...] = ()
    next_step: str = ""
    blocks: bool = False

    @property
    def word(self) -> str:
        """The verdict in upper case, as people are shown it."""
        comparison = self.decisive.comparison if self.decisive else None
        improved = comparison is not None and comparison.improved and self.exit_code is ExitCode.PASS
        return "PASS, improved" if improved else self.kind.value.upper()

    @property
    def paid_usd(self) -> float:
        """What this prompt's live calls cost, both arms and both suites together."""
        return sum(summary.spending.paid_usd for summary in self._summaries())

    @property
    def answers(self) -> int:
        """Trials that were answered: live, from recordings or from the cache."""
        return sum(sum(summary.sources.values()) for summary in self._summaries())

    def _summaries(self) -> tuple[RunSummary, ...]:
        runs = [run for run in (self.decisive, self.head_suite) if run is not None]
        found = [summary for run in runs for summary in (run.summary, run.base_summary)]
        return tuple(summary for summary in found if summary is not None)

    def as_json(self) -> JsonObject:
        """Return the prompt's report for machines."""
        return {
            "decisive": self.decisive.as_json() if self.decisive else None,
            "exit_code": int(self.exit_code),
            "head_suite": self.head_suite.as_json() if self.head_suite else None,
            "new": self.new,
            "next_step": self.next_step,
            "notes": list(self.notes),
            "paid_usd": self.paid_usd,
            "prompt": self.prompt_id,
            "reasons": list(self.reasons),
            "selected_because": [reason.as_json() for reason in self.selected_because],
            "verdict": self.kind.value,
            "version": self.version,
            "weak_suite": [probe.as_json() for probe in self.weak],
        }


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


def conclusion_of(prompt: PromptReport, *, strict: bool) -> Conclusion:
    """Return what a prompt's outcome means to the check.

    A regression fails. An inconclusive comparison, and a new prompt that has nothing to be compared with, are
    neutral unless the policy or `--strict` says otherwise. What was not measured, or cannot be compared
    although it should be, needs a person. `--strict` makes 5, 6, 7 and 10 failures.
    """
    code = prompt.exit_code
    if code is ExitCode.PASS:
        return Conclusion.SUCCESS
    if strict or prompt.blocks or code in {ExitCode.GATE_FAILED, ExitCode.INVALID_FILE}:
        return Conclusion.FAILURE
    if code is ExitCode.INCONCLUSIVE or (code is ExitCode.INCOMPARABLE and prompt.new):
        return Conclusion.NEUTRAL
    return Conclusion.ACTION_REQUIRED


def _metric_as_json(metric: MetricComparison) -> JsonObject:
    decision = metric.decision
    return {
        "base_mean": decision.base_mean,
        "candidate_mean": decision.candidate_mean,
        "cases": decision.cases,
        "change": decision.delta,
        "improved": decision.improved,
        "kind": metric.kind,
        "name": metric.name,
        "population_interval": list(decision.population_interval),
        "reasons": list(decision.reasons),
        "sign_flip_p": metric.sign_flip().worse if metric.kind == "score" else None,
        "suite_interval": list(decision.suite_interval),
        "trials": decision.candidate_trials,
        "verdict": decision.verdict.value,
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
