"""The file that a defect of ours leaves behind: all that a bug report needs, and no secret."""

from __future__ import annotations

import os
import platform
import tempfile
import traceback
from typing import TYPE_CHECKING

from llmops_cli import __version__
from llmops_cli.commands._secrets import command_line, masked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def write_crash_report(error: BaseException, arguments: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Write the report to a file only its owner can read; return its path, or None when no file can be had."""
    lines = (
        "llmops stopped because of a defect of its own. Please paste this into a bug report.",
        "",
        f"llmops {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"command: {command_line(arguments)}",
        "",
        "".join(traceback.format_exception(error)),
    )
    try:
        handle, path = tempfile.mkstemp(prefix="llmops-report-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(masked("\n".join(lines), environ))
    except OSError:
        return None
    return path
