"""Recorded verdicts of real judges give the figures that their authors published."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_published_order_consistency_is_reproduced() -> None:
    script = ROOT / "benchmarks/judge_on_llmbar.py"
    finished = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert finished.returncode == 0, finished.stdout
    assert "12 of 12 rows are the authors' published figures." in finished.stdout
    guide = (ROOT / "docs/guide/judges.md").read_text(encoding="utf-8")
    for line in finished.stdout.splitlines():
        if line.startswith(("| GPT-4 | Vanilla |", "| ChatGPT")):
            assert line in guide
