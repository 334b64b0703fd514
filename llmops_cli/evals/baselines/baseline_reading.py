"""The JSON document of a baseline to values, checked field by field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmops_cli.evals.baselines.baseline import Acceptance, Baseline
from llmops_cli.evals.compare.aa import SelfComparison
from llmops_cli.evals.compare.comparability import Yardstick
from llmops_cli.evals.compare.intervals import Interval
from llmops_cli.evals.comparing.measured_run import Effort, MeasuredRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.json_value import JsonObject, JsonValue

_SHOWN = 80


class UnreadableError(ValueError):
    """The document is not a baseline; the message names the field."""


def bad_scores(document: JsonObject) -> Iterator[tuple[str, str]]:
    """Find every score that is not a finite number in [0, 1]: the case, and what is wrong."""
    for field in ("cases", "scores"):
        cases = document.get(field)
        if isinstance(cases, Mapping):
            for case, value in cases.items():
                scores = value.get("scores") if field == "cases" and isinstance(value, Mapping) else value
                for score in _leaves(scores):
                    if not _is_score(score):
                        yield case, f"{case}: a score is a finite number in [0, 1], not {repr(score)[:_SHOWN]}."


def baseline_from_json(document: JsonObject) -> Baseline:
    """Return the baseline that a document says.

    Raises:
        UnreadableError: when a field is missing or has another type.
    """
    accepted = _object(document, "accepted")
    return Baseline(
        run=_measured_run(document),
        acceptance=Acceptance(
            at=_moment(_text(accepted, "at")),
            by=_text(accepted, "by"),
            commit=_text(accepted, "commit"),
            why=_text(accepted, "why"),
        ),
        tool_version=_text(document, "tool_version"),
        self_comparison=_self_comparison(document),
    )


def _measured_run(document: JsonObject) -> MeasuredRun:
    model, effort = _object(document, "model"), _object(document, "effort")
    cases = {case: _as_object(value, case) for case, value in _object(document, "cases").items()}
    return MeasuredRun(
        prompt_id=_text(document, "prompt"),
        prompt_version=int(_number(document, "prompt_version")),
        prompt_digest=_text(document, "prompt_digest"),
        model_asked=_text(model, "asked"),
        models_served=_texts(model, "served"),
        yardstick=_yardstick(
            _object(document, "digests"), {case: _text(value, "digest") for case, value in cases.items()}
        ),
        score=None if document.get("score") is None else _number(document, "score"),
        scores=_scores(cases),
        passed=_passes(cases, "passed"),
        passed_without_judges=_passes(cases, "passed_without_judges"),
        deterministic_metrics=frozenset(_texts(document, "deterministic_metrics")),
        critical_cases=frozenset(case for case, value in cases.items() if value.get("critical") is True),
        clusters={case: _text(value, "cluster") for case, value in cases.items() if "cluster" in value},
        effort=Effort(
            input_tokens=int(_number(effort, "input_tokens")),
            output_tokens=int(_number(effort, "output_tokens")),
            cost_usd=None if effort.get("cost_usd") is None else _number(effort, "cost_usd"),
            p50_seconds=_number(effort, "p50_seconds"),
            p95_seconds=_number(effort, "p95_seconds"),
        ),
    )


def _yardstick(digests: JsonObject, cases: Mapping[str, str]) -> Yardstick:
    return Yardstick(
        suite=_text(digests, "suite"),
        dataset=_text(digests, "dataset"),
        metrics=_text_map(digests, "metrics"),
        cases=cases,
        rubrics=_text_map(digests, "rubrics"),
        judges=_text_map(digests, "judges"),
    )


def _scores(cases: Mapping[str, JsonObject]) -> dict[str, dict[str, tuple[float, ...]]]:
    by_metric: dict[str, dict[str, tuple[float, ...]]] = {}
    for case, value in cases.items():
        for metric, trials in _object(value, "scores").items():
            by_metric.setdefault(metric, {})[case] = tuple(_as_score(score, case) for score in _as_list(trials, case))
    return by_metric


def _self_comparison(document: JsonObject) -> SelfComparison | None:
    if document.get("self_comparison") is None:
        return None
    found = _object(document, "self_comparison")
    interval = [_as_score(end, "false_alarm_interval") for end in _as_list(found.get("false_alarm_interval"), "it")]
    if len(interval) != 2:  # noqa: PLR2004 - two ends
        message = "false_alarm_interval has two ends"
        raise UnreadableError(message)
    drop = found.get("smallest_visible_drop")
    return SelfComparison(
        cases=int(_number(found, "cases")),
        trials=int(_number(found, "trials")),
        flip_rate=_number(found, "flip_rate"),
        false_alarm_rate=_number(found, "false_alarm_rate"),
        false_alarm_interval=Interval(*interval),
        single_run_alarm_rate=_number(found, "single_run_alarm_rate"),
        green_rate=_number(found, "green_rate"),
        smallest_visible_drop=None if drop is None else _number(found, "smallest_visible_drop"),
    )


def _leaves(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield value


def _is_score(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _as_score(value: JsonValue, where: str) -> float:
    if isinstance(value, (int, float)) and _is_score(value):
        return float(value)
    message = f"{where}: a score is a finite number in [0, 1]"
    raise UnreadableError(message)


def _passes(cases: Mapping[str, JsonObject], field: str) -> dict[str, tuple[bool, ...]]:
    return {
        case: tuple(_as_score(passed, field) == 1 for passed in _as_list(value.get(field), field))
        for case, value in cases.items()
        if value.get(field)
    }


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        message = f"accepted.at is no UTC time: {text[:_SHOWN]!r}"
        raise UnreadableError(message) from None


def _object(document: JsonObject, key: str) -> JsonObject:
    return _as_object(document.get(key), key)


def _as_object(value: JsonValue, where: str) -> JsonObject:
    if isinstance(value, Mapping):
        return value
    message = f"{where} is missing or no object"
    raise UnreadableError(message)


def _as_list(value: JsonValue, where: str) -> list[JsonValue]:
    if isinstance(value, list):
        return value
    message = f"{where} is missing or no list"
    raise UnreadableError(message)


def _text(document: JsonObject, key: str) -> str:
    value = document.get(key)
    if isinstance(value, str):
        return value
    message = f"{key} is missing or no text"
    raise UnreadableError(message)


def _texts(document: JsonObject, key: str) -> tuple[str, ...]:
    return tuple(str(item) for item in _as_list(document.get(key), key))


def _text_map(document: JsonObject, key: str) -> dict[str, str]:
    return {name: _text(_object(document, key), name) for name in _object(document, key)}


def _number(document: JsonObject, key: str) -> float:
    value = document.get(key)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return value
    message = f"{key} is missing or no number"
    raise UnreadableError(message)
