"""What a pull request is shown: one page of Markdown, the same for the comment and the step summary.

In the order in which a reviewer asks: what is the verdict and why, what to do, how do the prompts score, what is
broken, what was changed, what does it cost, who loosened the gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.ci.github.comment_cases import case_sections
from llmops_cli.ci.github.comment_changes import cost_section, diff_section, finding_section, guard_section
from llmops_cli.ci.github.comment_layout import (
    COMMENT_LIMIT,
    SUMMARY_LIMIT,
    Section,
    characters,
    laid_out,
    utf8_bytes,
)
from llmops_cli.ci.github.comment_scores import metric_section, score_table
from llmops_cli.ci.github.markup import code, prose
from llmops_cli.ci.prompt_report import Conclusion, conclusion_of
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.reports.numbers import counted, usd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.gate_report import GateReport
    from llmops_cli.ci.prompt_report import PromptReport

_SIGNS = {
    Conclusion.SUCCESS: ("✅", "passes"),
    Conclusion.FAILURE: ("❌", "fails"),
    Conclusion.ACTION_REQUIRED: ("✋", "needs a person"),
    Conclusion.NEUTRAL: ("⚠️", "cannot tell"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """What the page says beside the report.

    `key` tells the comments of several checks of one repository apart. `approval` is the label that approves the
    loosened gate, empty where none can. `base_branch` is where the change goes to. `from_fork` adds what the pull
    request of a fork cannot run.
    """

    key: str = "gate"
    approval: str = ""
    base_branch: str = ""
    from_fork: bool = False


def marker(key: str) -> str:
    """Return the invisible line by which the comment is found again."""
    return f"<!-- llmops:{key} -->"


def render_comment(report: GateReport, context: PageContext, *, limit: int = COMMENT_LIMIT) -> str:
    """Return the comment, marker included, in at most `limit` characters."""
    head = Section(text=marker(context.key))
    elsewhere = "The step summary of this run has it."
    return laid_out([head, *_sections(report, context)], limit=limit, measure=characters, elsewhere=elsewhere)


def render_summary(report: GateReport, context: PageContext, *, limit: int = SUMMARY_LIMIT) -> str:
    """Return the step summary in at most `limit` bytes."""
    elsewhere = "The report file of this run has it."
    return laid_out(list(_sections(report, context)), limit=limit, measure=utf8_bytes, elsewhere=elsewhere)


def render_error(title: str, context: PageContext) -> str:
    """Return the comment of a check that could not be made."""
    lines = [marker(context.key), "", "## ✋ llmops gate could not run", "", prose(title)]
    return "\n".join(lines) + "\n"


def _sections(report: GateReport, context: PageContext) -> Iterator[Section]:
    yield Section(text=_verdict(report, context))
    if report.prompts:
        yield Section(text=score_table(report.prompts), rank=1, name="table of scores")
    yield from guard_section(report, context.approval)
    yield from finding_section(report)
    decisive = _decisive(report)
    for prompt in report.prompts:
        yield from _prompt(prompt, strict=report.strict, told=int(prompt is decisive))
    yield Section(text=_footer(report), rank=2, name="footer")


def _verdict(report: GateReport, context: PageContext) -> str:
    sign, word = _SIGNS[report.conclusion]
    lines = [f"## {sign} llmops gate {word}", "", f"**{prose(report.headline)}**"]
    decisive = _decisive(report)
    if decisive is not None and decisive.reasons:
        lines += ["", f"{code(decisive.prompt_id)}: {prose(decisive.reasons[0])}"]
    if report.next_step:
        lines += ["", f"**Next:** {_next(report.next_step, context)}"]
    if context.from_fork and any(prompt.exit_code is not ExitCode.PASS for prompt in report.prompts):
        told = "This pull request comes from a fork, so no keys were at hand: what needs a live model was not run."
        lines += ["", f"{told} A maintainer can start the gate on this commit from a branch of this repository."]
    if report.approved_by:
        lines += ["", f"The changes of the gate are approved by {code(report.approved_by)}."]
    return "\n".join(lines)


def _decisive(report: GateReport) -> PromptReport | None:
    if report.invalid or not report.prompts:
        return None
    order = (Conclusion.FAILURE, Conclusion.ACTION_REQUIRED, Conclusion.NEUTRAL, Conclusion.SUCCESS)
    return min(report.prompts, key=lambda prompt: order.index(conclusion_of(prompt, strict=report.strict)))


def _next(sentence: str, context: PageContext) -> str:
    if not sentence.startswith("llmops runs show"):
        return _advice(sentence)
    # the run lies on the runner, which is gone: the same check can be made anywhere
    command = f"llmops gate --base origin/{context.base_branch or 'main'}"
    return f"look at the cases below; {code(command)} runs the same check on your machine."


def _advice(sentence: str) -> str:
    words, found, command = sentence.rpartition("llmops ")
    if not found:
        return prose(sentence)
    shown = code(f"llmops {command.rstrip()}")
    return f"{prose(words)} {shown}" if words.strip() else shown


def _prompt(prompt: PromptReport, *, strict: bool, told: int) -> Iterator[Section]:
    sign, _ = _SIGNS[conclusion_of(prompt, strict=strict)]
    name = f"{prompt.prompt_id}-v{prompt.version}" if prompt.version is not None else prompt.prompt_id
    lines = [f"### {sign} {code(name)}: {prose(prompt.word)}", ""]
    lines += [f"- {prose(reason)}" for reason in prompt.reasons[told:]]
    lines += [f"- Note: {prose(note)}" for note in prompt.notes]
    if prompt.selected_because:
        because = ", ".join(code(reason.sentence()) for reason in prompt.selected_because[:3])
        more = len(prompt.selected_because) - 3
        lines.append(f"- Run because of {because}{f' and {more} more' if more > 0 else ''}")
    yield Section(text="\n".join(lines), rank=3, name="prompt")
    yield from cost_section(prompt)
    yield from diff_section(prompt)
    yield from case_sections(prompt)
    yield from metric_section(prompt)


def _footer(report: GateReport) -> str:
    parts = [f"Policy, suites and baselines of {code(report.base_label)}, prompts of {code(report.head_label)}"]
    parts.append(f"{counted(report.unaffected, 'other prompt')} not affected")
    if report.prompts:
        parts.append(f"{code(usd(report.paid_usd))} paid for this check")
    lines = [f"<sub>{' · '.join(parts)}</sub>"]
    lines += ["", *(f"- {prose(note)}" for note in report.notes)] if report.notes else []
    return "\n".join(lines)
