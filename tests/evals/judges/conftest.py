"""Lets the tests of this folder share `evals.judges.scripted`, which mypy finds the same way (mypy_path)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
