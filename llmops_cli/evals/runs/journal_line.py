"""One trial as one line of the journal, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from llmops_cli.core.completion_json import completion_as_json, completion_from_json
from llmops_cli.core.runs import Trial, TrialError, TrialKey
from llmops_cli.core.scores import Score, ScoreFailure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """A finished trial with its score (None when errored); a retried trial has a higher `attempt`."""

    trial: Trial
    score: float | None
    attempt: int = 0


def entry_as_line(entry: JournalEntry) -> bytes:
    """Return the line with its line break: ASCII, so that no byte of an answer can break a line or an encoding."""
    trial = entry.trial
    document: dict[str, JsonValue] = {"case": trial.key.case_id, "trial": trial.key.number}
    if entry.attempt:
        document["attempt"] = entry.attempt
    document["score"] = entry.score
    document["passed"] = trial.passed
    if trial.scores:
        document["scores"] = [_score_as_json(score) for score in trial.scores]
    if trial.failures:
        document["failures"] = [_failure_as_json(failure) for failure in trial.failures]
    if trial.skipped_metrics:
        document["skipped"] = list(trial.skipped_metrics)
    if trial.aside:
        document["aside"] = list(trial.aside)
    if trial.error:
        document["error"] = {"kind": trial.error.kind, "message": trial.error.message}
    if trial.completion:
        document["completion"] = completion_as_json(trial.completion)
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def entry_from_line(line: bytes) -> JournalEntry:
    """Return the entry that `entry_as_line` wrote.

    Raises:
        KeyError, TypeError, ValueError: when it is none.
    """
    document = json.loads(line)
    error = document.get("error")
    completion = document.get("completion")
    score = document["score"]
    if score is not None and not (isinstance(score, (int, float)) and 0 <= score <= 1):
        message = "a score is a number from 0 to 1"
        raise ValueError(message)
    return JournalEntry(
        trial=Trial(
            key=TrialKey(case_id=document["case"], number=int(document["trial"])),
            completion=None if completion is None else completion_from_json(completion),
            error=None if error is None else TrialError(kind=error["kind"], message=error["message"]),
            scores=tuple(_score_from_json(item) for item in document.get("scores", ())),
            failures=tuple(_failure_from_json(item) for item in document.get("failures", ())),
            skipped_metrics=tuple(cast("Sequence[str]", document.get("skipped", ()))),
            aside=tuple(cast("Sequence[str]", document.get("aside", ()))),
        ),
        score=score,
        attempt=int(document.get("attempt", 0)),
    )


def _score_as_json(score: Score) -> JsonObject:
    document: dict[str, JsonValue] = {
        "metric": score.metric,
        "value": score.value,
        "passed": score.passed,
        "reason": score.reason,
    }
    if score.raw is not None:
        document["raw"] = score.raw
    if score.unit:
        document["unit"] = score.unit
    if score.details:
        document["details"] = score.details
    return document


def _score_from_json(document: Mapping[str, JsonValue]) -> Score:
    raw = document.get("raw")
    return Score(
        metric=str(document["metric"]),
        value=float(cast("float", document["value"])),
        passed=document["passed"] is True,
        reason=str(document["reason"]),
        raw=None if raw is None else float(cast("float", raw)),
        unit=str(document.get("unit", "")),
        details=_details(document),
    )


def _failure_as_json(failure: ScoreFailure) -> JsonObject:
    document: dict[str, JsonValue] = {"metric": failure.metric, "reason": failure.reason}
    if failure.details:
        document["details"] = failure.details
    return document


def _failure_from_json(document: Mapping[str, JsonValue]) -> ScoreFailure:
    return ScoreFailure(metric=str(document["metric"]), reason=str(document["reason"]), details=_details(document))


def _details(document: Mapping[str, JsonValue]) -> JsonObject:
    details = document.get("details", {})
    if not isinstance(details, dict):
        message = "details are an object"
        raise TypeError(message)
    return details
