"""Evaluates one affected prompt for the gate: the base's suite decides, the head's is run beside it."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmops_cli.ci.gate_report import PromptReport, SuiteRun
from llmops_cli.ci.prompt_verdict import (
    compared_outcome,
    head_suite_notes,
    outcome_of,
    prompt_outcome,
    uncompared_outcome,
)
from llmops_cli.ci.recorded_answers import recordings_path
from llmops_cli.ci.regressed_cases import LONGEST_OUTPUT, regressed_cases
from llmops_cli.commands._gate_arms import OpenArm
from llmops_cli.commands._gate_parts import parts_of
from llmops_cli.commands._judges import scorers
from llmops_cli.commands._scores import load_committed
from llmops_cli.core.errors import InvalidFileError, ProviderError, SetupError, UsageError
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.baselines.baseline import stale_reasons
from llmops_cli.evals.compare.comparability import compare_yardsticks
from llmops_cli.evals.comparing.comparison import compare_run
from llmops_cli.evals.comparing.measured_run import yardstick_of
from llmops_cli.evals.gating.looks import compare_by_looks, run_once
from llmops_cli.evals.gating.null_models import weak_spots
from llmops_cli.evals.gating.self_comparison import self_comparison_sentence
from llmops_cli.evals.job import EvalJob, RunBudget, repeats_for
from llmops_cli.evals.measuring.metric_table import bind
from llmops_cli.registry.diff.prompt_diff import diff_prompts
from llmops_cli.registry.templates.template import render_messages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmops_cli.ci.affected import Reason
    from llmops_cli.ci.gate_report import RegressedCase
    from llmops_cli.ci.gate_sides import GateSides
    from llmops_cli.ci.prompt_verdict import Outcome
    from llmops_cli.commands._gate_parts import Gateways, Parts
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.suites import Suite
    from llmops_cli.evals.baselines.baseline import Baseline
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.evals.gating.looks import Looked
    from llmops_cli.evals.gating.null_models import NullProbe
    from llmops_cli.gateway.assembly import AnswerMode, Gateway
    from llmops_cli.registry.diff.prompt_diff import PromptDiff

BASE_OUTPUTS = 10
"""Cases for which the base's answer is looked up to be shown."""


