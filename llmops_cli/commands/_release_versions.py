"""Versions as people write them: `3`, `v3`, `summarize-email-v3`."""

from __future__ import annotations

import re

from llmops_cli.core.errors import UsageError
from llmops_cli.core.safe_text import safe_text

_VERSION = re.compile(r"(?:(?P<id>.+)-)?v?(?P<number>[1-9][0-9]{0,8})")


def version_number(text: str, prompt_id: str) -> int:
    """Return the number of a version of a prompt.

    Raises:
        UsageError: it is none, or one of another prompt.
    """
    match = _VERSION.fullmatch(text)
    if match is None or match["id"] not in (None, prompt_id):
        message = f"'{safe_text(text, one_line=True)}' is no version of '{safe_text(prompt_id, one_line=True)}'."
        raise UsageError(message, hint="Write v3.")
    return int(match["number"])
