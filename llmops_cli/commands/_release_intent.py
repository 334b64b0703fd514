"""Who wants a change, and under which key it is made at most once."""

from __future__ import annotations

import getpass
import secrets
from typing import TYPE_CHECKING

from llmops_cli.core.environment_state import LONGEST_REASON
from llmops_cli.core.errors import UsageError
from llmops_cli.core.release_events import LONGEST_LINK
from llmops_cli.core.release_fields import LONGEST_NAME
from llmops_cli.release.plan import Intent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.commands._workspace import Workspace

NAMES = ("LLMOPS_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "GIT_AUTHOR_NAME", "USER", "LOGNAME")


def intent_of(workspace: Workspace, *, reason: str = "", incident: str = "") -> Intent:
    """Return the intent of the person or job that runs the command.

    Raises:
        UsageError: a text is too long, or holds what no log can keep.
    """
    _check("--reason", reason, LONGEST_REASON)
    _check("--incident", incident, LONGEST_LINK)
    by = actor(workspace.invocation.environ)
    return Intent(by=by, key=secrets.token_hex(16), reason=reason, incident=incident)


def actor(environ: Mapping[str, str]) -> str:
    """Return who runs this: the name that CI or the shell gives, else the account."""
    for name in NAMES:
        if given := environ.get(name, "").strip():
            return given.encode("utf-8", "replace").decode("utf-8").replace("\0", "")[:LONGEST_NAME]
    try:
        return getpass.getuser()[:LONGEST_NAME]
    except (KeyError, OSError):  # a container whose user has no name
        return "unknown"


def _check(option: str, text: str, most: int) -> None:
    if len(text) > most:
        message = f"{option} has {len(text)} characters; at most {most} are kept."
        raise UsageError(message)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        message = f"{option} is not UTF-8."
        raise UsageError(message) from None
