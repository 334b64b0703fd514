"""The same as `label_in`, under its other usual name."""

from __future__ import annotations

from typing import ClassVar

from llmops_cli.evals.metrics.label_in import LabelIn


class OneOf(LabelIn):
    """The whole answer is one of the given texts: `label_in` under its other usual name.

    Examples:
        {"labels": ["yes", "no"]} on "yes" passes
        {"labels": ["yes", "no"]} on "maybe" fails
    """

    name: ClassVar[str] = "one_of"
    summary: ClassVar[str] = "the answer is one of the given texts (label_in by another name)"
