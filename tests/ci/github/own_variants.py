"""Two variants of one of the repository's own prompts, and what the embedded model really answers to them.

The answers are in tests/data/own_prompts. `python tests/ci/github/own_variants.py` asks the model again and writes them
(80 answers, about two minutes); needed where the prompt, its cases or the model change.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).parents[3]
RECORDED = SOURCE / "tests/data/own_prompts/smollm2-135m.jsonl"
RECORDINGS = "evals/recordings/local/smollm2-135m.jsonl"
PROMPT = "prompts/classify-ticket.yaml"
CONTENT = ("llmops.yaml", "prompts", "evals", ".gitignore")


def reword(text: str) -> str:
    """Say the same in other words: two cases fall, one rises, which is an exchange inside of the margin."""
    return _replaced(text, "cannot sign in", "can't sign in")


def worsen(text: str) -> str:
    """Show the model five examples that are all called `other`."""
    for label in ("feature", "bug", "account", "billing"):
        text = _replaced(text, f'{{"label": "{label}"}}', '{"label": "other"}')
    return text


def edited(text: str, edit: str) -> str:
    """Return the prompt's file after an edit, with its next version."""
    return _replaced({"reword": reword, "worsen": worsen}[edit](text), "version: 1\n", "version: 2\n")


def copy_content(folder: Path) -> None:
    """Put the registry of this repository into a folder."""
    for name in CONTENT:
        if (SOURCE / name).is_dir():
            shutil.copytree(SOURCE / name, folder / name)
        else:
            shutil.copy(SOURCE / name, folder / name)


def with_recorded_variants(folder: Path) -> None:
    """Add the answers to the variants to the recordings of a copy, in the order that recordings have."""
    path = folder / RECORDINGS
    lines = {*path.read_bytes().splitlines(), *RECORDED.read_bytes().splitlines()}
    path.write_bytes(b"".join(line + b"\n" for line in sorted(lines)))


def main() -> None:
    """Ask the embedded model about both variants and keep what it answers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_content(folder)
        before = set((folder / RECORDINGS).read_bytes().splitlines())
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        text = (folder / PROMPT).read_text(encoding="utf-8")
        for edit in ("reword", "worsen"):
            (folder / PROMPT).write_text(edited(text, edit), encoding="utf-8")
            command = [
                sys.executable,
                "-m",
                "llmops_cli",
                "-C",
                str(folder),
                "eval",
                "classify-ticket",
                "--record",
                "-q",
            ]
            subprocess.run(command, check=False)  # it ends with the verdict, which is not asked for here
        added = sorted(set((folder / RECORDINGS).read_bytes().splitlines()) - before)
    RECORDED.write_bytes(b"".join(line + b"\n" for line in added))


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"the prompt no longer holds {old!r} once"
    return text.replace(old, new)


if __name__ == "__main__":
    main()
