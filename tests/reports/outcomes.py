"""Runs as values, for reports: one that reads well, and one made of hostile text."""

from __future__ import annotations

from llmops_cli.core.completions import Usage
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.evals.job import RunIdentity
from llmops_cli.evals.runs.latency_histogram import LatencySummary
from llmops_cli.evals.runs.metric_summary import MetricSummary
from llmops_cli.evals.runs.summary import (
    CaseCounts,
    ErroredTrial,
    FailedMetric,
    FailingTrial,
    RunSummary,
    Spending,
    TrialCounts,
)
from llmops_cli.reports.eval_outcome import EvalOutcome
from llmops_cli.reports.trial_rows import TrialRow


def outcome(
    *,
    name: str = "summarize-email",
    model: str = "openai/gpt-5-mini",
    expected: str = "The refund for order 4411 is on its way.",
    got: str = "Dear customer, we are happy to tell you that your order is on its way!",
    reason: str = 'does not contain "refund"',
) -> EvalOutcome:
    summary = RunSummary(
        identity=RunIdentity(
            prompt_id=name,
            prompt="sha256:1",
            dataset="sha256:2",
            metrics="sha256:3",
            model="sha256:4",
            tiers=("deterministic",),
            fail_fast_tier=False,
        ),
        prompt_id=name,
        prompt_version=3,
        suite_path=f"evals/{name}.yaml",
        model=model,
        repeats=3,
        score=0.8125,
        trials=TrialCounts(planned=90, passed=72, failed=15, errored=3),
        cases=CaseCounts(total=30, passed=25, always_passed=22, failed=4, unmeasured=1),
        metrics=(
            MetricSummary(
                name="max_words",
                metric="max_words",
                tier="deterministic",
                required=True,
                negated=False,
                weight=1,
                measured=87,
                passed=85,
                failures=0,
                skipped=0,
                mean=0.977,
                raw_mean=21.4,
                unit="words",
            ),
            MetricSummary(
                name=reason,
                metric="judge",
                tier="judge",
                required=False,
                negated=True,
                weight=1,
                measured=0,
                passed=0,
                failures=2,
                skipped=1,
                mean=None,
            ),
        ),
        spending=Spending(usage=Usage(input_tokens=51_234, output_tokens=3_210), cost_usd=0.0192, paid_usd=0.0064),
        latency=LatencySummary(p50_seconds=0.81, p95_seconds=1.4, p99_seconds=2.0, max_seconds=2.2),
        sources={"live": 30, "cache": 57},
        models_served={"gpt-5-mini-2026-08-07": 87},
        finish_reasons={"stop": 87},
        error_kinds={"provider": 3},
        avoided={"judge": 4},
        failing=(
            FailingTrial(
                case_id="refund-late",
                number=0,
                critical=False,
                expected=(expected, "refund"),
                got="",
                metrics=(FailedMetric(name="contains", reason=reason, score=0.0),),
                path="evals/cases/summarize-email.jsonl",
                line=7,
            ),
            FailingTrial(
                case_id=name,
                number=2,
                critical=True,
                expected=expected,
                got=got,
                metrics=(FailedMetric(name="contains", reason=reason, score=0.0),),
                path="evals/cases/summarize-email.jsonl",
                line=12,
            ),
        ),
        errors=(
            ErroredTrial(case_id=name, number=1, critical=False, kind="provider", message=reason),
            ErroredTrial(case_id="two", number=1, critical=False, kind="provider", message=reason),
        ),
        critical_failed=(name,),
        critical_unmeasured=(),
    )
    return EvalOutcome(
        summary=summary,
        word="REGRESSION",
        reasons=(f"Critical case broken: {name} (passes 0 of 3).", reason),
        exit_code=ExitCode.GATE_FAILED,
        run_path=f".llmops/runs/20261123T142403Z-{name}-3de6e6285280",
        elapsed_seconds=73.2,
        compared_with="baseline of v2, accepted 2026-11-20",
        next_step="llmops runs show 20261123T142403Z",
    )


def rows(text: str) -> list[TrialRow]:
    return [
        TrialRow(
            prompt="a-v1",
            model="echo/x",
            case_id=text,
            trial=number,
            critical=True,
            state=state,
            score=0.5,
            expected=text,
            got=text,
            why=(f"contains: {text}",),
            path=text,
            line=3,
            seconds=0.5,
            source="live",
        )
        for number, state in enumerate(("pass", "fail", "error", "not run"))
    ]
