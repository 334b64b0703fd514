"""The verdict from log-probabilities: what a judge was about to say is worth more than what it said.

With small models the probability of a label separates good from bad far better than a digit they are asked for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llmops_cli.evals.judges.judge_request import LABELS

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion
    from llmops_cli.evals.judges.form import Question

LEAST_MASS = 0.2
"""What the labels must have of the first token's probability; below, the judge was about to say something else."""


def label_probabilities(completion: Completion, question: Question) -> dict[str, float] | None:
    """Return the probability of each option, renormalised over the options; None when the reply has none to read.

    A label that is not among the alternatives offered is less probable than all of them and counts as 0.
    """
    if not completion.logprobs:
        return None
    first = completion.logprobs[0]
    by_letter = dict.fromkeys(LABELS[: len(question.options)], 0.0)
    # the chosen token is usually among the alternatives too: counted once
    for token, logprob in {first.token: first.logprob, **dict(first.alternatives)}.items():
        letter = token.strip().removeprefix("Ġ").removeprefix("▁")
        if letter in by_letter and not math.isnan(logprob):
            by_letter[letter] += math.exp(min(logprob, 0.0))
    mass = sum(by_letter.values())
    if mass < LEAST_MASS:
        return None
    return {option.name: by_letter[letter] / mass for letter, option in zip(LABELS, question.options, strict=False)}


def decided_probabilities(completion: Completion, question: Question) -> dict[str, float] | None:
    """Return what a decision endpoint says of each option, renormalised; None where the answer is not from one."""
    decisions = completion.details.get("decisions")
    answer = decisions.get(question.name) if isinstance(decisions, dict) else None
    if not isinstance(answer, dict):
        return None
    known = {option.name: answer.get(option.name) for option in question.options}
    numbers = {name: float(p) for name, p in known.items() if isinstance(p, (int, float)) and not isinstance(p, bool)}
    if len(numbers) != len(known) or not all(0.0 <= p <= 1.0 for p in numbers.values()):
        return None
    mass = sum(numbers.values())
    return {name: p / mass for name, p in numbers.items()} if mass > 0 else None
