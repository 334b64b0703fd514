"""What measures in a job, as digests: one for each metric of the suite, one for each case with its own metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import digest_of
from llmops_cli.evals.measuring.metric_table import full_specification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmops_cli.core.suites import Case, MetricSpec
    from llmops_cli.evals.job import EvalJob

PER_CASE = digest_of("measured by what each case says")
"""The digest of a metric that only cases bring along; what it measures with stands in the digests of those cases."""


@dataclass(frozen=True, slots=True)
class MeasuringDigests:
    """Digests of what measures; `rubrics` and `judges` are digests by the names that metrics give."""

    rubrics: Mapping[str, str]
    judges: Mapping[str, str]

    def of_metrics(self, job: EvalJob) -> Mapping[str, str]:
        """Return metric name → digest.

        A metric of cases has the same digest whichever of them are run: one case that was edited, added or left
        out does not make its metric incomparable on the others.
        """
        shared = {spec.name: self._of_metric(spec) for spec in job.metrics_of_suite()}
        own = {spec.name for case in job.cases if case.metrics for spec in job.metrics_of(case)}
        return {name: shared.get(name, PER_CASE) for name in sorted({*shared, *own})}

    def of_cases(self, job: EvalJob) -> Mapping[str, str]:
        """Return case id → digest of the case with all that its own metrics measure with."""
        return _CaseDigests(job, self._of_case)

    def _of_case(self, case: Case) -> str:
        if not case.metrics:
            return digest_of(case.as_json())
        return digest_of({"case": case.as_json(), "metrics": [self._of_metric(spec) for spec in case.metrics]})

    def _of_metric(self, spec: MetricSpec) -> str:
        rubric = str(spec.parameters.get("rubric", ""))
        return digest_of(
            {
                "judge": self.judges.get(spec.name) or self.judges.get(rubric, ""),
                "rubric": self.rubrics.get(rubric, ""),
                "specification": full_specification(spec),
            }
        )


class _CaseDigests(Mapping[str, str]):
    """The digests of a job's cases, each made when it is asked for: a run that is compared with nothing needs none."""

    def __init__(self, job: EvalJob, digest: Callable[[Case], str]) -> None:
        self._job = job
        self._digest = digest
        self._known: dict[str, str] = {}

    def __getitem__(self, case_id: str) -> str:
        if case_id not in self._known:
            self._known[case_id] = self._digest(self._job.cases[self._job.places[case_id]])
        return self._known[case_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._job.places)

    def __len__(self) -> int:
        return len(self._job.places)
