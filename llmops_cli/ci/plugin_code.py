"""Where the code of installed parts lies inside of the repository: a change could rewrite what it is judged by."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_cli.core.installed_parts import GROUPS, installed_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

_INSTALLED = frozenset({"site-packages", "dist-packages"})
"""A virtual environment inside of the repository; it belongs to no commit."""


def plugin_code(root: Path) -> frozenset[str]:
    """Return folders and modules below `root` that installed parts come from, relative to it; nothing is imported.

    That is the folder of the module that an entry point names. What it imports from elsewhere is not followed.
    """
    top = root.resolve()
    parts = [part for group in GROUPS for part in installed_parts(group)]
    places = {place.resolve() for part in parts for place in _places(part.location.partition(":")[0])}
    inside = (place.relative_to(top) for place in places if place != top and place.is_relative_to(top))
    return frozenset(place.as_posix() for place in inside if not _INSTALLED.intersection(place.parts))


def _places(module: str) -> Iterator[Path]:
    top, *below = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return  # that it cannot be found is said where it is used
    if spec is None:
        return
    if spec.submodule_search_locations is None:
        if spec.has_location and spec.origin:
            yield Path(spec.origin)
        return
    for location in spec.submodule_search_locations:
        found = Path(location, *below)
        yield found if found.is_dir() else found.parent
