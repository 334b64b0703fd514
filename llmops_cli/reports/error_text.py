"""An error for people: what is wrong, where, what to do next, and the findings it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import InvalidFileError
from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.findings_text import findings_text
from llmops_cli.reports.page import BAD, STRONG, hanging, rendered

if TYPE_CHECKING:
    from llmops_cli.core.errors import LlmopsError
    from llmops_cli.reports.page import Page


def error_text(error: LlmopsError, page: Page) -> str:
    """Return the findings first, then `error: where: message` and the hint on a line of its own."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    findings = error.findings if isinstance(error, InvalidFileError) else ()
    message, where, hint = error.message, error.where, error.hint
    if any(message.startswith(safe_text(finding.message, one_line=True)) for finding in findings):
        # the error repeats its first finding, which is listed with place and hint already
        message, where, hint = "the file cannot be used.", findings[0].path, None
    head = Text.assemble(("error:", BAD), " ")
    if where:
        head.append(f"{safe_text(where, one_line=True)}: ", style=STRONG)
    head.append(safe_text(message, one_line=True))
    parts = [hanging(page, head)]
    if hint:
        parts.append(hanging(page, Text(f"hint: {safe_text(hint, one_line=True)}")))
    return "\n".join(text for text in (findings_text(findings, page), rendered(page, *parts)) if text)


def usage_error_text(message: str, *, usage: str, hint: str, command: str, page: Page) -> str:
    """Return the message about a wrong command line, its usage line, and where the help is."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    # the parser lists the choices of an argument line by line; a sentence is enough
    text = safe_text(" ".join(f"{message} {hint}".split()), one_line=True)
    parts = [hanging(page, Text.assemble(("error:", BAD), " ", text))]
    if usage:
        parts.append(hanging(page, Text(safe_text(" ".join(usage.split()), one_line=True))))
    parts.append(Text(f"Help: {command} --help"))
    return rendered(page, *parts)
