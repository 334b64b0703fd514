"""What a judge is worth: its verdicts against people's labels, against itself, and against its own logic."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import digest_of
from llmops_cli.core.errors import UsageError
from llmops_cli.evals.compare.wilson import wilson_interval
from llmops_cli.evals.judges.agreement import Agreement, cohen_kappa, gwet_ac1
from llmops_cli.evals.judges.judge_request import PROMPT_VERSION
from llmops_cli.evals.judges.judgement import JudgeEffort, JudgeError, Judgement
from llmops_cli.evals.judges.prediction_powered import CorrectedMean, ppi_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.evals.compare.intervals import Interval
    from llmops_cli.evals.judges.coherence import CoherenceCheck
    from llmops_cli.evals.judges.form import Form
    from llmops_cli.evals.judges.judge import Judge
    from llmops_cli.evals.review.labels import Label

LEAST_LABELS = 50
RESCORES = 3
AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share with its 95% Wilson interval."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The share; 0 of nothing."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> Interval:
        """The Wilson interval; nothing seen says nothing."""
        return wilson_interval(self.hits, self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A labelled text with the judge's verdict at calibration: what a later judge is compared with."""

    id: str
    answers: Mapping[str, str]
    passed: bool
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Everything that a licence is decided from.

    `true_pass` is the share of texts passed by people that the judge passes (TPR), `true_fail` that of failed ones
    that it fails (TNR). `unreadable` counts labelled texts without a verdict. `steady` is the share of repeated
    verdicts that equal the first. `pass_rate` is the people's pass rate over everything judged, corrected by PPI++.
    """

    rubric: str
    rubric_digest: str
    judge: JsonObject
    least: float
    labels: int
    labels_digest: str
    newest_label: datetime
    raters: tuple[str, ...]
    unreadable: int
    true_pass: Rate
    true_fail: Rate
    kappa: Agreement
    ac1: Agreement
    steady: Rate
    coherence: tuple[CoherenceCheck, ...]
    pass_rate: CorrectedMean
    judged_pass_rate: float
    anchors: tuple[Anchor, ...]
    at: datetime
    prompt_version: int = PROMPT_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A label with the judge's verdicts of its text: the first, and the repeats. None where there was no verdict.

    `problem` is why the first of them is missing.
    """

    label: Label
    first: Judgement | None
    repeats: tuple[Judgement | None, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedLabels:
    """All labels with their verdicts, and what asking took."""

    items: tuple[Judged, ...]
    effort: JudgeEffort


async def judge_labels(
    judge: Judge,
    form: Form,
    labels: Sequence[Label],
    *,
    rescores: int = RESCORES,
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> JudgedLabels:
    """Judge every labelled text anew, `1 + rescores` times."""
    effort = JudgeEffort()
    gate = asyncio.Semaphore(AT_ONCE)
    done = 0

    problems: dict[str, str] = {}

    async def once(label: Label, repeat: int) -> Judgement | None:
        nonlocal effort, done
        async with gate:
            try:
                found: Judgement | None = await judge.judge(form, label.material, fresh=True, repeat=repeat)
            except JudgeError as error:
                found = None
                effort += error.effort
                problems.setdefault(label.id, error.reason)
        if found is not None:
            effort += found.effort
        done += 1
        tell(done, len(labels) * (1 + rescores))
        return found

    async def judged(label: Label) -> Judged:
        first, *repeats = await asyncio.gather(*(once(label, repeat) for repeat in range(1 + rescores)))
        problem = "" if first else problems.get(label.id, "")
        return Judged(label=label, first=first, repeats=tuple(repeats), problem=problem)

    return JudgedLabels(items=tuple(await asyncio.gather(*map(judged, labels))), effort=effort)


def calibrate(  # noqa: PLR0913 - what a calibration is made from; each has one meaning
    judged: Sequence[Judged],
    form: Form,
    judge: Judge,
    *,
    rubric: tuple[str, str],
    least: float,
    coherence: Iterable[CoherenceCheck],
    unlabelled: Sequence[float],
    at: datetime,
) -> Calibration:
    """Return the calibration.

    `rubric` is id and digest, `unlabelled` are the judge's passes (1) and failures (0) on other outputs.

    Raises:
        UsageError: when the judge gave fewer than two verdicts.
    """
    read = [(item, item.first) for item in judged if item.first is not None]
    if len(read) < 2:  # noqa: PLR2004 - agreement of one text is none
        why = next((item.problem for item in judged if item.problem), "")
        message = f"the judge gave {len(read)} verdicts on {len(judged)} labelled outputs{f': {why}' if why else ''}."
        raise UsageError(message, where=rubric[0], hint="Take another model as judge.")
    people = [item.label.score(form) >= least for item, _ in read]
    model = [first.score >= least for _, first in read]
    pairs = [("pass" if a else "fail", "pass" if b else "fail") for a, b in zip(people, model, strict=True)]
    repeats = [(item.first, again) for item in judged for again in item.repeats]
    labels = [item.label for item in judged]
    return Calibration(
        rubric=rubric[0],
        rubric_digest=rubric[1],
        judge=judge.settings.as_json(),
        least=least,
        labels=len(labels),
        labels_digest=digest_of(sorted([label.id, *sorted(map(str, label.answers.items()))] for label in labels)),
        newest_label=max(label.at for label in labels),
        raters=tuple(sorted({label.by for label in labels})),
        unreadable=len(judged) - len(read),
        true_pass=_rate(people, model, wanted=True),
        true_fail=_rate(people, model, wanted=False),
        kappa=cohen_kappa(pairs),
        ac1=gwet_ac1(pairs),
        steady=Rate(hits=sum(_same(first, again) for first, again in repeats), of=len(repeats)),
        coherence=tuple(coherence),
        pass_rate=ppi_mean([float(p) for p in people], [float(m) for m in model], list(unlabelled)),
        judged_pass_rate=sum(model) / len(model),
        anchors=tuple(
            Anchor(id=item.label.id, answers=dict(first.answers), passed=verdict, right=verdict == person)
            for (item, first), verdict, person in sorted(
                zip(read, model, people, strict=True), key=lambda row: row[0][0].label.id
            )
        ),
        at=at,
    )


def _rate(people: Sequence[bool], model: Sequence[bool], *, wanted: bool) -> Rate:
    of = [verdict == wanted for person, verdict in zip(people, model, strict=True) if person == wanted]
    return Rate(hits=sum(of), of=len(of))


def _same(first: Judgement | None, again: Judgement | None) -> bool:
    return first is not None and again is not None and dict(first.answers) == dict(again.answers)
