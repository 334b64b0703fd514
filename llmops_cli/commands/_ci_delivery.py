"""Hands a finished check to GitHub: log, files, step summary, outputs, annotations, comment, check run."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from llmops_cli import __version__
from llmops_cli.ci.gate_remarks import SUMMARIES, annotated, remarks
from llmops_cli.ci.gate_text import gate_text
from llmops_cli.ci.github.api import CheckRun
from llmops_cli.ci.github.api_errors import ForbiddenError, GitHubApiError
from llmops_cli.ci.github.comment import render_comment, render_error, render_summary
from llmops_cli.ci.github.comment_layout import COMMENT_LIMIT
from llmops_cli.ci.github.comment_scores import score_of
from llmops_cli.ci.github.markup import prose
from llmops_cli.ci.github.outputs import StepFiles, append, output_lines, without_commands
from llmops_cli.ci.github.sticky import put_comment
from llmops_cli.commands._ci_settings import report_folder
from llmops_cli.commands._secrets import masked
from llmops_cli.registry.rules import RULES
from llmops_cli.reports.findings_github import findings_github
from llmops_cli.reports.findings_sarif import findings_sarif

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llmops_cli.ci.gate_report import GateReport
    from llmops_cli.ci.github.api import GitHubApi
    from llmops_cli.ci.github.check import Check
    from llmops_cli.ci.github.comment import PageContext
    from llmops_cli.ci.github.event import GitHubEvent
    from llmops_cli.commands._ci_settings import CiSettings
    from llmops_cli.commands._invocation import Invocation

LONGEST_CHECK_SUMMARY = 60_000


class Delivery:
    """One check's way out. What GitHub refuses (a fork's token may write nothing) is a note, never a verdict."""

    def __init__(self, invocation: Invocation, settings: CiSettings, event: GitHubEvent, api: GitHubApi | None) -> None:
        """Take the run, what was asked for, the event, and the API where there is a token."""
        self._invocation = invocation
        self._console = invocation.console
        self._settings = settings
        self._event = event
        self._api = api
        self._files = StepFiles.of(invocation.environ)

    def report(self, report: GateReport, check: Check, context: PageContext) -> None:
        """Deliver a finished gate."""
        with without_commands(self._console.payload, _token):
            self._console.payload(gate_text(report, self._console.report_page))
        folder = self._write_files(report, context)
        found = annotated(remarks(report))
        if found:
            self._console.payload(self._masked(findings_github(found)))
        append(self._files.summary, self._masked(render_summary(report, context)))
        append(self._files.output, output_lines(_values(report, check, folder), _token))
        only_update = not report.affected and not report.changes and not report.findings
        self._comment(lambda limit: render_comment(report, context, limit=limit), only_update=only_update)
        self._check_run(check, render_comment(report, context, limit=LONGEST_CHECK_SUMMARY))

    def short(self, check: Check, context: PageContext) -> None:
        """Deliver a check without a report: nothing to judge, or it could not be made."""
        text = f"## llmops gate\n\n{prose(check.title)}\n"
        append(self._files.summary, self._masked(text))
        values = {"conclusion": check.conclusion.value, "exit-code": str(int(check.exit_code)), "held": "false"}
        append(self._files.output, output_lines(values, _token))
        if check.exit_code:
            # a comment of an earlier commit would go on saying what no longer holds
            self._comment(lambda _: render_error(check.title, context), only_update=True)
        self._check_run(check, text)

    def _write_files(self, report: GateReport, context: PageContext) -> Path:

        folder = report_folder(self._invocation.environ, self._settings.name)
        summaries = {name: RULES.row(name).summary for name in RULES} | SUMMARIES
        texts = {
            "report.json": json.dumps(report.as_json(), ensure_ascii=True, indent=2),
            "comment.md": render_comment(report, context),
            "findings.sarif": findings_sarif(remarks(report), tool_version=__version__, summaries=summaries),
        }
        for name, text in texts.items():
            (folder / name).write_text(self._masked(text), encoding="utf-8", newline="\n")
        return folder

    def _comment(self, render: Callable[[int], str], *, only_update: bool) -> None:
        number = self._event.pull_request
        if self._api is None or number is None or not self._settings.comment or self._event.kind != "pull_request":
            return
        name, login = self._settings.name, self._settings.login
        try:
            put_comment(
                self._api,
                number,
                lambda limit: self._masked(render(min(limit, COMMENT_LIMIT))),
                key=name,
                author=login,
                only_update=only_update,
            )
        except GitHubApiError as error:
            self._refused("No comment was written", error)

    def _check_run(self, check: Check, summary: str) -> None:
        if self._api is None or not self._settings.check_run or self._event.head is None:
            return
        run = CheckRun(
            name=self._settings.check_run,
            head=self._event.head,
            conclusion=check.conclusion.value,
            title=self._masked(check.title),
            summary=self._masked(summary),
        )
        try:
            self._api.create_check_run(run)
        except GitHubApiError as error:
            self._refused("No check run was made", error)

    def _refused(self, what: str, error: GitHubApiError) -> None:
        why = "" if isinstance(error, ForbiddenError) and self._event.from_fork else f" {error.hint or ''}".rstrip()
        told = " A fork's token can only read." if self._event.from_fork else ""
        self._console.note(f"{what}: {self._masked(error.message)} ({error.where}).{told}{why}")

    def _masked(self, text: str) -> str:
        return masked(text, self._invocation.environ)


def _values(report: GateReport, check: Check, folder: Path) -> dict[str, str]:
    scores = [score for prompt in report.prompts if (score := score_of(prompt)) is not None]
    return {
        "conclusion": check.conclusion.value,
        "exit-code": str(int(report.exit_code)),
        "held": "true" if report.held_by else "false",
        "affected": " ".join(report.affected),
        "score": f"{min(scores) * 100:.1f}" if scores else "",
        "cost-usd": f"{report.paid_usd:.4f}",
        "report-path": str(folder / "report.json"),
        "comment-path": str(folder / "comment.md"),
        "sarif-path": str(folder / "findings.sarif"),
    }


def _token() -> str:
    return secrets.token_hex(32)
