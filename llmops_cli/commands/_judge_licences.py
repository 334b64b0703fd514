"""Which judges of a suite may block: what a gate asks before it believes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmops_cli.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.commands._rubrics import RubricFiles
    from llmops_cli.core.suites import MetricSpec, Suite
    from llmops_cli.evals.judges.calibration import Calibration
    from llmops_cli.evals.judges.judge_request import JudgeModel
    from llmops_cli.evals.judges.licence import Drift, Licence
    from llmops_cli.registry.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeOnTrial:
    """A judge metric with everything that its licence rests on."""

    spec: MetricSpec
    files: RubricFiles
    judge: JudgeModel
    calibration: Calibration | None

    def licence(self, now: datetime, drift: Drift | None = None) -> Licence:
        """Return the licence of now."""
        from llmops_cli.evals.judges.licence import judge_licence  # noqa: PLC0415 - only suites with judges need it

        return judge_licence(
            self.calibration,
            rubric_digest=self.files.rubric.digest(),
            judge=self.judge.as_json(),
            now=now,
            drift=drift,
            pairwise=self.spec.metric == "judge_pairwise",
        )


def suite_licences(catalog: Catalog, suite: Suite, *, now: datetime | None = None) -> Mapping[str, Licence]:
    """Return the licence of every judge metric by its name; `catalog` is where rubrics and calibrations are read.

    A gate passes the base's catalog: a change cannot license its own judge. Metrics without an entry are no judges.
    Nothing is asked, so drift is not seen here.
    """
    moment = now or datetime.now(UTC)
    return {
        name: found.licence(moment) if isinstance(found, JudgeOnTrial) else _uncalibrated(found)
        for name, found in judges_on_trial(catalog, suite).items()
    }


def without_licence(catalog: Catalog, suite: Suite) -> frozenset[str]:
    """Return the judge metrics of a suite that may not block."""
    from llmops_cli.evals.judges.unlicensed import unlicensed  # noqa: PLC0415 - only where runs are compared

    return unlicensed(suite_licences(catalog, suite))


def judges_on_trial(catalog: Catalog, suite: Suite) -> Mapping[str, JudgeOnTrial | str]:
    """Return by metric the judge with its calibration, or why it cannot have any.

    Raises:
        InvalidFileError: when a rubric or a calibration has errors.
    """
    from llmops_cli.registry.suite_judges import judge_metrics  # noqa: PLC0415 - only suites with judges need more

    return {spec.name: _on_trial(catalog, suite, spec) for spec in judge_metrics(suite)}


def _on_trial(catalog: Catalog, suite: Suite, spec: MetricSpec) -> JudgeOnTrial | str:
    from llmops_cli.commands._judges import judge_as  # noqa: PLC0415 - only suites with judges need it
    from llmops_cli.commands._rubrics import read_calibration, rubric_files  # noqa: PLC0415 - as above
    from llmops_cli.registry.suite_judges import judge_names, judge_settings_of  # noqa: PLC0415 - as above

    named = str(spec.parameters.get("rubric", ""))
    if named not in suite.rubrics:
        return "it has no rubric file, and only a rubric can be calibrated"
    try:
        files = rubric_files(catalog, named.rpartition("/")[2].rpartition(".")[0])
    except UsageError:
        return "its rubric is not there where licences are read"
    names = judge_names(spec, files.rubric, catalog.settings)
    if len(names) != 1:
        return "a panel is not calibrated as a whole"
    settings = judge_settings_of(names[0], catalog.settings)
    asked = files.rubric.judge
    if asked is not None and not spec.parameters.get("model"):
        settings = replace(settings, temperature=asked.temperature, votes=asked.votes, max_tokens=asked.max_tokens)
    provider = catalog.settings.providers.get(settings.model.partition("/")[0])
    if provider is None:
        return "the provider of its model is not known"
    judge = judge_as(settings, settings.model, provider.protocol)
    votes, temperature = spec.parameters.get("votes"), spec.parameters.get("temperature")
    judge = replace(
        judge,
        votes=votes if isinstance(votes, int) else judge.votes,
        temperature=float(temperature) if isinstance(temperature, (int, float)) else judge.temperature,
    )
    return JudgeOnTrial(spec=spec, files=files, judge=judge, calibration=read_calibration(catalog, files))


def _uncalibrated(reason: str) -> Licence:
    from llmops_cli.evals.judges.licence import Licence, LicenceState  # noqa: PLC0415 - only suites with judges need it

    return Licence(state=LicenceState.UNCALIBRATED, reasons=(reason,))
