"""Texts that try to be more than text: to a terminal, to rich, to a CI log, to HTML, to a spreadsheet."""

from __future__ import annotations

import re

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31m",
    "[bold red]markup[/bold red] [link=https://evil.example]x[/link] :smile:",
    "::error file=x::injected",
    "  ::warning::x ##[add-mask]y",
    "a " * 37 + "::error::wrapped to the start of a line",
    "a\n::set-output name=x::y\r\nb",
    "\u202egnp.exe",
    "zero\u200bwidth",
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A1",
    "x" * 300,
    "漢字" * 60,
    "tab\there",
    "\ud800",
)

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\ud800-\udfff]")
"""What no report may let through; a line break is the only control character it writes itself."""

LOG_COMMAND = re.compile(r"(?m)^\s*::|##\[")
"""What GitHub's runner takes for a command: `::` at the start of a line, `##[` anywhere."""
