"""Where the files of prompts and partials lie: ids from paths, and back."""

from __future__ import annotations

import re

from llmops_cli.registry.catalog import PARTIALS

_PROMPT_NAME = re.compile(r"(?P<id>.+)\.ya?ml", re.IGNORECASE | re.DOTALL)
_FOREIGN_NAME = re.compile(r".+\.prompt\.ya?ml", re.IGNORECASE | re.DOTALL)


def below(folder: str, path: str = "") -> str:
    """Return the path of something in `folder`; an empty folder is the repository's root."""
    return f"{folder}/{path}" if folder else path


def partials_folder(folder: str) -> str:
    """Return the folder of the partials that belong to the prompts in `folder`."""
    return below(folder, PARTIALS)


def prompt_id_of(path: str, folder: str) -> str | None:
    """Return the id of the prompt whose file lies at `path`, or None when that is no place of a prompt."""
    if not path.startswith(below(folder)) or path.startswith(f"{partials_folder(folder)}/"):
        return None
    name = path.rpartition("/")[2]
    match = _PROMPT_NAME.fullmatch(name)
    return match["id"] if match and not _FOREIGN_NAME.fullmatch(name) else None


def partial_id_of(path: str, folder: str) -> str | None:
    """Return the id of the partial at `path`, or None when there is none."""
    start = f"{partials_folder(folder)}/"
    return path[len(start) : -len(".md")] if path.startswith(start) and path.endswith(".md") else None
