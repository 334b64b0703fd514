"""A committed baseline: what was measured, by whom it was accepted and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.core.safe_text import safe_text
from llmops_cli.evals.baselines.baseline import metric_means
from llmops_cli.evals.baselines.baseline_file import baseline_as_json
from llmops_cli.reports.numbers import count, score, usd
from llmops_cli.reports.page import FAINT, STRONG, hanging, rendered
from llmops_cli.reports.table import PlainTable

if TYPE_CHECKING:
    from llmops_cli.evals.baselines.baseline import Baseline
    from llmops_cli.reports.page import Page

LABEL = 10


def baseline_json(baseline: Baseline) -> str:
    """Return the document that is committed."""
    return json.dumps(baseline_as_json(baseline), ensure_ascii=True, indent=2, sort_keys=True)


def baseline_text(baseline: Baseline, page: Page) -> str:
    """Return the scores per metric with their intervals, and the acceptance."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    run, acceptance = baseline.run, baseline.acceptance
    name = safe_text(f"{run.prompt_id}-v{run.prompt_version}", one_line=True)
    about = f"  {short_digest(run.prompt_digest)}, on {safe_text(run.model_asked, one_line=True)}"
    table = PlainTable(("METRIC", "MEAN", "95% INTERVAL", "CASES"), stretch=0, right=(1, 3))
    for metric, mean in metric_means(run).items():
        interval = f"{mean.interval.lower:.2f}…{mean.interval.upper:.2f}"
        table.add_row(Text(safe_text(metric, one_line=True)), score(mean.mean), interval, str(mean.cases))
    facts = {
        "score": f"{score(run.score)} over {len(run.passed)} cases × {run.repeats} trials",
        "effort": f"{count(run.effort.input_tokens)} tokens in, {count(run.effort.output_tokens)} out, "
        f"{usd(run.effort.cost_usd)}; a call p50 {run.effort.p50_seconds:.2f} s",
        "accepted": f"{acceptance.at:%Y-%m-%d %H:%M} UTC by {acceptance.by}",
        "commit": acceptance.commit[:10],
        "why": acceptance.why,
    }
    lines = [
        hanging(page, Text(f"{label:<{LABEL}}{safe_text(text, one_line=True)}"), indent=LABEL)
        for label, text in facts.items()
        if text
    ]
    head = hanging(page, Text.assemble((name, STRONG), (about, FAINT)))
    return rendered(page, head, Text(""), table.text(page), Text(""), *lines)
