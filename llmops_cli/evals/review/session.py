"""A session of labelling: outputs one after the other, a key for each option, every label kept as it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.evals.review.labels import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from llmops_cli.evals.judges.form import Form, Question
    from llmops_cli.evals.review.queue import ToLabel

SKIP, BACK, QUIT = "s", "b", "q"
_KEYS = "1234567890acdefghijklmnoprtuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a session needs of the outside.

    `show` puts an output in front of the person, `ask` a question with its keys, and gives the line that was typed
    (None at the end of the input). `keep` stores a label for good, `drop` takes the last kept one back.
    """

    show: Callable[[ToLabel, int, int], None]
    ask: Callable[[Question, Mapping[str, str]], str | None]
    keep: Callable[[Label], None]
    drop: Callable[[Label], None]
    now: Callable[[], datetime]


def keys_of(question: Question) -> dict[str, str]:
    """Return the key of every option: y and n where the question is of yes and no, digits otherwise."""
    names = [option.name for option in question.options]
    if set(names) == {"yes", "no"}:
        return {"y": "yes", "n": "no"}
    return dict(zip(_KEYS, names, strict=False))


def review(items: Sequence[ToLabel], form: Form, desk: Desk, *, by: str) -> int:
    """Ask about each output until all are labelled or the person stops; return how many labels were given.

    `s` leaves an output out, `b` takes the last label back, `q` or the end of the input stops.
    """
    given: list[tuple[int, Label]] = []
    place = 0
    while place < len(items):
        item = items[place]
        desk.show(item, place + 1, len(items))
        answers = _answers(form, desk)
        if answers == QUIT:
            break
        if answers == BACK:
            if given:
                place, last = given.pop()
                desk.drop(last)
            continue
        if not isinstance(answers, str):
            label = Label(material=item.material, answers=answers, by=by, at=desk.now(), source=item.source)
            desk.keep(label)
            given.append((place, label))
        place += 1
    return len(given)


def _answers(form: Form, desk: Desk) -> dict[str, str] | str:
    """Return an answer to every question, or the key that ends this output."""
    answers: dict[str, str] = {}
    for question in form.questions:
        keys = keys_of(question)
        while question.name not in answers:
            typed = desk.ask(question, keys)
            if typed is None or typed.strip().casefold() in {QUIT, BACK, SKIP}:
                return QUIT if typed is None else typed.strip().casefold()
            word = typed.strip().casefold()
            chosen = keys.get(word) or (word if word in keys.values() else None)
            if chosen:
                answers[question.name] = chosen
    return answers
