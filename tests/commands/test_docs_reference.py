"""The reference pages say what the code says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_the_committed_reference_is_what_the_code_generates(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(REPOSITORY / "docs/generate.py"), str(tmp_path)],
        check=True,
        env=dict(os.environ, COLUMNS="200"),
    )
    for page in sorted(tmp_path.iterdir()):
        there = REPOSITORY / "docs/reference" / page.name
        assert page.read_text() == there.read_text(), f"run: python docs/generate.py ({page.name})"
    committed = {page.name for page in (REPOSITORY / "docs/reference").iterdir()}
    assert {page.name for page in tmp_path.iterdir()} == committed, "a page that nothing writes"
