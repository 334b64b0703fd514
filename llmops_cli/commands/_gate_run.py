"""Evaluates one affected prompt for the gate: the base's suite decides, the head's is run beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.own_answers import own_answers, own_answers_sentence
from llmops_cli.ci.prompt_report import PromptReport
from llmops_cli.ci.prompt_verdict import (
    head_suite_notes,
    judged_by_its_author,
    outcome_of,
    prompt_outcome,
    record_command,
    weakly_measured,
)
from llmops_cli.commands._gate_judges import GateJudges
from llmops_cli.commands._gate_parts import parts_of
from llmops_cli.commands._gate_suites import SuiteRuns
from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.gating.null_models import weak_spots
from llmops_cli.evals.job import EvalJob
from llmops_cli.evals.measuring.metric_table import bind
from llmops_cli.registry.diff.prompt_diff import diff_prompts
from llmops_cli.registry.templates.template import render_messages

if TYPE_CHECKING:
    from llmops_cli.ci.affected import Reason
    from llmops_cli.ci.gate_runs import SuiteRun
    from llmops_cli.ci.gate_sides import GateSides
    from llmops_cli.ci.own_answers import Served
    from llmops_cli.ci.prompt_verdict import Outcome
    from llmops_cli.commands._command_budget import CommandBudget
    from llmops_cli.commands._gate_parts import Gateways, Parts
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.evals.gating.null_models import NullProbe
    from llmops_cli.gateway.gateway_settings import AnswerMode
    from llmops_cli.gateway.recording_file import RecordingKey
    from llmops_cli.registry.diff.prompt_diff import PromptDiff


class GateRun:
    """Evaluates the affected prompts one after the other."""

    def __init__(
        self,
        workspace: Workspace,
        sides: GateSides,
        gateways: Gateways,
        budget: CommandBudget,
        mode: AnswerMode,
        *,
        with_diffs: bool,
    ) -> None:
        """Take both sides, the models, what the check may cost, where answers come from, and whether diffs are shown.

        Diffs count tokens, for which the ranks are loaded: a third of a second.
        """
        self._sides = sides
        self._with_diffs = with_diffs
        self._gateways = gateways
        self._suites = SuiteRuns(workspace, sides, gateways, budget, mode)
        self._judges = GateJudges(workspace, sides.policy, gateways.fresh, mode, budget)

    async def report(self, prompt_id: str, reasons: tuple[Reason, ...]) -> PromptReport:
        """Evaluate one prompt of the head. What cannot be run is reported as not run, with the reason."""
        parts = parts_of(self._sides, prompt_id)
        judged_before = self._judges.paid_usd
        served_before = self._served()
        notes: list[str] = []
        decisive = second = None
        weak: tuple[NullProbe, ...] = ()
        try:
            if parts.suite is None and parts.head_suite is None:
                outcome = outcome_of(VerdictKind.NOT_RUN, "It has no suite, so nothing says what a good answer is.")
            else:
                weak = await self._weak_spots(parts)
                decisive, second = await self._measured(parts, notes)
                outcome = prompt_outcome(decisive, second)
        except (SetupError, UsageError) as error:
            hint = f" {error.hint}" if error.hint else ""
            outcome = outcome_of(VerdictKind.NOT_RUN, f"It could not be run here: {error.message}{hint}")
        if parts.suite is None and not parts.new:
            notes.append("The suite of the base is not valid, so it cannot decide; mend it there first.")
        if second is not None:
            notes += head_suite_notes(second)
        # a suite that only the change knows does not bring its own rules
        policy = parts.suite.gate if parts.suite else self._sides.policy.settings.gate
        own = own_answers(self._sides.change, since(served_before, self._served()))
        if own:
            told = own_answers_sentence(own)
            outcome = judged_by_its_author(outcome, told) if policy.own_recordings == "block" else outcome
            notes += () if told in outcome.reasons else (told,)
        if weak and policy.weak_suite == "block":
            outcome = weakly_measured(outcome, [probe.sentence() for probe in weak])
        notes += [sentence for probe in weak if (sentence := probe.sentence()) not in outcome.reasons]
        blocks = policy.on_inconclusive == "block" and outcome.kind is VerdictKind.INCONCLUSIVE
        blocks |= bool(weak) and policy.weak_suite == "block"
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
            diff=self._diff(parts) if self._with_diffs else None,
            weak=weak,
            notes=tuple(dict.fromkeys(notes)),
            next_step=_next_step(parts, outcome, decisive),
            judging_usd=self._judges.paid_usd - judged_before,
            blocks=blocks,
        )

    async def _measured(self, parts: Parts, notes: list[str]) -> tuple[SuiteRun, SuiteRun | None]:
        """Run the suite that decides and, where the change edits it, the change's too; judges by their licences."""
        suite = parts.suite or parts.head_suite
        decisive = await self._suites.decisive(parts, await self._judges.licences(suite) if suite else {}, notes)
        if not parts.suites_differ or parts.head_suite is None:
            return decisive, None
        return decisive, await self._suites.second(parts, decisive, await self._judges.licences(parts.head_suite))

    async def _weak_spots(self, parts: Parts) -> tuple[NullProbe, ...]:
        """Probe the suite that decides; the guard probes what the change makes of it."""
        suite = parts.suite or parts.head_suite
        if suite is None:
            return ()
        job = EvalJob(prompt=parts.head, suite=suite, model=parts.head.model, cases=suite.cases)
        return await weak_spots(job, render_messages, bind)

    def _served(self) -> Served:
        """Return which recorded answers were given so far, those of judges included."""
        found: dict[str, frozenset[RecordingKey]] = {}
        for gateway in (self._gateways.usual, self._gateways.fresh):
            for path, keys in gateway.served_recordings.items():
                found[path] = found.get(path, frozenset()) | keys
        return found

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


def since(before: Served, now: Served) -> Served:
    """Return what was given since `before`."""
    return {path: keys - before.get(path, frozenset()) for path, keys in now.items()}


def _next_step(parts: Parts, outcome: Outcome, decisive: SuiteRun | None) -> str:
    prompt_id = parts.prompt_id
    run = decisive.run_path.rpartition("/")[2] if decisive else ""
    if outcome.kind is VerdictKind.REGRESSION:
        return f"llmops runs show {run}" if run else f"llmops eval {prompt_id}"
    if outcome.kind is VerdictKind.INCOMPARABLE:
        if parts.new:
            return f"llmops eval {prompt_id}, then llmops baseline accept {prompt_id} --why … and commit the file"
        return f"llmops baseline check {prompt_id}"
    if outcome.kind is VerdictKind.INCONCLUSIVE:
        return f"llmops runs show {run}" if run else f"llmops eval {prompt_id} --retry-errors"
    if outcome.kind is not VerdictKind.NOT_RUN:
        return ""
    unrecorded = decisive is not None and decisive.misses_recordings
    return record_command(prompt_id) if unrecorded else f"llmops eval {prompt_id}"
