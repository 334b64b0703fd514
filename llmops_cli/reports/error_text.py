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
    from rich.text import Text

    listed = findings_text(error.findings, page) if isinstance(error, InvalidFileError) and error.findings else ""
    head = Text.assemble(("error:", BAD), " ")
    if error.where:
        head.append(f"{safe_text(error.where, one_line=True)}: ", style=STRONG)
    head.append(safe_text(error.message, one_line=True))
    lines = [listed, rendered(page, hanging(page, head))]
    if error.hint:
        lines.append(rendered(page, hanging(page, Text(f"hint: {safe_text(error.hint, one_line=True)}"))))
    return "\n".join(line for line in lines if line)


def usage_error_text(message: str, *, usage: str, hint: str, command: str, page: Page) -> str:
    """Return the message about a wrong command line, its usage line, and where the help is."""
    from rich.text import Text

    # the parser lists the choices of an argument line by line; a sentence is enough
    text = safe_text(" ".join(f"{message} {hint}".split()), one_line=True)
    parts = [hanging(page, Text.assemble(("error:", BAD), " ", text))]
    if usage:
        parts.append(hanging(page, Text(safe_text(" ".join(usage.split()), one_line=True))))
    parts.append(Text(f"Help: {command} --help"))
    return rendered(page, *parts)
