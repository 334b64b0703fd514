"""The one number of a trial, from the scores of its metrics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.runs import Trial
    from llmops_cli.core.suites import MetricSpec


def trial_score(trial: Trial, specs: Sequence[MetricSpec]) -> float | None:
    """Return the score in [0, 1] of a trial whose metrics were `specs`, or None when it is errored.

    The weighted mean of the metrics' scores. A failed required metric makes it 0, and a metric that was
    spared counts as 0, so that the score does not depend on which costly tiers ran. Metrics that only warn are
    no part of it: whether such a judge could be believed must not move the score.
    """
    scores = trial.deciding
    if trial.errored or not scores:
        return None
    by_name = {spec.name: spec for spec in specs if spec.name not in trial.aside}
    if any(not score.passed and by_name[score.metric].required for score in scores):
        return 0.0
    weights = sum(spec.weight for spec in by_name.values())
    if weights <= 0:
        return math.fsum(score.value for score in scores) / len(by_name)
    weighted = math.fsum(by_name[score.metric].weight * score.value for score in scores)
    return min(weighted / weights, 1.0)
