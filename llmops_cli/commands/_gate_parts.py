"""What the gate needs of one prompt: it and its suite on both sides, and the ways to models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS
from llmops_cli.registry.suites import load_suite

if TYPE_CHECKING:
    from llmops_cli.ci.gate_sides import GateSides
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.suites import Suite
    from llmops_cli.gateway.assembly import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateways:
    """The way to models: `usual` may answer from the cache, `fresh` asks now, `recorded` reads recordings only."""

    usual: Gateway
    fresh: Gateway
    recorded: Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What there is of a prompt on both sides.

    `suite` is the base's; None for a prompt that the gate does not know (`new`), and where it is not valid.
    """

    prompt_id: str
    head: Prompt
    base: Prompt | None
    suite: Suite | None
    head_suite: Suite | None
    new: bool

    @property
    def suites_differ(self) -> bool:
        """Whether the head's suite measures something else than the base's."""
        if self.suite is None or self.head_suite is None:
            return False
        one, other = (
            (suite.metrics_digest(), suite.dataset_digest(), suite.gate, suite.rubrics, suite.judges)
            for suite in (self.suite, self.head_suite)
        )
        return one != other


def parts_of(sides: GateSides, prompt_id: str) -> Parts:
    """Read one prompt and its suite on both sides."""
    head, policy = sides.change.head, sides.policy
    base_prompt = policy.load(prompt_id).prompt if policy.path_of(prompt_id) else None
    has_suite = policy.suite_path_of(prompt_id) is not None and policy.path_of(prompt_id) is not None
    return Parts(
        prompt_id=prompt_id,
        head=head.prompt(prompt_id),
        base=base_prompt,
        suite=load_suite(policy, prompt_id, KNOWN_METRICS).suite if has_suite else None,
        head_suite=load_suite(head, prompt_id, KNOWN_METRICS).suite if head.suite_path_of(prompt_id) else None,
        new=not has_suite,
    )
