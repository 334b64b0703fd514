"""What the check comes to on GitHub: a conclusion, a title, and the exit code of the job's step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.ci.prompt_report import Conclusion
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from llmops_cli.ci.gate_report import GateReport
    from llmops_cli.core.errors import LlmopsError

LONGEST_TITLE = 200
_GREEN = {Conclusion.SUCCESS, Conclusion.NEUTRAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The outcome of a check; `exit_code` is 0 only where the job's own check may be green.

    A job knows green and red only. `neutral`, which does not block, is green there and told apart by the
    check run; `action_required` is red.
    """

    conclusion: Conclusion
    title: str
    exit_code: ExitCode


def check_of(report: GateReport) -> Check:
    """Return what a finished gate comes to."""
    return Check(
        conclusion=report.conclusion,
        title=_title(report.headline),
        exit_code=_exit_code(report.conclusion, report.exit_code),
    )


def check_without_subject(what: str) -> Check:
    """Return the green check of an event that has nothing to judge, which it says."""
    return Check(conclusion=Conclusion.SUCCESS, title=f"Nothing to judge: {what}.", exit_code=ExitCode.PASS)


def check_of_error(error: LlmopsError) -> Check:
    """Return what a check comes to that could not be made; never green, never neutral.

    Whoever wrote the change can mend an invalid file; anything else needs somebody else.
    """
    conclusion = (
        Conclusion.FAILURE
        if error.exit_code in {ExitCode.GATE_FAILED, ExitCode.INVALID_FILE}
        else Conclusion.ACTION_REQUIRED
    )
    return Check(conclusion=conclusion, title=_title(str(error)), exit_code=_exit_code(conclusion, error.exit_code))


def _exit_code(conclusion: Conclusion, code: ExitCode) -> ExitCode:
    if conclusion in _GREEN:
        return ExitCode.PASS
    return ExitCode.GATE_FAILED if code is ExitCode.PASS else code


def _title(text: str) -> str:
    return shortened(safe_text(text, one_line=True), LONGEST_TITLE)
