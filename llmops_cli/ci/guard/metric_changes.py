"""Two lists of metrics compared by name: dropped, replaced, widened, tightened.

Of a number whose direction is known (`min`, `max_edits`, `limit` of max_words) the sign tells whether it
loosens. Any other edit of a parameter, a pattern's above all, may loosen: a person has to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.gate_change import GateChange, Side
from llmops_cli.ci.guard.context import shown
from llmops_cli.core.errors import LlmopsError
from llmops_cli.evals.measuring.metric_table import full_specification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.suites import MetricSpec

    Place = tuple[str, int, Side]

ABSENT = "(not set)"


def metric_changes(
    before: Sequence[MetricSpec],
    after: Sequence[MetricSpec],
    *,
    place: Callable[[str, str], Place],
    owner: str,
    kind: str,
    prompt_id: str,
) -> Iterator[GateChange]:
    """Compare metrics by name; `place` gives where a parameter of a named metric stands, the base's when it is gone."""
    old, new = ({spec.name: spec for spec in specs} for specs in (before, after))
    for name in dict.fromkeys((*old, *new)):
        for parameter, base, head, loosens, message in _differences(name, old.get(name), new.get(name)):
            path, line, side = place(name, parameter)
            yield GateChange(
                kind=kind,
                path=path,
                line=line,
                side=side,
                loosens=loosens,
                message=f"metric '{name}' {owner}{message}",
                base_value=base,
                head_value=head,
                prompt_id=prompt_id,
            )


def _differences(
    name: str, old: MetricSpec | None, new: MetricSpec | None
) -> Iterator[tuple[str, str, str, bool, str]]:
    if old is None or new is None:
        if new is None:
            yield "", name, "(dropped)", True, "is dropped."
        else:
            yield "", ABSENT, name, False, "is added."
        return
    if old.metric != new.metric:
        yield "metric", old.metric, new.metric, True, f"measures with {new.metric} instead of {old.metric}."
        return
    if old.negated != new.negated:
        yield "not", shown(old.negated), shown(new.negated), True, "asks for the opposite."
    if old.required != new.required:
        word = "no longer required" if old.required else "required now"
        yield "required", shown(old.required), shown(new.required), old.required, f"is {word}."
    if old.weight != new.weight:
        yield "weight", shown(old.weight), shown(new.weight), new.weight < old.weight, "has another weight."
    before, after = _parameters(old), _parameters(new)
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key) or (key in before) != (key in after):
            loosens = old.negated or loosens_parameter(old.metric, key, before.get(key), after.get(key))
            word = "may be wider" if loosens is None else "is looser" if loosens else "is stricter"
            held = loosens is not False
            yield key, _shown(before, key), _shown(after, key), held, f"{word}: {key}."


def loosens_parameter(metric: str, parameter: str, before: JsonValue, after: JsonValue) -> bool | None:
    """Tell whether a parameter's new value lets more answers through; None when that cannot be told."""
    up = _stricter_upwards(metric, parameter)
    if up is None:
        return None
    if before is None and _is_number(after):
        return False  # a limit where there was none
    if after is None:
        return True
    if not (_is_number(before) and _is_number(after)):
        return None
    return bool(after < before) if up else bool(after > before)  # type: ignore[operator]


def _stricter_upwards(metric: str, parameter: str) -> bool | None:
    if parameter == "limit":
        return {"max": False, "min": True}.get(metric.partition("_")[0])
    if parameter == "min" or parameter.startswith("min_"):
        return True
    if parameter in {"max", "tolerance"} or parameter.startswith("max_"):
        return False
    return None


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _parameters(spec: MetricSpec) -> JsonObject:
    try:
        parameters = full_specification(spec)["parameters"]
    except LlmopsError:  # a metric of a package that is not installed here
        return spec.parameters
    return parameters if isinstance(parameters, dict) else spec.parameters


def _shown(parameters: JsonObject, key: str) -> str:
    return shown(parameters[key]) if key in parameters else ABSENT
