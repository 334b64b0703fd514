"""`evals/calibration/<rubric>.json`: a calibration as committed bytes, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from llmops_cli.core.errors import InvalidFileError
from llmops_cli.evals.compare.intervals import Interval
from llmops_cli.evals.judges.agreement import Agreement
from llmops_cli.evals.judges.calibration import Anchor, Calibration, Rate
from llmops_cli.evals.judges.coherence import CoherenceCheck
from llmops_cli.evals.judges.prediction_powered import CorrectedMean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.json_value import JsonValue

FORMAT = 1
DIGITS = 6


def calibration_bytes(calibration: Calibration) -> bytes:
    """Return the file's content: the same calibration gives the same bytes."""
    document: dict[str, JsonValue] = {
        "format": FORMAT,
        "rubric": calibration.rubric,
        "rubric_digest": calibration.rubric_digest,
        "judge": calibration.judge,
        "prompt_version": calibration.prompt_version,
        "least": calibration.least,
        "labels": {
            "count": calibration.labels,
            "digest": calibration.labels_digest,
            "newest": _stamp(calibration.newest_label),
            "raters": list(calibration.raters),
        },
        "unreadable": calibration.unreadable,
        "true_pass": _rate(calibration.true_pass),
        "true_fail": _rate(calibration.true_fail),
        "kappa": _agreement(calibration.kappa),
        "ac1": _agreement(calibration.ac1),
        "steady": _rate(calibration.steady),
        "coherence": [asdict(check) for check in calibration.coherence],
        "pass_rate": {
            "judged": calibration.judged_pass_rate,
            "corrected": calibration.pass_rate.value,
            "interval": list(calibration.pass_rate.interval),
            "weight": calibration.pass_rate.weight,
        },
        "anchors": [
            {"id": each.id, "answers": dict(each.answers), "passed": each.passed, "right": each.right}
            for each in calibration.anchors
        ],
        "at": _stamp(calibration.at),
    }
    return (json.dumps(_rounded(document), indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def parse_calibration(data: bytes, path: str) -> Calibration:
    """Return the calibration of a file.

    Raises:
        InvalidFileError: when it is not one that llmops wrote.
    """
    try:
        return _calibration(json.loads(data))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        message = f"not a calibration: {type(error).__name__}."
        hint = "It is written by llmops judge calibrate, never by hand."
        raise InvalidFileError(message, where=path, hint=hint) from None


def _calibration(document: Any) -> Calibration:  # noqa: ANN401 - checked field by field
    if document["format"] != FORMAT:
        message = f"format {document['format']}"
        raise ValueError(message)
    labels, rate = document["labels"], document["pass_rate"]
    return Calibration(
        rubric=str(document["rubric"]),
        rubric_digest=str(document["rubric_digest"]),
        judge=dict(document["judge"]),
        prompt_version=int(document["prompt_version"]),
        least=float(document["least"]),
        labels=int(labels["count"]),
        labels_digest=str(labels["digest"]),
        newest_label=datetime.fromisoformat(labels["newest"]),
        raters=tuple(map(str, labels["raters"])),
        unreadable=int(document["unreadable"]),
        true_pass=_rate_from(document["true_pass"]),
        true_fail=_rate_from(document["true_fail"]),
        kappa=_agreement_from(document["kappa"]),
        ac1=_agreement_from(document["ac1"]),
        steady=_rate_from(document["steady"]),
        coherence=tuple(
            CoherenceCheck(
                name=str(each["name"]),
                rate=float(each["rate"]),
                limit=float(each["limit"]),
                texts=int(each["texts"]),
                at_most=each["at_most"] is True,
            )
            for each in document["coherence"]
        ),
        pass_rate=CorrectedMean(float(rate["corrected"]), _interval(rate["interval"]), float(rate["weight"])),
        judged_pass_rate=float(rate["judged"]),
        anchors=tuple(
            Anchor(
                id=str(each["id"]),
                answers={str(k): str(v) for k, v in each["answers"].items()},
                passed=each["passed"] is True,
                right=each["right"] is True,
            )
            for each in document["anchors"]
        ),
        at=datetime.fromisoformat(document["at"]),
    )


def _rate(rate: Rate) -> dict[str, JsonValue]:
    return {"hits": rate.hits, "of": rate.of, "value": rate.value, "interval": list(rate.interval)}


def _rate_from(document: Mapping[str, Any]) -> Rate:
    return Rate(hits=int(document["hits"]), of=int(document["of"]))


def _agreement(agreement: Agreement) -> dict[str, JsonValue]:
    return {"value": agreement.value, "interval": list(agreement.interval)}


def _agreement_from(document: Mapping[str, Any]) -> Agreement:
    return Agreement(float(document["value"]), _interval(document["interval"]))


def _interval(ends: Any) -> Interval:  # noqa: ANN401 - two numbers, checked here
    lower, upper = ends
    return Interval(float(lower), float(upper))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rounded(value: Any) -> Any:  # noqa: ANN401 - any JSON value in, the same out
    if isinstance(value, float):
        return round(value, DIGITS) + 0.0
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value
