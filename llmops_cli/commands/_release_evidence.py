"""What proves that a content is good enough: the baseline committed with it, or the gate run now."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_cli.commands._judge_licences import suite_licences, without_licence
from llmops_cli.commands._scores import baseline_path_of, load_committed
from llmops_cli.core.canonical_json import digest_of, digest_of_bytes
from llmops_cli.core.errors import IncomparableError, LlmopsError
from llmops_cli.core.release_evidence import EvalEvidence, MetricEvidence
from llmops_cli.core.release_policy import ACCEPTED, ACCEPTED_HINT, PASS
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS
from llmops_cli.registry.suites import usable_suite
from llmops_cli.release.clock import moment
from llmops_cli.release.proposals import NoEvidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.ci.prompt_report import PromptReport
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.release_policy import ReleasePolicy
    from llmops_cli.core.releases import Release
    from llmops_cli.core.suites import Suite
    from llmops_cli.evals.baselines.baseline import Baseline
    from llmops_cli.evals.comparing.measured_run import MeasuredRun
    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.release.proposals import Proposal


class CommittedEvidence:
    """The baselines of one commit."""

    def __init__(self, workspace: Workspace, catalog: Catalog, policy: ReleasePolicy) -> None:
        """Take the prompts, suites and baselines as they are at the commit, and what the environment asks for."""
        self._workspace = workspace
        self._catalog = catalog
        self._accepts = policy.takes_accepted

    def evidence_of(self, proposal: Proposal, live: Release | None) -> EvalEvidence | NoEvidence:
        """Return what the committed baseline says of exactly this content, or why it says nothing."""
        prompt = proposal.prompt
        evaluate = f"Measure it: llmops eval {prompt.id}, llmops baseline accept {prompt.id}, and commit; or --eval"
        try:
            baseline = self._baseline(prompt)
            suite = usable_suite(self._catalog, prompt.id, KNOWN_METRICS)
        except LlmopsError as error:
            return NoEvidence(reason=error.message, hint=evaluate)
        if changed := _changed_yardstick(self._catalog, prompt, suite, baseline):
            return NoEvidence(reason=f"the suite changed since the baseline: {changed}", hint=evaluate)
        if suite.gate.weak_suite == "block" and (weak := _weak_spots(prompt, suite)):
            return NoEvidence(reason=f"its evaluation says nothing. {weak[0]}", hint="Ask for more in the suite first.")
        verdict, objection = self._verdict(baseline, suite, live)
        if objection:
            return NoEvidence(reason=f"its evaluation is no pass: {objection}", hint="Mend the prompt first.")
        if verdict != PASS and live is not None and not self._accepts:
            return NoEvidence(reason=f"no comparison with the live {live.identifier} passed.", hint=ACCEPTED_HINT)
        path = baseline_path_of(self._catalog.settings, prompt.id)
        return _evidence(baseline, suite, verdict, digest_of_bytes(self._catalog.tree.read(path)))

    def _baseline(self, prompt: Prompt) -> Baseline:
        """Return the committed baseline of exactly this content.

        Raises:
            IncomparableError: there is none.
        """
        loaded = load_committed(self._catalog.tree, self._catalog.settings, prompt.id)
        if loaded is None:
            message = "no baseline is committed."
            raise IncomparableError(message)
        if loaded.baseline is None:
            message = f"the baseline cannot be used: {loaded.findings[0].message}"
            raise IncomparableError(message)
        if loaded.baseline.run.prompt_digest != prompt.digest():
            message = f"the committed baseline measured other content (v{loaded.baseline.run.prompt_version})."
            raise IncomparableError(message)
        return loaded.baseline

    def _verdict(self, baseline: Baseline, suite: Suite, live: Release | None) -> tuple[str, str]:
        """Return the verdict word and what speaks against it: compared with the baseline of what is live."""
        from llmops_cli.evals.comparing.comparison import compare_run  # noqa: PLC0415 - only where evidence is judged
        from llmops_cli.evals.comparing.verdict import holds_the_change  # noqa: PLC0415 - as above
        from llmops_cli.evals.judges.unlicensed import unlicensed, without_unlicensed  # noqa: PLC0415 - as above

        licences = suite_licences(self._catalog, suite)
        run = without_unlicensed(baseline.run, unlicensed(licences))
        if failing := _failing_critical(run):
            return "", f"critical cases fail: {', '.join(failing[:5])}."
        before = self._baseline_of(live)
        if before is None:
            return ACCEPTED, ""
        comparison = compare_run(before.run, baseline.run, suite.gate, final=True, licences=licences)
        kind = comparison.verdict.kind
        if kind is VerdictKind.INCOMPARABLE:
            return ACCEPTED, ""
        if kind is not VerdictKind.PASS and holds_the_change(comparison.verdict, suite.gate):
            return "", f"{kind.value}. {comparison.verdict.reasons[0]}"
        return (PASS if kind is VerdictKind.PASS else ACCEPTED), ""

    def _baseline_of(self, live: Release | None) -> Baseline | None:
        if live is None:
            return None
        try:
            tree = self._workspace.repository.tree_at(live.git.commit)
            loaded = load_committed(tree, self._catalog.settings, live.prompt_id)
        except LlmopsError:
            return None
        found = loaded.baseline if loaded else None
        return found if found and found.run.prompt_digest == live.digest else None


def _weak_spots(prompt: Prompt, suite: Suite) -> tuple[str, ...]:
    """Say which answers without knowledge the suite lets through; no model is asked."""
    from llmops_cli.evals.gating.null_models import weak_spots  # noqa: PLC0415 - only where the policy asks
    from llmops_cli.evals.job import EvalJob  # noqa: PLC0415 - as above
    from llmops_cli.evals.measuring.metric_table import bind  # noqa: PLC0415 - as above
    from llmops_cli.registry.templates.template import render_messages  # noqa: PLC0415 - as above

    job = EvalJob(prompt=prompt, suite=suite, model=prompt.model, cases=suite.cases)
    return tuple(probe.sentence() for probe in asyncio.run(weak_spots(job, render_messages, bind)))


class GateEvidence:
    """The gate, run once on the commit against what is live, for all prompts that need it."""

    def __init__(self, workspace: Workspace, catalog: Catalog, commit: str, by: str, policy: ReleasePolicy) -> None:
        """Take what the gate needs; it is run when the first prompt asks."""
        self._accepts = policy.takes_accepted
        self._workspace = workspace
        self._catalog = catalog
        self._commit = commit
        self._by = by
        self._base: str | None = None

    def evidence_of(self, proposal: Proposal, live: Release | None) -> EvalEvidence | NoEvidence:
        """Return what the gate measured of the prompt now, or why it does not pass."""
        self._base = self._base or (live.git.commit if live else None)
        prompt = proposal.prompt
        report = self._reports.get(prompt.id)
        if report is None:
            reason = "the gate did not evaluate it: nothing that reaches it changed."
            return NoEvidence(reason=reason, hint=f"Measure it: llmops eval {prompt.id}, and accept a baseline.")
        run = report.decisive
        if run is None or run.summary is None or report.exit_code != 0:
            return NoEvidence(reason=f"the gate says {report.kind.value}. {' '.join(report.reasons)}")
        if run.kind is not VerdictKind.PASS and live is not None and not self._accepts:
            return NoEvidence(reason=f"the gate says {run.kind.value}, which is no pass.", hint=ACCEPTED_HINT)
        summary = run.summary
        suite = usable_suite(self._catalog, prompt.id, KNOWN_METRICS)
        return EvalEvidence(
            suite_digest=_suite_digest(suite),
            baseline=digest_of(summary.as_json()),
            verdict=PASS if run.kind is VerdictKind.PASS else ACCEPTED,
            score=summary.score,
            cases=summary.cases.total,
            model_asked=prompt.model.name,
            models_served=tuple(sorted(summary.models_served)),
            metrics={},
            at=moment(datetime.now(UTC)),
            by=self._by,
            why="the gate, run by publish",
        )

    @cached_property
    def _reports(self) -> Mapping[str, PromptReport]:
        from llmops_cli.commands._gate_flow import GateOptions, run_gate  # noqa: PLC0415 - only with --eval
        from llmops_cli.gateway.gateway_settings import AnswerMode  # noqa: PLC0415 - as above

        options = GateOptions(
            base=self._base or f"{self._commit}~1",
            head=self._commit,
            strict=True,
            approved_by="",
            mode=AnswerMode.AUTO,
            use_cache=True,
            max_cost_usd=None,
            max_calls=None,
            # what is published is merged: its programs are no longer somebody's proposal
            allow_commands=True,
        )
        report = asyncio.run(run_gate(self._workspace, options))
        return {item.prompt_id: item for item in report.prompts}


def evidence_is_stale(catalog: Catalog, prompt_id: str) -> bool:
    """Tell whether the committed baseline of a prompt is missing, of another content or suite, or too old."""
    from llmops_cli.evals.baselines.baseline import stale_reasons  # noqa: PLC0415 - only for status

    if catalog.suite_path_of(prompt_id) is None:
        return False
    loaded = load_committed(catalog.tree, catalog.settings, prompt_id)
    if loaded is None or loaded.baseline is None:
        return True
    try:
        prompt, suite = catalog.prompt(prompt_id), usable_suite(catalog, prompt_id, KNOWN_METRICS)
    except LlmopsError:
        return True
    other = loaded.baseline.run.prompt_digest != prompt.digest()
    old = stale_reasons(loaded.baseline, now=datetime.now(UTC))
    return bool(other or _changed_yardstick(catalog, prompt, suite, loaded.baseline) or old)


def _changed_yardstick(catalog: Catalog, prompt: Prompt, suite: Suite, baseline: Baseline) -> str:
    """Say what measures otherwise now. Judges without a licence decide nothing, so a baseline need not have them."""
    from llmops_cli.evals.compare.comparability import compare_yardsticks  # noqa: PLC0415 - as above
    from llmops_cli.evals.comparing.measured_run import yardstick_of  # noqa: PLC0415 - as above
    from llmops_cli.evals.job import EvalJob  # noqa: PLC0415 - as above

    job = EvalJob(prompt=prompt, suite=suite, model=prompt.model, cases=suite.cases)
    aside = without_licence(catalog, suite)
    recorded, now = baseline.run.yardstick.without(aside), yardstick_of(job, {}, {}).without(aside)
    compared = compare_yardsticks(recorded, now)
    return "" if compared.complete else " ".join(compared.sentences())


def _failing_critical(run: MeasuredRun) -> list[str]:
    return sorted(
        case for case in run.critical_cases if 2 * sum(run.passed.get(case, ())) <= len(run.passed.get(case, ()))
    )


def _evidence(baseline: Baseline, suite: Suite, verdict: str, digest: str) -> EvalEvidence:
    from llmops_cli.evals.baselines.baseline import metric_means  # noqa: PLC0415 - as above

    run, acceptance = baseline.run, baseline.acceptance
    return EvalEvidence(
        suite_digest=_suite_digest(suite),
        baseline=digest,
        verdict=verdict,
        score=run.score,
        cases=len(run.passed),
        model_asked=run.model_asked,
        models_served=run.models_served,
        metrics={
            name: MetricEvidence(
                mean=found.mean,
                low=min(found.interval.lower, found.mean),
                high=max(found.interval.upper, found.mean),
                cases=found.cases,
            )
            for name, found in metric_means(run).items()
        },
        at=moment(acceptance.at),
        by=acceptance.by,
        why=acceptance.why,
    )


def _suite_digest(suite: Suite) -> str:
    return digest_of({"dataset": suite.dataset_digest(), "metrics": suite.metrics_digest()})
