"""How much one trial of a case differs from the next: the pooled within-case variance of an arm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.evals.compare.pairing import Arm, Pairing

PRIOR_SQUARES = 0.25
PRIOR_FREEDOM = 1
"""One imagined pair of trials that disagree: no number of agreeing trials proves that none ever will."""


def pooled_variance(*arms: Arm) -> float:
    """Return (squared deviations + 0.25) / (trials - cases + 1), over the arms together."""
    squares = math.fsum(arm.squares for arm in arms)
    return (squares + PRIOR_SQUARES) / (sum(arm.freedom for arm in arms) + PRIOR_FREEDOM)


def candidate_variance(pairing: Pairing) -> float:
    """Return the candidate's within-case variance, on the safe side while its trials are few.

    With one trial per case nothing is known of its spread: the baseline's is taken, or the mean squared
    distance from the baseline where that is larger, so that a real change asks for another look instead
    of deciding on one trial. With two, the spread of both arms together is the least that is assumed.
    Where cases have different numbers of trials, their whole average counts: trials that were lost make
    the estimate more cautious, never less.
    """
    base, candidate = pairing.base, pairing.candidate
    looks = candidate.trials // pairing.cases
    if looks <= 1:
        apart = math.fsum(difference**2 for difference in pairing.differences) / pairing.cases
        return max(pooled_variance(base), apart)
    own = pooled_variance(candidate)
    if looks == 2:  # noqa: PLR2004 - the second look
        return max(own, pooled_variance(base, candidate))
    return own
