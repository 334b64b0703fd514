"""Labels: one judged output a line in `evals/labels/<rubric>.jsonl`, by a person, in the words of the rubric."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from llmops_cli.core.canonical_json import digest_of, short_digest
from llmops_cli.core.errors import InvalidFileError
from llmops_cli.evals.judges.judge_request import Material
from llmops_cli.evals.measuring.strict_json import NotJsonError, parse_strict_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.evals.judges.form import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What one person says of one output. `source` is where the output comes from, for people."""

    material: Material
    answers: Mapping[str, str]
    by: str
    at: datetime
    source: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        """The name of the labelled text: the same text has the same name, whoever labels it."""
        return text_id(self.material)

    def score(self, form: Form) -> float:
        """Return the score that the label gives under the form."""
        return form.score({name: {option: 1.0} for name, option in self.answers.items()})


def text_id(material: Material) -> str:
    """Return the name of a text to label."""
    return short_digest(digest_of(material.as_json()))


def parse_labels(data: bytes, form: Form, path: str) -> tuple[Label, ...]:
    """Return the labels of a file, in its order.

    Raises:
        InvalidFileError: naming the first line that is none, or that has an answer which the rubric does not know.
    """
    labels: list[Label] = []
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            labels.append(_label(cast("Mapping[str, JsonValue]", parse_strict_json(line)), form))
        except (NotJsonError, KeyError, TypeError, ValueError, AttributeError) as error:
            message = f"not a label: {error}."
            hint = "Labels are written by llmops review; see the guide on human review for the format."
            raise InvalidFileError(message, where=f"{path}:{number}", hint=hint) from None
    return tuple(labels)


def latest_labels(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Return one label per person and text, the last one: people may change their mind."""
    return tuple({(label.id, label.by): label for label in labels}.values())


def one_per_text(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Return one label per text: what most people say of it, the first to say so where as many disagree."""
    by_text: dict[str, list[Label]] = {}
    for label in latest_labels(labels):
        by_text.setdefault(label.id, []).append(label)
    chosen: list[Label] = []
    for group in by_text.values():
        counts = [sum(dict(other.answers) == dict(label.answers) for other in group) for label in group]
        chosen.append(group[counts.index(max(counts))])
    return tuple(chosen)


def label_line(label: Label) -> str:
    """Return the line of a label, with its line break; the same label gives the same bytes."""
    material = label.material
    document: dict[str, JsonValue] = {
        "answers": dict(label.answers),
        "at": label.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "by": label.by,
        "id": label.id,
        "input": material.input,
        "output": material.output,
    }
    optional = {"expected": material.expected, "note": label.note, "source": label.source}
    document.update({name: value for name, value in optional.items() if value})
    return json.dumps(document, ensure_ascii=False, sort_keys=True) + "\n"


def _label(document: Mapping[str, JsonValue], form: Form) -> Label:
    answers = cast("Mapping[str, JsonValue]", document["answers"])
    label = Label(
        material=Material(
            output=_text(document, "output"),
            input=_text(document, "input", ""),
            expected=_text(document, "expected", ""),
        ),
        answers={question.name: str(answers[question.name]) for question in form.questions},
        by=_text(document, "by"),
        at=datetime.fromisoformat(_text(document, "at")),
        source=_text(document, "source", ""),
        note=_text(document, "note", ""),
    )
    if label.at.tzinfo is None:
        message = "'at' has no time zone"
        raise ValueError(message)
    for question in form.questions:
        if question.option(label.answers[question.name]) is None:
            message = f"'{label.answers[question.name]}' is no option of '{question.name}'"
            raise ValueError(message)
    if document.get("id", label.id) != label.id:
        message = "its id is not that of its text: the text was changed after it was labelled"
        raise ValueError(message)
    return label


def _text(document: Mapping[str, JsonValue], name: str, default: str | None = None) -> str:
    value = document[name] if default is None else document.get(name, default)
    if not isinstance(value, str):
        message = f"'{name}' is not text"
        raise TypeError(message)
    return value
