"""What a judge is asked, whatever the metric: questions with named options, criteria, and examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import digest_of

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.registry.rubric_file import Rubric

CHOICE = "choice"
"""The name of the only question of a rubric with named choices."""

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer that may be given; `score` is in [0, 1]."""

    name: str
    score: float
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; its options are all the answers there are."""

    name: str
    text: str
    options: tuple[Option, ...]
    weight: float = 1.0

    def option(self, name: str) -> Option | None:
        """Return the option of that name, or None."""
        return next((option for option in self.options if option.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormExample:
    """A judged answer that the judge is shown; `answers` maps questions to options."""

    output: str
    answers: tuple[tuple[str, str], ...]
    why: str
    input: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Everything a judge is told that does not depend on the text to be judged. `name` is for people."""

    name: str
    criteria: str
    questions: tuple[Question, ...]
    examples: tuple[FormExample, ...] = ()

    def as_json(self) -> JsonObject:
        """Return what decides a judgement."""
        questions: list[JsonValue] = [
            {
                "name": question.name,
                "options": [[o.name, o.score, o.description] for o in question.options],
                "text": question.text,
                "weight": question.weight,
            }
            for question in self.questions
        ]
        examples: list[JsonValue] = [
            {"answers": [list(pair) for pair in e.answers], "input": e.input, "output": e.output, "why": e.why}
            for e in self.examples
        ]
        return {"criteria": self.criteria, "examples": examples, "questions": questions}

    def digest(self) -> str:
        """Return the digest of the form: part of the key under which verdicts are kept."""
        return digest_of(self.as_json())

    def score(self, answers: dict[str, dict[str, float]]) -> float:
        """Return the weighted mean over the questions of the expected score of each one's options."""
        total = sum(question.weight for question in self.questions)
        value = sum(
            question.weight
            * sum(answers[question.name].get(option.name, 0.0) * option.score for option in question.options)
            for question in self.questions
        )
        return min(max(value / total, 0.0), 1.0)


def form_of(rubric: Rubric) -> Form:
    """Return the form of a rubric: one question with its choices, or one of yes and no per point."""
    if rubric.scale.choices:
        options = tuple(Option(name=c.name, score=c.score, description=c.description) for c in rubric.scale.choices)
        questions: tuple[Question, ...] = (
            Question(name=CHOICE, text="Which of the choices fits the output best?", options=options),
        )
    else:
        questions = tuple(yes_no(p.name, p.question, weight=p.weight) for p in rubric.scale.points)
    return Form(
        name=rubric.id,
        criteria=rubric.criteria.strip(),
        questions=questions,
        examples=tuple(
            FormExample(
                output=example.output,
                answers=((CHOICE, example.choice),)
                if rubric.scale.choices
                else tuple((name, YES if met else NO) for name, met in example.points.items()),
                why=example.why,
                input=example.input,
            )
            for example in rubric.examples
        ),
    )


def yes_no(name: str, text: str, *, weight: float = 1.0) -> Question:
    """Return a question answered by yes (score 1) or no (score 0)."""
    return Question(
        name=name, text=text, weight=weight, options=(Option(name=YES, score=1.0), Option(name=NO, score=0.0))
    )
