"""What `llmops ci github` was asked for, and the world that the runner gives it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

USUAL_API = "https://api.github.com"
USUAL_LOGIN = "github-actions[bot]"


@dataclass(frozen=True, slots=True, kw_only=True)
class CiSettings:
    """The options of the command; empty means: as the event says, or not wanted.

    `name` tells several checks of one repository apart, `login` is who comments with the token.
    """

    base: str = ""
    strict: bool = False
    approved_by: str = ""
    replay: bool = False
    max_cost_usd: float | None = None
    allow_commands: bool = False
    name: str = "gate"
    login: str = USUAL_LOGIN
    comment: bool = True
    check_run: str = ""


def report_folder(environ: Mapping[str, str], name: str) -> Path:
    """Make the folder for the report's files: in the runner's own place, which no pull request can prepare."""
    place = environ.get("RUNNER_TEMP") or tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix=f"llmops-{name}-", dir=place))
