"""Outputs to label as CSV for a spreadsheet, and the filled sheet back."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from llmops_cli.core.errors import InvalidFileError
from llmops_cli.evals.review.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from llmops_cli.evals.judges.form import Form
    from llmops_cli.evals.review.queue import ToLabel

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def sheet(items: Iterable[ToLabel], form: Form) -> str:
    """Return the sheet: a row per output, an empty column per question; the options stand in the heading."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    questions = [f"{q.name} ({' | '.join(o.name for o in q.options)})" for q in form.questions]
    writer.writerow(["id", "input", "expected", "output", *questions, "note"])
    for item in items:
        material = item.material
        texts = [_harmless(text) for text in (material.input, material.expected, material.output)]
        writer.writerow([item.id, *texts, *("" for _ in questions), ""])
    return buffer.getvalue()


def labels_from_sheet(
    text: str, items: Sequence[ToLabel], form: Form, *, by: str, at: datetime, path: str
) -> tuple[Label, ...]:
    """Return the labels of a filled sheet; rows without an answer are left out.

    The texts come from `items`, by id: what a spreadsheet did to them does not matter.

    Raises:
        InvalidFileError: naming the row that has an unknown id, or an answer that is no option.
    """
    known = {item.id: item for item in items}
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    labels: list[Label] = []
    for number, row in enumerate(rows, start=2):
        cells = {str(name).partition(" (")[0].strip(): (value or "").strip() for name, value in row.items() if name}
        answers = {question.name: cells.get(question.name, "").casefold() for question in form.questions}
        if not any(answers.values()):
            continue
        item = known.get(cells.get("id", ""))
        if item is None:
            message = "the row's id is of no output that can be labelled."
            raise InvalidFileError(message, where=f"{path}:{number}", hint="Export the sheet again.")
        for question in form.questions:
            if question.option(answers[question.name]) is None:
                options = ", ".join(option.name for option in question.options)
                message = f"'{answers[question.name][:40]}' is no answer to {question.name}."
                raise InvalidFileError(message, where=f"{path}:{number}", hint=f"There are: {options}.")
        labels.append(
            Label(material=item.material, answers=answers, by=by, at=at, source=item.source, note=cells.get("note", ""))
        )
    return tuple(labels)


def _harmless(text: str) -> str:
    # a cell that begins like a formula is one
    return f"'{text}" if text.startswith(_FORMULA) else text
