"""From a target URI to an open target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from llmops_cli.core.errors import UsageError
from llmops_cli.release.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmops_cli.core.release_target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a target may need beside its URI: the folder of relative paths, and the environment with its secrets."""

    folder: Path
    environ: Mapping[str, str]


class _Opener(Protocol):
    def __call__(self, rest: str, surroundings: Surroundings, /) -> Target: ...


def open_target(uri: str, surroundings: Surroundings) -> Target:
    """Open the target that a URI names. Passwords and tokens come from environment variables, never from the URI.

    Raises:
        UsageError: the scheme is not known, or the rest of the URI is not what the scheme needs.
        SetupError: a package or a token is missing.
    """
    scheme, colon, _ = uri.partition(":")
    if not colon:
        message = f"'{uri}' is no target URI."
        raise UsageError(message, hint="Write sqlite:releases.db, file:releases, https://…")
    name = scheme.lower()
    opener = cast("_Opener", TARGETS.resolve(name))
    if TARGETS.row(name).package:
        from llmops_cli.release.foreign_target import open_foreign_target  # noqa: PLC0415 - few projects have one

        return open_foreign_target(name, lambda: opener(uri, surroundings))
    return opener(uri, surroundings)


def path_in_uri(uri: str, surroundings: Surroundings) -> Path:
    """Return the path of `scheme:relative/path` or `scheme:///absolute/path`.

    Raises:
        UsageError: there is no path, or a host.
    """
    scheme, _, rest = uri.partition(":")
    # sqlite:////absolute is what other tools write
    path = "/" + rest.lstrip("/") if rest.startswith("///") else rest
    if not path or path.startswith("//") or "\0" in path:
        message = f"'{uri}' names no path."
        raise UsageError(message, hint=f"Write {scheme}:relative/path or {scheme}:///absolute/path.")
    return surroundings.folder / path
