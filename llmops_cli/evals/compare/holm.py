"""Several metrics, one alpha: Holm's step-down procedure.

A regression of any gating metric blocks, so each of them would spend alpha on a false alarm. Holm (1979)
keeps the chance of any false alarm at alpha without assuming that the metrics are independent. A pass
needs every metric to pass and is not corrected (intersection-union).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from llmops_cli.evals.compare.gate import GateVerdict

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from llmops_cli.evals.compare.gate import GateDecision

Key = TypeVar("Key", bound="Hashable")


def holm_adjusted(p_values: Mapping[Key, float]) -> dict[Key, float]:
    """Return for each key the smallest alpha at which Holm's procedure would reject its hypothesis."""
    adjusted: dict[Key, float] = {}
    largest = 0.0
    ordered = sorted(p_values.items(), key=lambda item: item[1])
    for rank, (key, p_value) in enumerate(ordered):
        largest = max(largest, min(1.0, p_value * (len(ordered) - rank)))
        adjusted[key] = largest
    return adjusted


def correct_for_several(decisions: Mapping[Key, GateDecision], *, final: bool = True) -> dict[Key, GateDecision]:
    """Return the decisions with those regressions taken back that only one metric among many makes.

    Give the decisions of all gating metrics, of all prompts that one check decides about, made at the
    same look. `final` is that of the look.
    """
    adjusted = holm_adjusted({key: decision.regression_p for key, decision in decisions.items()})
    undecided = GateVerdict.INCONCLUSIVE if final else GateVerdict.CONTINUE
    corrected: dict[Key, GateDecision] = {}
    for key, decision in decisions.items():
        if decision.verdict is GateVerdict.BLOCK and adjusted[key] >= decision.alpha_per_look:
            reason = (
                f"Alone this would be a regression (p = {decision.regression_p:.2g}); one of"
                f" {len(decisions)} metrics it is not enough (Holm: {adjusted[key]:.2g})."
            )
            corrected[key] = replace(decision, verdict=undecided, reasons=(reason, *decision.reasons[1:]))
        else:
            corrected[key] = decision
    return corrected
