"""One suite on the head's prompt: against the stored trials, beside the base's prompt, or by thresholds alone."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmops_cli.ci.gate_runs import SuiteRun
from llmops_cli.ci.prompt_verdict import compared_outcome, outcome_of, uncompared_outcome
from llmops_cli.ci.regressed_cases import regressed_cases
from llmops_cli.commands._command_budget import refuse_unknown_price
from llmops_cli.commands._gate_arms import OpenArm
from llmops_cli.commands._gate_outputs import with_base_outputs
from llmops_cli.commands._judges import scorers
from llmops_cli.commands._scores import load_committed
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.baselines.baseline import stale_reasons
from llmops_cli.evals.compare.comparability import compare_yardsticks
from llmops_cli.evals.comparing.comparison import compare_run
from llmops_cli.evals.comparing.measured_run import yardstick_of
from llmops_cli.evals.gating.looks import compare_by_looks, run_once
from llmops_cli.evals.gating.self_comparison import self_comparison_sentence
from llmops_cli.evals.job import EvalJob, repeats_for
from llmops_cli.evals.judges.unlicensed import unlicensed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmops_cli.ci.gate_runs import RegressedCase
    from llmops_cli.ci.gate_sides import GateSides
    from llmops_cli.ci.prompt_verdict import Outcome
    from llmops_cli.commands._command_budget import CommandBudget
    from llmops_cli.commands._gate_parts import Gateways, Parts
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.suites import Suite
    from llmops_cli.evals.baselines.baseline import Baseline
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.evals.gating.looks import Looked
    from llmops_cli.evals.judges.licence import Licence
    from llmops_cli.gateway.assembly import Gateway
    from llmops_cli.gateway.gateway_settings import AnswerMode

    Licences = Mapping[str, Licence]


class SuiteRuns:
    """Runs the suites of one check, within what the whole check may spend."""

    def __init__(
        self, workspace: Workspace, sides: GateSides, gateways: Gateways, budget: CommandBudget, mode: AnswerMode
    ) -> None:
        """Take both sides, the models, what the check may cost, and where answers come from."""
        self._workspace = workspace
        self._sides = sides
        self._gateways = gateways
        self._budget = budget
        self._mode = mode

    async def decisive(self, parts: Parts, licences: Licences, notes: list[str]) -> SuiteRun:
        """Run the suite that decides: the base's, or, for a prompt that the base does not know, its own."""
        if parts.suite is None:
            return await self._uncompared(parts, licences)
        baseline, why_both = self._baseline(parts, parts.suite)
        if baseline is not None and not why_both:
            looked_run = await self._against_baseline(parts, parts.suite, baseline, licences, notes)
            if not isinstance(looked_run, tuple):
                return looked_run
            why_both = looked_run
        if parts.base is None:
            reason = "The base's prompt cannot be read, so both sides cannot be run now."
            return suite_run("base", outcome_of(VerdictKind.INCOMPARABLE, *why_both, reason))
        notes += why_both
        return await self._both_arms(parts, parts.suite, parts.base, licences)

    async def _uncompared(self, parts: Parts, licences: Licences) -> SuiteRun:
        """Run a prompt that the base does not know on its own suite."""
        suite = parts.head_suite
        if suite is None:  # decisive is only asked where there is one of them
            return suite_run("head", outcome_of(VerdictKind.NOT_RUN, "It has no suite."))
        trials = repeats_for(suite, parts.head.model)
        with self._opened(parts, parts.head, suite, trials, self._gateways.usual, licences) as arm:
            stopped = await run_once(arm.arm, trials)
            summary = arm.finish(trials, stopped=stopped)
            measured = arm.measure()
        cases = regressed_cases({case.id: case for case in suite.cases}, summary, measured, None)
        outcome = uncompared_outcome(summary, measured, stopped=stopped, licences=licences)
        return replace(suite_run("head", outcome), summary=summary, run_path=arm.run_path, cases=cases)

    async def _against_baseline(
        self, parts: Parts, suite: Suite, baseline: Baseline, licences: Licences, notes: list[str]
    ) -> SuiteRun | tuple[str, ...]:
        """Compare with the stored trials; or say why they cannot stand for the present after all."""

        def stale(run: MeasuredRun) -> Sequence[str]:
            # another model was asked for: then it is no wonder that another one answers
            same = run.model_asked == baseline.run.model_asked
            return stale_reasons(baseline, now=datetime.now(UTC), models_served=run.models_served if same else ())

        trials = max(suite.gate.looks)
        with self._opened(parts, parts.head, suite, trials, self._gateways.usual, licences) as arm:
            looked = await compare_by_looks(arm.arm, baseline.run, suite.gate, stale=stale, licences=licences)
            if parts.base is not None and (reasons := tuple(stale(looked.candidate))):
                arm.finish(looked.trials)
                return reasons
            label = f"baseline of v{baseline.run.prompt_version}, accepted {baseline.acceptance.at:%Y-%m-%d}"
            if baseline.self_comparison is not None:
                notes.append(self_comparison_sentence(baseline.self_comparison))
            return await self._finished(parts, arm, looked, label, {})

    async def _both_arms(self, parts: Parts, suite: Suite, base: Prompt, licences: Licences) -> SuiteRun:
        with ExitStack() as stack:
            trials = max(suite.gate.looks)
            ours, theirs = (
                stack.enter_context(self._opened(parts, prompt, suite, trials, self._gateways.fresh, licences, arms=2))
                for prompt in (parts.head, base)
            )
            looked = await compare_by_looks(ours.arm, theirs.arm, suite.gate, licences=licences)
            base_summary = theirs.finish(looked.trials, stopped=looked.stopped)
            label = f"{base.identifier} of {self._sides.base_label}, run now"
            found = await self._finished(parts, ours, looked, label, theirs.outputs())
            return replace(found, base_summary=base_summary)

    async def _finished(
        self, parts: Parts, arm: OpenArm, looked: Looked, label: str, outputs: Mapping[str, str]
    ) -> SuiteRun:
        summary = arm.finish(looked.trials, stopped=looked.stopped)
        outcome = compared_outcome(looked, summary)
        cases: tuple[RegressedCase, ...] = ()
        if outcome.kind is not VerdictKind.PASS:
            by_id = {case.id: case for case in arm.job.cases}
            found = regressed_cases(by_id, summary, looked.candidate, looked.base)
            cases = await with_base_outputs(self._gateways, parts, found, outputs)
        return replace(
            suite_run("base", outcome),
            compared_with=label,
            comparison=looked.comparison,
            summary=summary,
            run_path=arm.run_path,
            cases=cases,
        )

    async def second(self, parts: Parts, decisive: SuiteRun, licences: Licences) -> SuiteRun | None:
        """Run the head's suite, as often as the base's took, and compare what is measured as before."""
        suite, policy = parts.head_suite, parts.suite
        if suite is None or policy is None:
            return None
        trials = decisive.summary.repeats if decisive.summary else repeats_for(suite, parts.head.model)
        with self._opened(parts, parts.head, suite, trials, self._gateways.usual, licences) as arm:
            stopped = await run_once(arm.arm, trials)
            measured = arm.measure()
            summary = arm.finish(trials, stopped=stopped)
        baseline, _ = self._baseline(parts, policy)
        if baseline is None:
            outcome = uncompared_outcome(summary, measured, stopped=stopped, licences=licences)
            return replace(suite_run("head", outcome), summary=summary, run_path=arm.run_path)
        comparison = compare_run(baseline.run, measured, policy.gate, final=True, licences=licences)
        outcome = outcome_of(comparison.verdict.kind, *comparison.verdict.reasons)
        run = replace(suite_run("head", outcome), comparison=comparison, summary=summary, run_path=arm.run_path)
        by_id = {case.id: case for case in suite.cases}
        return replace(run, cases=regressed_cases(by_id, summary, measured, baseline.run))

    def _baseline(self, parts: Parts, suite: Suite) -> tuple[Baseline | None, tuple[str, ...]]:
        """Return the base's baseline, and every reason to run both sides now instead of using it."""
        policy = self._sides.policy
        loaded = load_committed(policy.tree, policy.settings, parts.prompt_id)
        if loaded is None:
            return None, ("The base has no baseline; both sides are run now.",)
        baseline = loaded.baseline
        if baseline is None:
            told = tuple(f"{finding.message}" for finding in loaded.findings[:1])
            return None, ("The baseline of the base cannot be used; both sides are run now.", *told)
        job = EvalJob(prompt=parts.head, suite=suite, model=parts.head.model, cases=suite.cases)
        yardsticks = compare_yardsticks(baseline.run.yardstick, yardstick_of(job, {}, {}))
        if yardsticks.changed_metrics or yardsticks.changed_cases or not yardsticks.cases:
            told = yardsticks.sentences()
            return baseline, ("The baseline was measured with another suite; both sides are run now.", *told)
        return baseline, stale_reasons(baseline, now=datetime.now(UTC))

    @contextmanager
    def _opened(  # noqa: PLR0913 - what an arm is made of
        self,
        parts: Parts,
        prompt: Prompt,
        suite: Suite,
        trials: int,
        gateway: Gateway,
        licences: Licences,
        *,
        arms: int = 1,
    ) -> Iterator[OpenArm]:
        """Give a new run; what it cost is counted when it ends, whatever ended it."""
        described = gateway.describe(prompt.model.name)
        budget = self._budget.left(suite.max_cost_usd, arms=arms)
        if self._mode.value != "replay":
            refuse_unknown_price(self._sides.settings, gateway, described.name, budget)
        job = EvalJob(
            prompt=prompt,
            suite=suite,
            model=replace(prompt.model, name=described.name),
            cases=suite.cases,
            repeats=trials,
            concurrency=described.concurrency,
            budget=budget,
            aside=unlicensed(licences),
        )
        # rubrics and judges come from where the suite comes from: those of the base decide
        catalog = self._sides.policy if suite == parts.suite else self._sides.change.head
        bind = scorers(self._workspace, gateway, self._mode, suite_path=suite.path, catalog=catalog)
        settings = self._sides.settings
        arm = OpenArm(self._workspace, settings, gateway, job, bind)
        try:
            yield arm
        finally:
            self._budget.spend(*arm.spent)
            arm.close()


def suite_run(suite_from: str, outcome: Outcome) -> SuiteRun:
    """Return a run of which nothing but its outcome is known yet."""
    return SuiteRun(suite_from=suite_from, kind=outcome.kind, reasons=outcome.reasons, exit_code=outcome.exit_code)
