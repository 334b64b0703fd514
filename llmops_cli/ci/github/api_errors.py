"""What can go wrong with a call to GitHub; a message never holds the token nor a query."""

from __future__ import annotations

from typing import ClassVar

from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.exit_codes import ExitCode


class GitHubApiError(LlmopsError):
    """GitHub did not do what was asked; `status` is its answer, 0 where there was none."""

    exit_code: ClassVar[ExitCode] = ExitCode.SETUP_MISSING

    def __init__(self, message: str, *, where: str, status: int, hint: str | None = None) -> None:
        """Keep the status beside what a person needs."""
        super().__init__(message, where=where, hint=hint)
        self.status = status


class ForbiddenError(GitHubApiError):
    """The token may not do this: read-only (every fork's is), or a permission is missing in the workflow."""


class TooLongError(GitHubApiError):
    """GitHub refuses the text because of its length."""


class RateLimitError(GitHubApiError):
    """GitHub wants no more calls for longer than a check should wait."""
