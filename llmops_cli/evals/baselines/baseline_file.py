"""`evals/baselines/<prompt-id>.json`: a baseline as bytes that are the same for the same baseline, and back.

Keys are sorted, numbers rounded to nine digits, one line per case, so that a review shows which cases moved.
`sha256` is the digest of all the rest: an edit by hand is found, and undone by accepting a run again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from llmops_cli.core.canonical_json import digest_of
from llmops_cli.core.findings import Finding, Position, Severity
from llmops_cli.evals.baselines.baseline import metric_means, scores_nothing
from llmops_cli.evals.baselines.baseline_reading import UnreadableError, bad_scores, baseline_from_json
from llmops_cli.evals.measuring.strict_json import NotJsonError, parse_strict_json

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.evals.baselines.baseline import Baseline

    Scores = Mapping[str, Mapping[str, tuple[float, ...]]]

SCHEMA = 1
DIGITS = 9
LARGEST_BYTES = 64 << 20
_RECORD_AGAIN = "Record it again: llmops baseline accept."


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedBaseline:
    """The baseline of a file, None when it cannot be used, and everything that is wrong with the file."""

    baseline: Baseline | None
    findings: tuple[Finding, ...]


def baseline_bytes(baseline: Baseline) -> bytes:
    """Return the file's bytes."""
    document = baseline_as_json(baseline)
    return _layout({**document, "sha256": _own_digest(document)}).encode("utf-8")


def load_baseline(data: bytes, path: str) -> LoadedBaseline:
    """Read the bytes of a baseline file, and find everything that is wrong with it."""
    if len(data) > LARGEST_BYTES:
        return _unusable(path, "baseline-unreadable", f"the file has {len(data)} bytes, more than {LARGEST_BYTES}.")
    try:
        document = parse_strict_json(data.decode("utf-8"))
    except (UnicodeDecodeError, NotJsonError) as error:
        return _unusable(path, "baseline-unreadable", f"not a baseline: {error}.")
    if not isinstance(document, Mapping):
        return _unusable(path, "baseline-unreadable", "not a baseline: not a JSON object.")
    schema = document.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        message = f"written by a newer llmops (schema {schema}, this one reads {SCHEMA})."
        return _unusable(path, "baseline-newer", message, "Upgrade llmops.")
    return _checked(document, data, path)


def baseline_as_json(baseline: Baseline) -> JsonObject:
    """Return the document without its own digest."""
    run, acceptance, yardstick = baseline.run, baseline.acceptance, baseline.run.yardstick
    # the means are those of the scores as written, so that reading and writing again changes no digit
    written = replace(run, scores=cast("Scores", _rounded(run.scores)))
    document: dict[str, JsonValue] = {
        "accepted": {
            "at": acceptance.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "by": acceptance.by,
            "commit": acceptance.commit,
            "why": acceptance.why,
        },
        "cases": {case: _case_as_json(baseline, case) for case in sorted(yardstick.cases)},
        "deterministic_metrics": sorted(run.deterministic_metrics),
        "digests": {
            "dataset": yardstick.dataset,
            "judges": dict(yardstick.judges),
            "metrics": dict(yardstick.metrics),
            "rubrics": dict(yardstick.rubrics),
            "suite": yardstick.suite,
        },
        "effort": _effort_as_json(baseline),
        "metrics": {
            name: {"cases": mean.cases, "interval": list(mean.interval), "mean": mean.mean}
            for name, mean in metric_means(written).items()
        },
        "model": {"asked": run.model_asked, "served": list(run.models_served)},
        "prompt": run.prompt_id,
        "prompt_digest": run.prompt_digest,
        "prompt_version": run.prompt_version,
        "repeats": run.repeats,
        "schema": SCHEMA,
        "score": run.score,
        "self_comparison": _self_comparison_as_json(baseline),
        "tool_version": baseline.tool_version,
    }
    return cast("JsonObject", _rounded(document))


