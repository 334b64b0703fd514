"""The `metrics:` lists of suites and cases → specifications with unique names, checked by the metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.findings import Finding, Position
from llmops_cli.core.suites import MetricSpec
from llmops_cli.registry.documents.fields import field_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import MetricTable

_COMMON_KEYS = frozenset({"metric", "name", "not", "required", "weight"})


def metric_specs(entries: Sequence[JsonObject], taken: Iterable[str] = ()) -> tuple[MetricSpec, ...]:
    """Build the specifications; `taken` are names of the suite that a case's own metrics must not repeat.

    A metric without `name:` is called after its kind, the second of a kind `regex-2`.
    """
    used = {*taken, *(field_of(entry, "name", "") for entry in entries)}
    return tuple(_spec(entry, used) for entry in entries)


def metric_findings(
    specs: Sequence[MetricSpec],
    metrics: MetricTable,
    *,
    path: str,
    place: Callable[[int, str], Position],
    taken: Iterable[str] = (),
) -> Iterator[Finding]:
    """Yield what is wrong with each; `place` gives the position of a parameter of the metric with that index."""
    seen = set(taken)
    for index, spec in enumerate(specs):
        if spec.name in seen:
            yield Finding(
                path=path,
                position=place(index, "name"),
                rule="duplicate-metric-name",
                message=f"another metric has the name '{spec.name}' already.",
                hint="Give each its own name, or leave names out.",
            )
        seen.add(spec.name)
        for problem in metrics.check(spec):
            yield Finding(
                path=path,
                position=place(index, problem.parameter),
                severity=problem.severity,
                rule=problem.rule,
                message=problem.message,
                hint=problem.hint,
            )


def _spec(entry: JsonObject, used: set[str]) -> MetricSpec:
    metric = field_of(entry, "metric", "")
    name = field_of(entry, "name", "")
    if not name:
        # counted from 2: the first of its kind has no number
        numbered = (metric if number == 1 else f"{metric}-{number}" for number in range(1, len(used) + 3))
        name = next(candidate for candidate in numbered if candidate not in used)
        used.add(name)
    return MetricSpec(
        metric=metric,
        name=name,
        parameters={key: value for key, value in entry.items() if key not in _COMMON_KEYS},
        negated=field_of(entry, "not", default=False),
        required=field_of(entry, "required", default=False),
        weight=float(field_of(entry, "weight", 1.0)),
    )
