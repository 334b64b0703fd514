"""Writes a document where the command line says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.commands._workspace import Workspace


def write_document(workspace: Workspace, output: Path, document: str | bytes) -> None:
    """Write text as UTF-8 with LF, bytes as they are, and say so.

    Raises:
        SetupError: when the file cannot be written.
    """
    path = workspace.invocation.path(output)
    data = document if isinstance(document, bytes) else document.encode("utf-8", "backslashreplace")
    try:
        path.write_bytes(data)
    except OSError as error:
        message = f"the report cannot be written: {error.strerror}."
        raise SetupError(message, where=str(path)) from error
    workspace.console.note(f"written: {output}")
