"""The five verdicts of a comparison; none of them stands for another."""

from __future__ import annotations

from enum import StrEnum

from llmops_cli.core.exit_codes import ExitCode


class VerdictKind(StrEnum):
    """What a comparison of a candidate with its baseline comes to."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"
    INCOMPARABLE = "incomparable"
    NOT_RUN = "not run"

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that carries this verdict out of the process."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    VerdictKind.PASS: ExitCode.PASS,
    VerdictKind.REGRESSION: ExitCode.GATE_FAILED,
    VerdictKind.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    VerdictKind.INCOMPARABLE: ExitCode.INCOMPARABLE,
    VerdictKind.NOT_RUN: ExitCode.NOT_RUN,
}
