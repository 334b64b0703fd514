"""Which judges of a suite may block: what a gate asks before it believes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from llmops_cli.core.suites import MetricSpec, Suite
    from llmops_cli.evals.judges.licence import Licence
    from llmops_cli.gateway.assembly import Gateway
    from llmops_cli.registry.catalog import Catalog


def suite_licences(catalog: Catalog, gateway: Gateway, suite: Suite, *, now: datetime) -> Mapping[str, Licence]:
    """Return the licence of every judge metric by its name; `catalog` is where rubrics and calibrations are read.

    A gate passes the base's catalog: a change cannot license its own judge. Metrics without an entry are no judges.
    """
    from llmops_cli.registry.suite_judges import judge_metrics  # noqa: PLC0415 - only gates with judges need it

    return {spec.name: _licence(catalog, gateway, suite, spec, now) for spec in judge_metrics(suite)}


def _licence(catalog: Catalog, gateway: Gateway, suite: Suite, spec: MetricSpec, now: datetime) -> Licence:
    from dataclasses import replace  # noqa: PLC0415 - as above

    from llmops_cli.commands._judges import judge_model  # noqa: PLC0415 - as above
    from llmops_cli.commands._rubrics import read_calibration, rubric_files  # noqa: PLC0415 - as above
    from llmops_cli.evals.judges.licence import Licence, LicenceState, judge_licence  # noqa: PLC0415 - as above
    from llmops_cli.registry.suite_judges import judge_names  # noqa: PLC0415 - as above

    def uncalibrated(reason: str) -> Licence:
        return Licence(state=LicenceState.UNCALIBRATED, reasons=(reason,))

    named = str(spec.parameters.get("rubric", ""))
    if named not in suite.rubrics:
        return uncalibrated("it has no rubric file, and only a rubric can be calibrated")
    files = rubric_files(catalog, named.rpartition("/")[2].rpartition(".")[0])
    names = judge_names(spec, files.rubric, catalog.settings)
    if len(names) != 1:
        return uncalibrated("a panel is not calibrated as a whole")
    asked = files.rubric.judge
    judge = judge_model(catalog.settings, gateway, names[0])
    if asked is not None and not spec.parameters.get("model"):
        judge = replace(judge, temperature=asked.temperature, votes=asked.votes, max_tokens=asked.max_tokens)
    votes, temperature = spec.parameters.get("votes"), spec.parameters.get("temperature")
    judge = replace(
        judge,
        votes=votes if isinstance(votes, int) else judge.votes,
        temperature=float(temperature) if isinstance(temperature, (int, float)) else judge.temperature,
    )
    return judge_licence(
        read_calibration(catalog, files),
        rubric_digest=files.rubric.digest(),
        judge=judge.as_json(),
        now=now,
        pairwise=spec.metric == "judge_pairwise",
    )
