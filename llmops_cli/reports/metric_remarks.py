"""What there is to say of a metric beside its numbers, in the same words in every report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.evals.runs.metric_summary import MetricSummary


def metric_remarks(metric: MetricSummary) -> tuple[str, ...]:
    """Return short remarks, what changes the meaning of the numbers first; the verdict names the wrong canaries."""
    remarks = (
        "required" if metric.required else "",
        "must not match" if metric.negated else "",
        "only warns" if metric.only_warns else "",
        "canaries wrong" if metric.canaries else "",
        f"{metric.failures} could not measure" if metric.failures and not metric.canaries else "",
        f"{metric.skipped} spared" if metric.skipped else "",
    )
    return tuple(filter(None, remarks))
