"""The `limit` parameter of the metrics that count words or characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from llmops_cli.evals.measuring.metric_base import cannot_fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ParameterProblem

LARGEST_LIMIT = 1_000_000
"""No model answers with more; a larger `limit` says nothing."""


def limit_schema(description: str) -> JsonObject:
    """Return the schema of a metric whose one parameter is `limit`."""
    limit: JsonObject = {"description": description, "type": "integer", "minimum": 0}
    return {"type": "object", "required": ["limit"], "properties": {"limit": limit}}


def limit_problems(parameters: JsonObject, what: str) -> Sequence[ParameterProblem]:
    """Return the problem of a limit that every answer, or no answer, keeps."""
    limit = cast("int", parameters["limit"])
    if limit == 0:
        message = f"limit is 0 {what}, so the metric says the same of every answer that says anything."
        return (cannot_fail("limit", message, "Give a limit from 1."),)
    if limit > LARGEST_LIMIT:
        message = f"limit is {limit:,} {what}; no answer is that long, so the metric says the same of all."
        return (cannot_fail("limit", message, "Give the limit that matters to the reader."),)
    return ()