def _case_as_json(baseline: Baseline, case: str) -> JsonObject:
    run = baseline.run
    document: dict[str, JsonValue] = {
        "digest": run.yardstick.cases[case],
        "passed": [int(passed) for passed in run.passed.get(case, ())],
        "scores": {name: list(cases[case]) for name, cases in run.scores.items() if case in cases},
    }
    if case in run.passed_without_judges:
        document["passed_without_judges"] = [int(passed) for passed in run.passed_without_judges[case]]
    if case in run.critical_cases:
        document["critical"] = True
    if run.clusters.get(case):
        document["cluster"] = run.clusters[case]
    return document


def _effort_as_json(baseline: Baseline) -> JsonObject:
    effort = baseline.run.effort
    return {
        "cost_usd": effort.cost_usd,
        "input_tokens": effort.input_tokens,
        "output_tokens": effort.output_tokens,
        "p50_seconds": effort.p50_seconds,
        "p95_seconds": effort.p95_seconds,
    }


def _self_comparison_as_json(baseline: Baseline) -> JsonValue:
    found = baseline.self_comparison
    if found is None:
        return None
    return {
        "cases": found.cases,
        "false_alarm_interval": list(found.false_alarm_interval),
        "false_alarm_rate": found.false_alarm_rate,
        "flip_rate": found.flip_rate,
        "green_rate": found.green_rate,
        "single_run_alarm_rate": found.single_run_alarm_rate,
        "smallest_visible_drop": found.smallest_visible_drop,
        "trials": found.trials,
    }


def _rounded(value: JsonValue) -> JsonValue:
    """Round every number to nine digits and write whole ones without a point: one value, one spelling."""
    if isinstance(value, float):
        short = round(value, DIGITS)
        return int(short) if short.is_integer() else short
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value


def _layout(document: JsonObject) -> str:
    """Write sorted keys, one per line, and below `cases`, `digests` and `metrics` again one per line."""
    lines = []
    for key in sorted(document):
        value = document[key]
        lines.append(f" {_line(key)}: {_block(value) if key in ('cases', 'metrics') else _line(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _block(value: JsonValue) -> str:
    if not isinstance(value, Mapping) or not value:
        return _line(value)
    rows = [f"  {_line(key)}: {_line(value[key])}" for key in sorted(value)]
    return "{\n" + ",\n".join(rows) + "\n }"


def _line(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(", ", ": "))


def _own_digest(document: JsonObject) -> str:
    return digest_of({key: value for key, value in document.items() if key != "sha256"}).removeprefix("sha256:")


def _checked(document: JsonObject, data: bytes, path: str) -> LoadedBaseline:
    findings = [
        Finding(path=path, position=_place(data, case), rule="baseline-score", message=message, hint=_RECORD_AGAIN)
        for case, message in bad_scores(document)
    ]
    baseline = None
    try:
        baseline = baseline_from_json(document)
    except UnreadableError as error:
        if not findings:
            findings.append(_finding(path, "baseline-unreadable", f"not a baseline: {error}."))
    if baseline and baseline.run.prompt_id != PurePosixPath(path).stem:
        message = f"the file is named after another prompt than '{baseline.run.prompt_id}', which was measured."
        findings.append(_finding(path, "baseline-unreadable", message))
    if document.get("sha256") != _own_digest(document):
        message = "the content does not match the file's own digest: it was changed by hand or by a merge."
        findings.append(_finding(path, "baseline-digest", message))
    if any(finding.is_error for finding in findings):
        baseline = None
    if baseline and scores_nothing(baseline.run):
        message = (
            'the baseline scores 0 for every case: any output "improves" on it; only thresholds guard this prompt.'
        )
        hint = "Mend the suite or the prompt, then record it again."
        findings.append(_finding(path, "baseline-all-zero", message, hint, Severity.WARNING))
    return LoadedBaseline(baseline=baseline, findings=tuple(findings))


def _place(data: bytes, case: str) -> Position:
    found = data.find(f"{_line(case)}:".encode())
    return Position(data.count(b"\n", 0, found) + 1, 1) if found >= 0 else Position()


def _unusable(path: str, rule: str, message: str, hint: str = _RECORD_AGAIN) -> LoadedBaseline:
    return LoadedBaseline(baseline=None, findings=(_finding(path, rule, message, hint),))


def _finding(
    path: str, rule: str, message: str, hint: str = _RECORD_AGAIN, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(path=path, rule=rule, message=message, hint=hint, severity=severity)
