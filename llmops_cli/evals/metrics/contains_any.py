"""The answer contains at least one of several texts."""

from __future__ import annotations

from typing import ClassVar

from llmops_cli.evals.metrics.contains import Contains


class ContainsAny(Contains):
    """The answer contains at least one of the expected texts.

    Examples:
        {"expected": ["refund", "credit"]} on "We gave you a credit." passes
        {"expected": ["refund", "credit"]} on "We are sorry." fails
    """

    name: ClassVar[str] = "contains_any"
    summary: ClassVar[str] = "the answer contains at least one of several texts"
