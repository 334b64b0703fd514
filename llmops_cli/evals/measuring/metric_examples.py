"""The examples in a metric's docstring, as values: shown by `llmops metrics show`, asserted by the tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from llmops_cli.core.completions import Completion, ToolCall, Usage
from llmops_cli.core.scores import ScoreContext
from llmops_cli.core.suites import Case

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.suites import Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricExample:
    """One line `PARAMETERS on ANSWER [expecting EXPECTED] passes | fails | scores NUMBER`.

    `answer` is a text, or an object with `text`, `latency_seconds`, `cost_usd`, `input_tokens`,
    `output_tokens`, `tool_calls` (pairs of name and arguments). `outcome` is the last part as written.
    """

    line: str
    parameters: JsonObject
    answer: JsonValue
    expected: Expected
    outcome: str

    def context(self) -> ScoreContext:
        """Return the example as what a scorer is given."""
        case = Case(id="example", variables={}, expected=self.expected)
        return ScoreContext(case=case, completion=_completion(self.answer))


def examples_of(metric: object) -> tuple[MetricExample, ...]:
    """Return the examples of a metric (its class or an instance), in order.

    Raises:
        ValueError: when a line of the section `Examples:` is not an example.
    """
    documentation = (metric if isinstance(metric, type) else type(metric)).__doc__ or ""
    _, _, section = documentation.partition("Examples:\n")
    return tuple(_parse(line.strip()) for line in section.splitlines() if line.strip())


def description_of(metric: object) -> str:
    """Return what the docstring says before the examples, as paragraphs."""
    documentation = (metric if isinstance(metric, type) else type(metric)).__doc__ or ""
    lines = [line.strip() for line in documentation.partition("Examples:")[0].strip().splitlines()]
    return "\n".join(lines)


def _parse(line: str) -> MetricExample:
    parts = list(_split(line))
    values = dict(zip(parts[1::2], parts[2::2], strict=True))
    expected = values.get("expecting")
    return MetricExample(
        line=line,
        parameters=cast("JsonObject", parts[0]),
        answer=cast("JsonValue", values["on"]),
        expected=tuple(expected) if isinstance(expected, list) else cast("Expected", expected),
        outcome=cast("str", values["outcome"]),
    )


def _split(line: str) -> Iterator[object]:
    decoder = json.JSONDecoder()
    value, end = decoder.raw_decode(line)
    yield value
    rest = line[end:].strip()
    while rest.startswith(("on ", "expecting ")):
        word, _, after = rest.partition(" ")
        value, end = decoder.raw_decode(after.lstrip())
        yield word
        yield value
        rest = after.lstrip()[end:].strip()
    yield "outcome"
    yield rest


def _completion(answer: JsonValue) -> Completion:
    if isinstance(answer, str):
        return Completion(text=answer, usage=Usage())
    parts = cast("Mapping[str, JsonValue]", answer)
    return Completion(
        text=cast("str", parts.get("text", "")),
        usage=Usage(
            input_tokens=cast("int", parts.get("input_tokens", 0)),
            output_tokens=cast("int", parts.get("output_tokens", 0)),
        ),
        latency_seconds=cast("float", parts.get("latency_seconds", 0.0)),
        cost_usd=cast("float | None", parts.get("cost_usd")),
        tool_calls=tuple(
            ToolCall(name=name, arguments=arguments)
            for name, arguments in cast("Sequence[tuple[str, str]]", parts.get("tool_calls", ()))
        ),
    )
