"""The licences of a check's judges: the base's calibrations, with the anchors judged again now, once per check."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmops_cli.commands._judge_licences import JudgeOnTrial, judges_on_trial, suite_licences
from llmops_cli.core.canonical_json import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.commands._command_budget import CommandBudget
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.suites import Suite
    from llmops_cli.evals.judges.licence import Drift, Licence
    from llmops_cli.gateway.assembly import Gateway
    from llmops_cli.gateway.gateway_settings import AnswerMode
    from llmops_cli.registry.catalog import Catalog


class GateJudges:
    """Gives licences, and counts what judging the anchors again has cost."""

    def __init__(
        self, workspace: Workspace, catalog: Catalog, gateway: Gateway, mode: AnswerMode, budget: CommandBudget
    ) -> None:
        """Take the base's `catalog` (a change cannot license its own judge) and a gateway that asks now."""
        self.paid_usd = 0.0
        self._workspace = workspace
        self._catalog = catalog
        self._gateway = gateway
        self._mode = mode
        self._budget = budget
        self._drifts: dict[str, Drift] = {}

    async def licences(self, suite: Suite) -> Mapping[str, Licence]:
        """Return the licence of every judge metric of a suite by the metric's name.

        Only a judge that could block is asked again, and none where answers come from recordings: those cannot drift.
        """
        now = datetime.now(UTC)
        found = dict(suite_licences(self._catalog, suite, now=now))
        if self._mode.value == "replay" or not any(licence.may_block for licence in found.values()):
            return found
        for name, judge in judges_on_trial(self._catalog, suite).items():
            if isinstance(judge, JudgeOnTrial) and found[name].may_block:
                found[name] = judge.licence(now, await self._drift(judge, suite))
        return found

    async def _drift(self, judge: JudgeOnTrial, suite: Suite) -> Drift:
        key = digest_of([judge.files.rubric.digest(), judge.judge.as_json()])
        if key not in self._drifts:
            self._drifts[key] = await self._anchors_again(judge, suite)
        return self._drifts[key]

    async def _anchors_again(self, on_trial: JudgeOnTrial, suite: Suite) -> Drift:
        from llmops_cli.commands._judges import judge_ports  # noqa: PLC0415 - only where a judge may block
        from llmops_cli.commands._rubrics import read_labels  # noqa: PLC0415 - as above
        from llmops_cli.evals.judges.calibration import judge_labels  # noqa: PLC0415 - as above
        from llmops_cli.evals.judges.judge import Judge  # noqa: PLC0415 - as above
        from llmops_cli.evals.judges.licence import drift_of  # noqa: PLC0415 - as above
        from llmops_cli.evals.judges.verdict_cache import NoVerdicts  # noqa: PLC0415 - as above
        from llmops_cli.evals.review.labels import one_per_text  # noqa: PLC0415 - as above

        calibration, files = on_trial.calibration, on_trial.files
        if calibration is None:  # without one there is no licence to lose
            message = "a judge without a calibration has no anchors"
            raise ValueError(message)
        ports = judge_ports(self._workspace, self._gateway, self._mode, suite_path=suite.path, catalog=self._catalog)
        judge = Judge(on_trial.judge, self._gateway, markers=ports.markers(on_trial.judge.name), verdicts=NoVerdicts())
        anchors = {anchor.id for anchor in calibration.anchors}
        labels = [label for label in one_per_text(read_labels(self._catalog, files)) if label.id in anchors]
        judged = await judge_labels(judge, files.form, labels, rescores=0)
        self.paid_usd += judged.effort.paid_usd
        self._budget.spend(judged.effort.paid_usd)
        again = {
            item.label.id: (item.first.score >= calibration.least, item.first.answers)
            for item in judged.items
            if item.first is not None
        }
        return drift_of(calibration, again)
