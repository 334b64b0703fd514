"""The errors a user can act on, grouped by who can fix them; each class owns one exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    from llmops_cli.core.findings import Finding


class LlmopsError(Exception):
    """The base of every error that a person is shown: what is wrong, where, and what to do next.

    `where` is a file with line and column, a URL without its query, or a command; `hint` is one
    sentence that names the next step. Secrets never enter either of them.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        """Keep the three parts apart so that every output format can place them."""
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """Read as one line: `where: message. hint`."""
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head} {self.hint}" if self.hint else head


class UsageError(LlmopsError):
    """The caller asked for something that cannot be: an unknown prompt, options that exclude each other."""

    exit_code = ExitCode.USAGE


class InvalidFileError(LlmopsError):
    """A file of the repository is wrong and its author can mend it; carries all findings."""

    exit_code = ExitCode.INVALID_FILE

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> None:
        """Keep the findings as values, so that they can be listed in any format."""
        super().__init__(message, where=where, hint=hint)
        self.findings = findings


class SetupError(LlmopsError):
    """The machine lacks something: Git, a key in the environment, an extra, a permission."""

    exit_code = ExitCode.SETUP_MISSING


class ProviderError(LlmopsError):
    """A model provider did not answer, or answered with something that is not a completion.

    `retryable` says whether the same request may succeed later (429, 5xx, a reset connection);
    `retry_after_seconds` is what the provider asked for, where it did.
    """

    exit_code = ExitCode.PROVIDER_FAILED

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        retryable: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        """Keep what a retry policy needs beside what a person needs."""
        super().__init__(message, where=where, hint=hint)
        self.retryable = retryable
        self.retry_after_seconds = retry_after_seconds


class NotRecordedError(ProviderError):
    """Only recorded answers can be had here, and there is none for this request; nobody was asked."""


class NothingMatchedError(LlmopsError):
    """A selection (prompts, a filter, a tier) left nothing to do; this is never a pass."""

    exit_code = ExitCode.NOT_RUN


class IncomparableError(LlmopsError):
    """What would be compared was not measured with the same yardstick."""

    exit_code = ExitCode.INCOMPARABLE


class RefusedError(LlmopsError):
    """A rule forbids the change, or somebody else was faster."""

    exit_code = ExitCode.REFUSED


class TargetError(LlmopsError):
    """The place where releases go did not take or give what was asked."""

    exit_code = ExitCode.TARGET_FAILED
