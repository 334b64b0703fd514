"""A decision in words and numbers: what was found, and what would decide where nothing was."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llmops_cli.evals.compare.resolution import (
    USUAL_CHANGES,
    cases_needed,
    cases_to_show,
    smallest_seen_drop,
    trials_needed,
)

if TYPE_CHECKING:
    from llmops_cli.evals.compare.evidence import Evidence
    from llmops_cli.evals.compare.intervals import Interval

MANY_TRIALS = 200

ON_THE_MARGIN = 0.005
"""Closer to the margin than half a point no affordable number of trials tells which side it is."""


def points(fraction: float) -> str:
    """Return a change in points of a hundred with its sign, a true minus, and one digit: `−3.3`."""
    rounded = round(fraction * 100, 1)
    if rounded == 0:
        return "0.0"
    return f"{'−' if rounded < 0 else '+'}{abs(rounded):.1f}"


def whole_points(fraction: float) -> str:
    """Return `10 points`: a size rounded up so that it never promises more than there is, at most the scale."""
    size = min(math.ceil(fraction * 100 - 1e-9), 100)
    return f"{size} point{'' if size == 1 else 's'}"


def change_in_words(delta: float, interval: Interval, alpha: float) -> str:
    """Return `−0.3 points, 95% −2.6…+2.0`."""
    sure = f"{100 * (1 - alpha):g}%"
    # no change is larger than the scale, whatever the arithmetic of an interval says
    lower, upper = max(interval.lower, -1.0), min(interval.upper, 1.0)
    return f"{points(delta)} points, {sure} {points(lower)}…{points(upper)}"


def explain(evidence: Evidence, verdict: str) -> tuple[str, ...]:
    """Return full sentences, the most important first."""
    change = change_in_words(evidence.suite.centre, evidence.suite_interval, evidence.alpha)
    cases = evidence.pairing.cases
    on_cases = f"{verdict.upper()} on {'this case' if cases == 1 else f'these {cases} cases'} ({change})."
    if verdict == "pass":
        return (on_cases, _what_it_cannot_see(evidence))
    if verdict == "block":
        return (on_cases, *_why_blocked(evidence))
    return (on_cases, *_what_would_decide(evidence))


def _what_it_cannot_see(evidence: Evidence) -> str:
    blind = smallest_seen_drop(evidence)
    if blind <= 0:
        return "The traffic these cases stand for does not get worse either."
    sentence = f"It cannot see a production drop smaller than {whole_points(blind)}"
    if blind <= evidence.margin:
        return f"{sentence}."
    few, many = (cases_to_show(evidence.margin, share, evidence.alpha) for share in USUAL_CHANGES)
    return f"{sentence}; {few}-{many} cases would show {100 * evidence.margin:g}."


def _why_blocked(evidence: Evidence) -> tuple[str, ...]:
    sentences = []
    if evidence.beyond_margin and evidence.suite_interval.upper < 0:
        tolerated = f"{100 * evidence.margin:g}"
        sentences.append(f"These cases lost more than the tolerated {tolerated} points, and it is not noise.")
    if evidence.population_interval.upper < 0:
        traffic = change_in_words(evidence.population.centre, evidence.population_interval, evidence.alpha)
        sentences.append(f"The traffic these cases stand for gets worse ({traffic}).")
    return tuple(sentences)


def _what_would_decide(evidence: Evidence) -> tuple[str, ...]:
    sentences = []
    if not evidence.rules_out_drop:
        sentences.append(_noise(evidence))
    if not evidence.rules_out_production_drop:
        sentences.append(_too_few_cases(evidence))
    if not evidence.enough_trials:
        have, need = evidence.pairing.candidate.trials, evidence.trials_required
        tolerated = f"{100 * evidence.margin:g}"
        sentences.append(
            f"Too few trials: {have} of the {need} that a margin of {tolerated} points takes (rule of three);"
            f" {_trials(math.ceil((need - have) / evidence.pairing.cases))} would do."
        )
    return tuple(sentences)


def _noise(evidence: Evidence) -> str:
    tolerated = f"{100 * evidence.margin:g}"
    if evidence.suite.freedom == 0:
        return "One case says nothing about its own noise: no number of trials will decide."
    needed = trials_needed(evidence)
    if needed is None:
        if abs(evidence.suite.centre + evidence.margin) < ON_THE_MARGIN:
            return f"The measured change sits at the tolerated −{tolerated} points: more trials will not decide."
        return "Too noisy: the baseline has too few trials of each case for more candidate trials to decide."
    have = evidence.pairing.candidate.trials / evidence.pairing.cases
    more = max(math.ceil(needed - have), 1)
    return f"Too noisy to tell from a drop of {tolerated} points: {_trials(more)} would decide."


def _too_few_cases(evidence: Evidence) -> str:
    units = "clusters" if evidence.pairing.clusters is not None else "cases"
    wanted = f"{100 * evidence.resolution:g}"
    if not evidence.population.freedom:
        return f"One of the {units} says nothing about the next: no production drop can be ruled out."
    needed = cases_needed(evidence)
    if needed is None:
        return f"A production drop of {wanted} points cannot be ruled out while the measured one is as large."
    return (
        f"Too few {units}: {needed} {units} needed to rule out a production drop of {wanted} points;"
        f" this suite resolves {whole_points(smallest_seen_drop(evidence))}."
    )


def _trials(more: int) -> str:
    if more > MANY_TRIALS:
        return f"more than {MANY_TRIALS} further trials per case"
    return f"about {more} more trial{'' if more == 1 else 's'} per case"
