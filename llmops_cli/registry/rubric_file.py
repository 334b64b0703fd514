"""A rubric: what a judge is asked, the answers it may give, and the outputs it is checked with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import digest_of
from llmops_cli.core.findings import Finding, Severity
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.documents.fields import field_of, object_of, objects_of
from llmops_cli.registry.documents.schema_check import check_schema
from llmops_cli.registry.project_file import JudgeSettings, judge_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.registry.documents.document import YamlDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer that a judge may give; `score` is in [0, 1]."""

    name: str
    score: float
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryPoint:
    """One yes/no question; the score is the weighted share of points that are met."""

    name: str
    question: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Either choices with scores or binary points with weights; the other is empty."""

    choices: tuple[Choice, ...] = ()
    points: tuple[BinaryPoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricExample:
    """A judged answer that the judge is shown: the choice, or which points are met, and why."""

    output: str
    why: str
    input: str = ""
    choice: str = ""
    points: Mapping[str, bool] = field(default_factory=dict[str, bool])


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """An output whose verdict is known; `kind` is good, bad or attacked."""

    kind: str
    output: str
    input: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """The criteria of a judge; `judge` is None where `llmops.yaml` or the metric names the model."""

    id: str
    version: int
    path: str
    criteria: str
    scale: Scale
    description: str = ""
    examples: tuple[RubricExample, ...] = ()
    judge: JudgeSettings | None = None
    canaries: tuple[Canary, ...] = ()

    def as_json(self) -> JsonObject:
        """Return what decides a judgement; the description, the path and the canaries do not."""
        examples: list[JsonValue] = [
            {"choice": e.choice, "input": e.input, "output": e.output, "points": e.points, "why": e.why}
            for e in self.examples
        ]
        return {
            "criteria": self.criteria,
            "examples": examples,
            "id": self.id,
            "judge": _judge_as_json(self.judge) if self.judge else None,
            "scale": {
                "binary": [{"name": p.name, "question": p.question, "weight": p.weight} for p in self.scale.points],
                "choices": [
                    {"description": c.description, "name": c.name, "score": c.score} for c in self.scale.choices
                ],
            },
            "version": self.version,
        }

    def digest(self) -> str:
        """Return the digest of what decides a judgement; runs under different digests cannot be compared."""
        return digest_of(self.as_json())


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRubric:
    """The rubric, or None when its file has an error, and all findings."""

    rubric: Rubric | None
    findings: tuple[Finding, ...] = ()


def parse_rubric(document: YamlDocument) -> ParsedRubric:
    """Check a document as a rubric and build it; never raises for what a file holds."""
    findings = [*document.findings, *check_schema(document, "rubric")]
    if document.root is None or any(finding.is_error for finding in findings):
        return ParsedRubric(rubric=None, findings=tuple(findings))
    rubric = _rubric(document.path, document.root)
    findings.extend(_contradictions(document, rubric))
    fit = not any(finding.is_error for finding in findings)
    return ParsedRubric(rubric=rubric if fit else None, findings=tuple(findings))


def _rubric(path: str, root: JsonObject) -> Rubric:
    scale = object_of(root, "scale")
    return Rubric(
        id=field_of(root, "id", ""),
        version=field_of(root, "version", 0),
        path=path,
        criteria=field_of(root, "criteria", ""),
        scale=Scale(
            choices=tuple(
                Choice(
                    name=field_of(entry, "name", ""),
                    score=float(field_of(entry, "score", 0.0)),
                    description=field_of(entry, "description", ""),
                )
                for entry in objects_of(scale, "choices")
            ),
            points=tuple(
                BinaryPoint(
                    name=field_of(entry, "name", ""),
                    question=field_of(entry, "question", ""),
                    weight=float(field_of(entry, "weight", 1.0)),
                )
                for entry in objects_of(scale, "binary")
            ),
        ),
        description=field_of(root, "description", ""),
        examples=tuple(
            RubricExample(
                output=field_of(entry, "output", ""),
                why=field_of(entry, "why", ""),
                input=field_of(entry, "input", ""),
                choice=field_of(entry, "choice", ""),
                points=field_of(entry, "points", dict[str, bool]()),
            )
            for entry in objects_of(root, "examples")
        ),
        judge=judge_settings(object_of(root, "judge")) if "judge" in root else None,
        canaries=tuple(
            Canary(
                kind=field_of(entry, "kind", ""),
                output=field_of(entry, "output", ""),
                input=field_of(entry, "input", ""),
                expected=field_of(entry, "expected", ""),
            )
            for entry in objects_of(root, "canaries")
        ),
    )


def _contradictions(document: YamlDocument, rubric: Rubric) -> Iterator[Finding]:
    """Find what the schema cannot see: names used twice or not defined, a scale on which nothing can fail."""
    part = "choices" if rubric.scale.choices else "binary"
    names = [choice.name for choice in rubric.scale.choices] or [point.name for point in rubric.scale.points]
    for index, name in enumerate(names):
        if name in names[:index]:
            message = f"'{name}' is named twice on the scale."
            yield _finding(document, ("scale", part, index, "name"), message, "Give each its own name.")
    if "{{" in rubric.criteria:
        yield Finding(
            path=document.path,
            position=document.position_of("criteria"),
            severity=Severity.WARNING,
            rule="rubric-template",
            message="the criteria have braces, and a rubric is no template: the judge reads them as they are.",
            hint="Leave them out; the output is shown to the judge between markers, never among its instructions.",
        )
    scores = {choice.score for choice in rubric.scale.choices}
    if len(scores) == 1:
        message = "all choices have the same score, so the judge decides nothing."
        yield _finding(document, ("scale", "choices"), message, "Score good answers 1 and bad ones 0.")
    for index, example in enumerate(rubric.examples):
        yield from _example_problems(document, index, example, names, part)


def _example_problems(
    document: YamlDocument, index: int, example: RubricExample, names: Sequence[str], part: str
) -> Iterator[Finding]:
    key, used = ("choice", [example.choice]) if part == "choices" else ("points", list(example.points))
    for name in used:
        if name not in names:
            message = f"'{name}' is not on the scale." if name else "the example does not say which choice is right."
            hint = did_you_mean(name, names) or f"There are: {', '.join(names)}."
            yield _finding(document, ("examples", index, key), message, hint)


def _finding(document: YamlDocument, keys: tuple[str | int, ...], message: str, hint: str) -> Finding:
    return Finding(
        path=document.path,
        position=document.position_of(*keys),
        rule="rubric-scale",
        message=message,
        hint=hint,
    )


def _judge_as_json(judge: JudgeSettings) -> JsonObject:
    return {
        "max_tokens": judge.max_tokens,
        "model": judge.model,
        "temperature": judge.temperature,
        "votes": judge.votes,
    }
