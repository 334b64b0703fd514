"""Files that are there whole or not at all, and stay there when the power goes."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step: whoever reads has the old bytes or the new ones, durable on return."""
    make_folder(path.parent)
    fresh = _written_beside(path, data)
    try:
        fresh.replace(path)
    except BaseException:
        _drop(fresh)
        raise
    sync_folder(path.parent)


def create_file(path: Path, data: bytes) -> bool:
    """Put `data` at `path` unless there is a file already, in one step; tell whether it was put there."""
    make_folder(path.parent)
    fresh = _written_beside(path, data)
    try:
        # unlike a rename, a link never replaces
        os.link(fresh, path)
    except FileExistsError:
        return False
    finally:
        _drop(fresh)
    sync_folder(path.parent)
    return True


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: without this a renamed file may be the old one after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written_beside(path: Path, data: bytes) -> Path:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.new")
    try:
        with fresh.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        _drop(fresh)
        raise
    return fresh


def _drop(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
