"""Where the files of prompts and partials lie: ids from paths, and back as git patterns."""

from __future__ import annotations

import re

from llmops_cli.registry.catalog import PARTIALS
from llmops_cli.registry.git_changes import quoted

_PROMPT_NAME = re.compile(r"(?P<id>.+)\.ya?ml", re.IGNORECASE)
_FOREIGN_NAME = re.compile(r".+\.prompt\.ya?ml", re.IGNORECASE)
_EXTENSIONS = ("[yY][aA][mM][lL]", "[yY][mM][lL]")


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


def pathspecs(prompt_id: str, folder: str) -> tuple[str, ...]:
    """Return git patterns for the prompt's file in any folder below `folder`, and for every partial."""
    if "/" in prompt_id or "\0" in prompt_id or not prompt_id:
        return ()
    top = f":(top,glob){quoted(below(folder))}"
    names = (f"{top}**/{quoted(prompt_id)}.{extension}" for extension in _EXTENSIONS)
    return (*names, f"{top}{PARTIALS}/**")
