"""A document in a format of another package: it is given what `--format json` prints, with every trial."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from llmops_cli.core.errors import LlmopsError
from llmops_cli.reports.run_documents import RUN_DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.reports.reported_run import ReportedRun


def foreign_document(output_format: str, runs: Sequence[ReportedRun]) -> str:
    """Return the document that a package's function makes of `{"runs": [{…, "trials": [{…}]}]}`.

    Values, not our classes: a report of another package lives as long as the JSON of `eval` does.

    Raises:
        SetupError: it cannot be loaded, raised something, or gave no text.
    """
    write = cast("Callable[[JsonObject], str]", RUN_DOCUMENTS.resolve(output_format))
    document: JsonObject = {"runs": [_run(run) for run in runs]}
    try:
        text = write(document)
    except LlmopsError:
        raise
    except (Exception, SystemExit) as error:
        raise RUN_DOCUMENTS.broken(output_format, error) from error
    if not isinstance(text, str):
        raise RUN_DOCUMENTS.no_such_part(output_format, f"it gave a {type(text).__name__}, not a text")
    return text


def _run(run: ReportedRun) -> JsonObject:
    trials: list[JsonValue] = [asdict(row) for row in run.rows()]
    return {**run.outcome.as_json(), "trials": trials}
