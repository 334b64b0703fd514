"""Evaluated prompts as one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.reports.eval_outcome import EvalOutcome


def eval_json(outcomes: Sequence[EvalOutcome]) -> str:
    """Return `{"runs": [...]}`, one entry per prompt and model."""
    return json.dumps({"runs": [outcome.as_json() for outcome in outcomes]}, ensure_ascii=True, indent=2)
