"""Compares what people are shown with files that people can read; LLMOPS_UPDATE_GOLDEN=1 writes them."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden"


def check_golden(name: str, text: str) -> None:
    """Fail unless tests/golden/`name` holds `text` (with a line break at its end)."""
    path = FOLDER / name
    shown = text if text.endswith("\n") else f"{text}\n"
    if os.environ.get("LLMOPS_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shown, encoding="utf-8", newline="\n")
    assert shown == path.read_text(encoding="utf-8")
