"""Runs the real entry point in this process, as a shell would."""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli import cli

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str
    err: str


def llmops(*arguments: str, folder: Path | None = None) -> Outcome:
    """Return exit code, stdout and stderr of one command line."""
    out, err = io.StringIO(), io.StringIO()
    before = os.getcwd()  # noqa: PTH109 - restored as it was
    try:
        if folder is not None:
            os.chdir(folder)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.main(list(arguments))
    finally:
        os.chdir(before)
    return Outcome(code, out.getvalue(), err.getvalue())
