"""A repository whose `summarize-email` has three measured versions, all published to production one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.world import edit, example, git
from release.world import commit, measure, must

if TYPE_CHECKING:
    from pathlib import Path

NAME = "summarize-email"
PROMPT = f"prompts/{NAME}.yaml"
ENVIRONMENTS = '\nenvironments:\n  production: {target: "sqlite:releases.db"}\n'


def rolled_back_repository(folder: Path) -> Path:
    """Make it: version 3 is live, nothing was rolled back yet."""
    example(folder)
    for path in git(folder, "ls-files").splitlines():
        text = (folder / path).read_text("utf-8").replace("echo-greeting", NAME)
        (folder / path).unlink()
        moved = folder / path.replace("echo-greeting", NAME)
        moved.parent.mkdir(parents=True, exist_ok=True)
        moved.write_text(text, "utf-8")
    with (folder / "llmops.yaml").open("a", encoding="utf-8") as settings:
        settings.write(ENVIRONMENTS)
    with (folder / ".gitignore").open("a", encoding="utf-8") as ignored:
        ignored.write("releases*\n")
    for version in (1, 2, 3):
        if version > 1:
            edit(folder, PROMPT, " the greeting", " exactly the greeting")
            edit(folder, PROMPT, f"version: {version - 1}", f"version: {version}")
        measure(folder, f"version {version}")
        commit(folder, f"Version {version}")
        must(folder, "publish", "--env", "production")
    return folder
