"""Requests and settings for the tests of the gateway."""

from __future__ import annotations

import sys
from pathlib import Path

# `gateway.…` is how the tests of this folder share code; mypy finds it the same way (mypy_path)
sys.path.insert(0, str(Path(__file__).parents[1]))
