"""Whether a judge contradicts itself: checks that need no person ("Dutch book": whoever bets by it loses for sure).

complement: P(meets the criteria) and P(fails them) add up to 1. injected errors: a good text with an error put in
does not score better. padding: the same text made longer does not score better. identity and cycles are for
comparisons: a text is not better than itself, and A over B over C is not followed by C over A.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

from llmops_cli.evals.judges.form import NO, YES, Form, yes_no
from llmops_cli.evals.judges.judgement import JudgeError
from llmops_cli.evals.judges.pairwise_judge import pair_form, prefer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from llmops_cli.evals.judges.judge import Judge
    from llmops_cli.evals.judges.judge_request import Material

_Found = TypeVar("_Found")

MOST_TEXTS = 20
"""Texts per check."""

PADDING = (
    "\n\nIn summary, and to put it in other words, what is said above says what there is to say, and it says so in "
    "full, as a careful reader will no doubt have noticed and appreciated."
)
_NUMBER = re.compile(r"\d+")
_VERB = re.compile(r"\b(is|are|was|were|will|can|has|have|does|do)\b")
_SLACK = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class CoherenceCheck:
    """One check: the measured rate, the limit that it must keep, on how many texts; `at_most` tells which way."""

    name: str
    rate: float
    limit: float
    texts: int
    at_most: bool = True

    @property
    def passed(self) -> bool:
        """Whether the judge keeps the limit; what could not be measured has not."""
        if not self.texts:
            return False
        return self.rate <= self.limit if self.at_most else self.rate >= self.limit


async def pointwise_checks(judge: Judge, form: Form, texts: Sequence[Material]) -> tuple[CoherenceCheck, ...]:
    """Run the checks of a judge that scores one text at a time; `texts` are good ones."""
    few = texts[:MOST_TEXTS]
    return (
        await _complement(judge, form, few),
        await _not_better(judge, form, few, with_error, name="injected error", limit=0.1),
        await _not_better(judge, form, few, lambda text: text + PADDING, name="padding", limit=0.6),
    )


async def pairwise_checks(
    judge: Judge, criteria: str, groups: Sequence[Sequence[Material]]
) -> tuple[CoherenceCheck, ...]:
    """Run the checks of a judge that compares; each group has outputs for one input, three of them for cycles."""
    form = pair_form(criteria)
    few = groups[: MOST_TEXTS // 2]
    # a judge that takes the first text in both orders has split evenly, which is as good as a tie
    kept = [
        found.value == 0.5  # noqa: PLR2004 - a tie, or no agreement
        for found in await _each(
            (group[0] for group in few), lambda text: prefer(judge, form, text, text.output, fresh=True)
        )
    ]
    orders, cycles, triples = await _tournaments(judge, form, few)
    return (
        CoherenceCheck(
            name="identity", rate=sum(kept) / len(kept) if kept else 0.0, limit=0.9, texts=len(kept), at_most=False
        ),
        CoherenceCheck(
            name="order", rate=sum(orders) / len(orders) if orders else 0.0, limit=0.9, texts=len(orders), at_most=False
        ),
        CoherenceCheck(name="cycles", rate=cycles / triples if triples else 0.0, limit=0.05, texts=triples),
    )


def with_error(text: str) -> str:
    """Return the text with one error in it: another number, else a negation, else a claim that nothing supports."""
    number = _NUMBER.search(text)
    if number:
        wrong = str(int(number.group()[:12]) + 7)
        return text[: number.start()] + wrong + text[number.end() :]
    verb = _VERB.search(text)
    if verb:
        return f"{text[: verb.end()]} not{text[verb.end() :]}"
    return f"{text.rstrip('.')}, and the sender has cancelled everything."


async def _complement(judge: Judge, form: Form, texts: Sequence[Material]) -> CoherenceCheck:
    meets = replace(form, questions=(yes_no("meets", "Does the output meet the criteria?"),), examples=())
    fails = replace(form, questions=(yes_no("fails", "Does the output fail the criteria?"),), examples=())
    gaps: list[float] = []
    for text in texts:
        try:
            one, other = await judge.judge(meets, text), await judge.judge(fails, text)
        except JudgeError:
            continue
        gaps.append(
            abs(_yes(one.probabilities, one.answers, "meets") + _yes(other.probabilities, other.answers, "fails") - 1)
        )
    return CoherenceCheck(name="complement", rate=sum(gaps) / len(gaps) if gaps else 1.0, limit=0.1, texts=len(gaps))


def _yes(probabilities: object, answers: object, name: str) -> float:
    if isinstance(probabilities, dict) and name in probabilities:
        return float(probabilities[name][YES])
    return 0.0 if not isinstance(answers, dict) or answers.get(name) == NO else 1.0


async def _not_better(
    judge: Judge, form: Form, texts: Sequence[Material], change: Callable[[str], str], *, name: str, limit: float
) -> CoherenceCheck:
    better: list[bool] = []
    for text in texts:
        try:
            before = await judge.judge(form, text)
            after = await judge.judge(form, replace(text, output=change(text.output)))
        except JudgeError:
            continue
        better.append(after.score > before.score + _SLACK)
    rate = sum(better) / len(better) if better else 1.0
    return CoherenceCheck(name=name, rate=rate, limit=limit, texts=len(better))


async def _tournaments(judge: Judge, form: Form, groups: Sequence[Sequence[Material]]) -> tuple[list[bool], int, int]:
    """Compare all pairs of up to three outputs of each input; return order consistency, cycles and whole triples."""
    orders: list[bool] = []
    cycles = triples = 0
    for group in groups:
        values: dict[tuple[int, int], float] = {}
        for one, other in combinations(range(min(len(group), 3)), 2):
            try:
                found = await prefer(judge, form, group[one], group[other].output, fresh=True)
            except JudgeError:
                continue
            orders.append(found.orders_agree)
            values[one, other] = found.value
        if len(values) == 3:  # noqa: PLR2004 - all pairs of three
            triples += 1
            cycles += (values[0, 1], values[1, 2], values[0, 2]) in {(1.0, 1.0, 0.0), (0.0, 0.0, 1.0)}
    return orders, cycles, triples


async def _each(texts: Iterable[Material], ask: Callable[[Material], Awaitable[_Found]]) -> list[_Found]:
    found: list[_Found] = []
    for text in texts:
        try:
            found.append(await ask(text))
        except JudgeError:
            continue
    return found