class GateRun:
    """Evaluates the affected prompts one after the other."""

    def __init__(
        self, workspace: Workspace, sides: GateSides, gateways: Gateways, budget: RunBudget, mode: AnswerMode
    ) -> None:
        """Take both sides, the models, what each prompt may cost, and where answers come from."""
        self._mode = mode
        self._workspace = workspace
        self._sides = sides
        self._gateways = gateways
        self._budget = budget

    async def report(self, prompt_id: str, reasons: tuple[Reason, ...]) -> PromptReport:
        """Evaluate one prompt of the head. What cannot be run is reported as not run, with the reason."""
        parts = parts_of(self._sides, prompt_id)
        notes: list[str] = []
        decisive = second = None
        weak: tuple[NullProbe, ...] = ()
        try:
            if parts.suite is None and parts.head_suite is None:
                outcome = outcome_of(VerdictKind.NOT_RUN, "It has no suite, so nothing says what a good answer is.")
            else:
                weak = await self._weak_spots(parts)
                decisive = await self._decisive(parts, notes)
                second = await self._second(parts, decisive) if parts.suites_differ else None
                outcome = prompt_outcome(decisive, second)
        except (SetupError, UsageError) as error:
            hint = f" {error.hint}" if error.hint else ""
            outcome = outcome_of(VerdictKind.NOT_RUN, f"It could not be run here: {error.message}{hint}")
        if parts.suite is None and not parts.new:
            notes.append("The suite of the base is not valid, so it cannot decide; mend it there first.")
        if second is not None:
            notes += head_suite_notes(second)
        notes += self._recorded_by_the_change(parts, decisive)
        notes += [probe.sentence() for probe in weak]
        blocks = parts.policy is not None and parts.policy.on_inconclusive == "block"
        return PromptReport(
            prompt_id=prompt_id,
            version=parts.head.version,
            kind=outcome.kind,
            reasons=outcome.reasons,
            exit_code=outcome.exit_code,
            selected_because=reasons,
            new=parts.new,
            decisive=decisive,
            head_suite=second,
            diff=self._diff(parts),
            weak=weak,
            notes=tuple(dict.fromkeys(notes)),
            next_step=_next_step(prompt_id, outcome, decisive, new=parts.new),
            blocks=blocks and outcome.kind is VerdictKind.INCONCLUSIVE,
        )

    async def _weak_spots(self, parts: Parts) -> tuple[NullProbe, ...]:
        suite = parts.head_suite or parts.suite
        if suite is None:
            return ()
        job = EvalJob(prompt=parts.head, suite=suite, model=parts.head.model, cases=suite.cases)
        return await weak_spots(job, render_messages, bind)

    async def _decisive(self, parts: Parts, notes: list[str]) -> SuiteRun:
        if parts.suite is None:
            return await self._uncompared(parts)
        baseline, why_both = self._baseline(parts, parts.suite)
        if baseline is not None and not why_both:
            looked_run = await self._against_baseline(parts, parts.suite, baseline, notes)
            if not isinstance(looked_run, tuple):
                return looked_run
            why_both = looked_run
        if parts.base is None:
            reason = "The base's prompt cannot be read, so both sides cannot be run now."
            return _suite_run("base", outcome_of(VerdictKind.INCOMPARABLE, *why_both, reason))
        notes += why_both
        return await self._both_arms(parts, parts.suite, parts.base)

    async def _uncompared(self, parts: Parts) -> SuiteRun:
        """Run a prompt that the base does not know on its own suite."""
        suite = parts.head_suite
        if suite is None:  # _decisive is only asked where there is one of them
            return _suite_run("head", outcome_of(VerdictKind.NOT_RUN, "It has no suite."))
        trials = repeats_for(suite, parts.head.model)
        with closing(self._open(parts, parts.head, suite, trials, self._gateways.usual)) as arm:
            stopped = await run_once(arm.arm, trials)
            summary = arm.finish(trials, stopped=stopped)
            cases = regressed_cases({case.id: case for case in suite.cases}, summary, arm.measure(), None)
        outcome = uncompared_outcome(summary, stopped=stopped)
        return replace(_suite_run("head", outcome), summary=summary, run_path=arm.run_path, cases=cases)

    async def _against_baseline(
        self, parts: Parts, suite: Suite, baseline: Baseline, notes: list[str]
    ) -> SuiteRun | tuple[str, ...]:
        """Compare with the stored trials; or say why they cannot stand for the present after all."""

        def stale(run: MeasuredRun) -> Sequence[str]:
            # another model was asked for: then it is no wonder that another one answers
            same = run.model_asked == baseline.run.model_asked
            return stale_reasons(baseline, now=datetime.now(UTC), models_served=run.models_served if same else ())

        with closing(self._open(parts, parts.head, suite, max(suite.gate.looks), self._gateways.usual)) as arm:
            looked = await compare_by_looks(arm.arm, baseline.run, suite.gate, stale=stale)
            if parts.base is not None and (reasons := tuple(stale(looked.candidate))):
                arm.finish(looked.trials)
                return reasons
            label = f"baseline of v{baseline.run.prompt_version}, accepted {baseline.acceptance.at:%Y-%m-%d}"
            if baseline.self_comparison is not None:
                notes.append(self_comparison_sentence(baseline.self_comparison))
            return await self._finished(parts, arm, looked, label, {})

    async def _both_arms(self, parts: Parts, suite: Suite, base: Prompt) -> SuiteRun:
        with ExitStack() as stack:
            trials = max(suite.gate.looks)
            ours, theirs = (
                stack.enter_context(closing(self._open(parts, prompt, suite, trials, self._gateways.fresh, arms=2)))
                for prompt in (parts.head, base)
            )
            looked = await compare_by_looks(ours.arm, theirs.arm, suite.gate)
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
            cases = await self._with_base_outputs(parts, found, outputs)
        return replace(
            _suite_run("base", outcome),
            compared_with=label,
            comparison=looked.comparison,
            summary=summary,
            run_path=arm.run_path,
            cases=cases,
        )

    async def _second(self, parts: Parts, decisive: SuiteRun) -> SuiteRun | None:
        """Run the head's suite, as often as the base's took, and compare what is measured as before."""
        suite, policy = parts.head_suite, parts.suite
        if suite is None or policy is None:
            return None
        trials = decisive.summary.repeats if decisive.summary else repeats_for(suite, parts.head.model)
        with closing(self._open(parts, parts.head, suite, trials, self._gateways.usual)) as arm:
            stopped = await run_once(arm.arm, trials)
            measured = arm.measure()
            summary = arm.finish(trials, stopped=stopped)
        baseline, _ = self._baseline(parts, policy)
        if baseline is None:
            outcome = uncompared_outcome(summary, stopped=stopped)
            return replace(_suite_run("head", outcome), summary=summary, run_path=arm.run_path)
        comparison = compare_run(baseline.run, measured, policy.gate, final=True)
        outcome = outcome_of(comparison.verdict.kind, *comparison.verdict.reasons)
        run = replace(_suite_run("head", outcome), comparison=comparison, summary=summary, run_path=arm.run_path)
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

    def _open(
        self, parts: Parts, prompt: Prompt, suite: Suite, trials: int, gateway: Gateway, *, arms: int = 1
    ) -> OpenArm:
        limits = [self._budget.max_cost_usd, suite.max_cost_usd, self._sides.settings.max_cost_usd]
        known = [limit for limit in limits if limit is not None]
        most = min(known) / arms if known else None
        calls = None if self._budget.max_calls is None else self._budget.max_calls // arms
        described = gateway.describe(prompt.model.name)
        job = EvalJob(
            prompt=prompt,
            suite=suite,
            model=replace(prompt.model, name=described.name),
            cases=suite.cases,
            repeats=trials,
            concurrency=described.concurrency,
            budget=RunBudget(max_cost_usd=most, max_calls=calls),
        )
        # rubrics and judges come from where the suite comes from: those of the base decide
        catalog = self._sides.policy if suite == parts.suite else self._sides.change.head
        bind_of_suite = scorers(self._workspace, gateway, self._mode, suite_path=suite.path, catalog=catalog)
        return OpenArm(self._workspace, self._sides.settings, gateway, job, bind_of_suite)

    async def _with_base_outputs(
        self, parts: Parts, cases: tuple[RegressedCase, ...], outputs: Mapping[str, str]
    ) -> tuple[RegressedCase, ...]:
        found = []
        for number, case in enumerate(cases):
            text = outputs.get(case.case_id)
            if text is None and number < BASE_OUTPUTS:
                text = await self._recorded_output(parts, case)
            found.append(replace(case, base_output=None if text is None else text[:LONGEST_OUTPUT]))
        return tuple(found)

    async def _recorded_output(self, parts: Parts, case: RegressedCase) -> str | None:
        """Return what the base's prompt answered, where it was recorded; nothing is asked for it."""
        if parts.base is None or parts.suite is None:
            return None
        try:
            model = replace(parts.base.model, name=self._gateways.recorded.describe(parts.base.model.name).name)
            job = EvalJob(prompt=parts.base, suite=parts.suite, model=model, cases=())
            request = job.request(render_messages(parts.base, case.input), 0)
            return (await self._gateways.recorded.complete(request)).text
        except (ProviderError, InvalidFileError, UsageError, SetupError):
            return None

    def _recorded_by_the_change(self, parts: Parts, decisive: SuiteRun | None) -> Iterator[str]:
        """Say where answers come from that nobody but the author of the change has seen the model give."""
        summary = decisive.summary if decisive else None
        path = recordings_path(self._sides.change.head, parts.head.model.name)
        if summary is not None and summary.sources.get("recording") and path in self._sides.change.files:
            yield f"{summary.sources['recording']} answers come from {path}, which this change edits."

    def _diff(self, parts: Parts) -> PromptDiff | None:
        from llmops_cli.registry.costs.prices import own_prices, price_of  # noqa: PLC0415 - only where it is shown
        from llmops_cli.registry.costs.tokens import count_messages  # noqa: PLC0415 - as above

        base = self._sides.change.base
        before = base.load(parts.prompt_id).prompt if base.path_of(parts.prompt_id) else None
        if before == parts.head:
            return None
        settings = self._sides.settings
        prices = own_prices(settings)
        return diff_prompts(
            before,
            parts.head,
            count_messages=count_messages,
            price_of=lambda name: price_of(name, prices) or price_of(settings.resolve_model(name), prices),
        )


def _suite_run(suite_from: str, outcome: Outcome) -> SuiteRun:
    return SuiteRun(suite_from=suite_from, kind=outcome.kind, reasons=outcome.reasons, exit_code=outcome.exit_code)


def _next_step(prompt_id: str, outcome: Outcome, decisive: SuiteRun | None, *, new: bool) -> str:
    run = decisive.run_path.rpartition("/")[2] if decisive else ""
    if outcome.kind is VerdictKind.REGRESSION:
        return f"llmops runs show {run}" if run else f"llmops eval {prompt_id}"
    if outcome.kind is VerdictKind.INCOMPARABLE:
        if new:
            return f"llmops eval {prompt_id}, then llmops baseline accept {prompt_id} --why … and commit the file"
        return f"llmops baseline check {prompt_id}"
    if outcome.kind is VerdictKind.INCONCLUSIVE:
        return f"llmops runs show {run}" if run else f"llmops eval {prompt_id} --retry-errors"
    return f"llmops eval {prompt_id}" if outcome.kind is VerdictKind.NOT_RUN else ""
