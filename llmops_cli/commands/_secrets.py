"""Keeps secrets out of what we print and write about a run: error messages and crash reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MASK = "•••"
SHORTEST_SECRET = 8
"""Shorter values of secret-looking variables (`TOKEN=1`) are settings, and masking them would blank prose."""

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|AUTH", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{8,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"
    r"|\bAIza[A-Za-z0-9_-]{20,}|\bAKIA[A-Z0-9]{12,}"
    r"|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",
)


def masked(text: str, environ: Mapping[str, str]) -> str:
    """Return `text` without the values of secret-looking variables and without what looks like a key."""
    return masker(environ)(text)


def masker(environ: Mapping[str, str]) -> Callable[[str], str]:
    """Return what `masked` does, for many texts: the variables are looked through once."""
    values = {value for name, value in environ.items() if len(value) >= SHORTEST_SECRET and _SECRET_NAME.search(name)}
    secrets = sorted(values, key=len, reverse=True)

    def mask(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, MASK)
        return _SECRET_TEXT.sub(MASK, text)

    return mask


def command_line(arguments: Sequence[str]) -> str:
    """Return the command for a report: the values of `--var` are left out, they may be anybody's data."""
    shown: list[str] = []
    for previous, argument in zip(("", *arguments), arguments, strict=False):
        if previous == "--var" or argument.startswith("--var="):
            argument = argument.removeprefix("--var=").partition("=")[0] + f"={MASK}"  # noqa: PLW2901 - what is shown of it
        shown.append(argument)
    return " ".join(["llmops", *shown])
