"""One evaluation to run: which prompt, which cases, how often, at which cost. Values only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import digest_of
from llmops_cli.core.completions import CompletionRequest
from llmops_cli.core.scores import Tier
from llmops_cli.core.suites import digest_of_cases
from llmops_cli.evals.measuring.metric_table import metrics_digest, tier_of
from llmops_cli.evals.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.prompts import Message, ModelSettings, Prompt
    from llmops_cli.core.suites import Case, MetricSpec, Suite

REPEATS_WHEN_RANDOM = 3
"""Trials per case where the model is not asked to be deterministic and the suite does not say."""

ALL_TIERS = frozenset(Tier)
EVERYTHING = Selection()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBudget:
    """What a run may spend: US dollars and live calls; None is no limit. Recorded answers cost nothing."""

    max_cost_usd: float | None = None
    max_calls: int | None = None


# without slots, so that the digests of all cases are made once for a job that is asked for them at every stage
@dataclass(frozen=True, kw_only=True)
class EvalJob:
    """The cases of a suite, asked of one model with one prompt.

    `model` has its alias resolved; `cases` are the selected ones, in the suite's order, and `selection` says
    how they were selected; `repeats` is the number of trials per case. `concurrency` calls run at once.
    `tiers` limits which metrics are scored. `aside` are the metrics that only warn: judges without a licence.
    With `fail_fast_tier` any failed metric, not only a required one, spares the costlier tiers.
    """

    prompt: Prompt
    suite: Suite
    model: ModelSettings
    cases: tuple[Case, ...]
    repeats: int = 1
    concurrency: int = 8
    budget: RunBudget = RunBudget()
    tiers: frozenset[Tier] = ALL_TIERS
    fail_fast_tier: bool = False
    selection: Selection = EVERYTHING
    aside: frozenset[str] = frozenset()

    @property
    def trials(self) -> int:
        """The number of trials that make the run complete."""
        return len(self.cases) * self.repeats

    def metrics_of(self, case: Case) -> tuple[MetricSpec, ...]:
        """Return the metrics of a case that belong to the tiers of this job, in the suite's order."""
        return self._of_tiers(self.suite.metrics_of(case))

    def metrics_of_suite(self) -> tuple[MetricSpec, ...]:
        """Return the suite's own metrics that belong to the tiers of this job."""
        return self._of_tiers(self.suite.metrics)

    def aside_of(self, case: Case) -> tuple[str, ...]:
        """Return the metrics of a case that only warn; where nothing else measures it, they are all there is."""
        if not self.aside:
            return ()
        names = [spec.name for spec in self.metrics_of(case)]
        aside = tuple(name for name in names if name in self.aside)
        return aside if len(aside) < len(names) else ()

    def _of_tiers(self, specs: tuple[MetricSpec, ...]) -> tuple[MetricSpec, ...]:
        return specs if self.tiers == ALL_TIERS else tuple(spec for spec in specs if tier_of(spec) in self.tiers)

    def request(self, messages: tuple[Message, ...], trial: int) -> CompletionRequest:
        """Return the request of one trial."""
        return CompletionRequest(
            messages=messages,
            model=self.model,
            output=self.prompt.output,
            tools=self.prompt.tools,
            trial=trial,
        )

    @cached_property
    def dataset_digest(self) -> str:
        """The digest of the cases of this job, in order."""
        return digest_of_cases(self.cases)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Case id → its place among the cases."""
        return {case.id: place for place, case in enumerate(self.cases)}

    @cached_property
    def identity(self) -> RunIdentity:
        """What has to agree before a run is continued instead of begun anew."""
        return RunIdentity(
            prompt_id=self.prompt.id,
            prompt=self.prompt.digest(),
            dataset=self.dataset_digest,
            metrics=metrics_digest(replace(self.suite, cases=self.cases)),
            model=digest_of({**self.model.as_json(), "fallbacks": list(self.model.fallbacks)}),
            tiers=tuple(tier.value for tier in Tier if tier in self.tiers),
            fail_fast_tier=self.fail_fast_tier,
            aside=tuple(sorted(self.aside)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIdentity:
    """The digests of everything that decides a trial's result. The number of repeats does not."""

    prompt_id: str
    prompt: str
    dataset: str
    metrics: str
    model: str
    tiers: tuple[str, ...]
    fail_fast_tier: bool
    aside: tuple[str, ...] = ()

    def as_json(self) -> JsonObject:
        """Return the form that stands in the journal's first line."""
        # a judge that got or lost its licence makes other scores of the same answers
        aside: JsonObject = {"aside": list(self.aside)} if self.aside else {}
        return {
            **aside,
            "dataset": self.dataset,
            "fail_fast_tier": self.fail_fast_tier,
            "metrics": self.metrics,
            "model": self.model,
            "prompt": self.prompt,
            "prompt_id": self.prompt_id,
            "tiers": list(self.tiers),
        }

    def digest(self) -> str:
        """Return one digest for all of them."""
        return digest_of(self.as_json())


def repeats_for(suite: Suite, model: ModelSettings) -> int:
    """Return the trials per case: what the suite says, else 1 at temperature 0 and 3 otherwise."""
    if suite.repeats is not None:
        return suite.repeats
    return 1 if model.temperature == 0 else REPEATS_WHEN_RANDOM
