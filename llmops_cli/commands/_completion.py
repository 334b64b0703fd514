"""What the shell offers at TAB: prompt ids, from file names alone, without reading a file."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import typer

from llmops_cli.commands._workspace import find_root

MOST_OFFERED = 500


def complete_prompt(ctx: typer.Context, args: list[str], incomplete: str) -> list[str]:  # noqa: ARG001 - typer's signature
    """Return the ids that start with `incomplete`; never an error, the shell would show it as a proposal."""
    try:
        given = ctx.find_root().params.get("repo") or getattr(ctx.find_root().obj, "options", {}).get("repo") or "."
        found = sorted(_ids(find_root(Path(given)).root / "prompts"))
    except OSError:
        return []
    return [prompt_id for prompt_id in found if prompt_id.startswith(incomplete)][:MOST_OFFERED]


def _ids(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.yaml"):
        name = PurePosixPath(path.relative_to(folder).as_posix())
        if not any(part.startswith(("_", ".")) for part in name.parts):
            yield name.stem
