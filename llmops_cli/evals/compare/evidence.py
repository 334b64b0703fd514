"""All that one look knows about one metric, and what follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.evals.compare.intervals import Estimate, Interval
    from llmops_cli.evals.compare.pairing import Pairing

NOISE = 1e-12
"""Differences below this are rounding, not evidence: a drop of exactly the margin is not more than the margin."""

RULE_OF_THREE = 3
"""When something never happened in n trials, its rate is below 3/n with 95% confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Estimates, intervals and the policy they are held against; everything in fractions of the score scale."""

    pairing: Pairing
    base_variance: float
    candidate_variance: float
    suite: Estimate
    population: Estimate
    suite_interval: Interval
    population_interval: Interval
    alpha_per_look: float
    alpha: float
    margin: float
    resolution: float
    pseudo_difference: float

    @property
    def rules_out_drop(self) -> bool:
        """Whether these cases did not lose more than the margin."""
        return self.suite_interval.lower > -self.margin + NOISE

    @property
    def rules_out_production_drop(self) -> bool:
        """Whether the traffic these cases stand for does not lose more than the resolution."""
        return self.population_interval.lower > -self.resolution + NOISE

    @property
    def trials_required(self) -> int:
        """The candidate trials without which nothing passes, over all cases (rule of three)."""
        return math.ceil(RULE_OF_THREE / self.margin - NOISE)

    @property
    def enough_trials(self) -> bool:
        """Whether the rule of three is met."""
        return self.pairing.candidate.trials >= self.trials_required

    @property
    def passes(self) -> bool:
        """Whether nothing stands against a pass."""
        return self.rules_out_drop and self.rules_out_production_drop and self.enough_trials

    @property
    def beyond_margin(self) -> bool:
        """Whether the measured drop is larger than the margin."""
        return self.suite.centre < -self.margin - NOISE

    @property
    def regression_p(self) -> float:
        """The smallest alpha at which either way to call a regression would call it."""
        on_suite = self.suite.drop_p_value() if self.beyond_margin else 1.0
        return min(on_suite, self.population.drop_p_value())
