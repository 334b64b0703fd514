"""Which outputs a person is asked about: a random sample, always the same for a seed, what is labelled left out."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.evals.judges.judge_metric import input_of, reference_of
from llmops_cli.evals.judges.judge_request import Material
from llmops_cli.evals.review.labels import text_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmops_cli.core.suites import Case
    from llmops_cli.evals.review.labels import Label
    from llmops_cli.evals.runs.journal_line import JournalEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ToLabel:
    """One output to look at. What a judge said of it is not in here: the person is not to know."""

    material: Material
    source: str

    @property
    def id(self) -> str:
        """The name of the text."""
        return text_id(self.material)


def outputs_of(cases: Iterable[Case], entries: Iterable[JournalEntry], run: str) -> list[ToLabel]:
    """Return the outputs of a run, each text once."""
    by_id = {case.id: case for case in cases}
    found: dict[str, ToLabel] = {}
    for entry in entries:
        case, completion = by_id.get(entry.trial.key.case_id), entry.trial.completion
        if case is None or completion is None:
            continue
        material = Material(output=completion.text, input=input_of(case.variables), expected=reference_of(case))
        item = ToLabel(material=material, source=f"{run}/{case.id}/{entry.trial.key.number}")
        found.setdefault(item.id, item)
    return list(found.values())


def sample(outputs: Sequence[ToLabel], labels: Iterable[Label], *, by: str, size: int, seed: int) -> list[ToLabel]:
    """Return at most `size` outputs that `by` has not labelled, in the order of the sample.

    The order depends on the seed and the texts alone: a session that goes on later goes on where it was, and the
    labelled ones are a random sample of all at any moment, as a corrected pass rate needs.
    """
    done = {label.id for label in labels if label.by == by}
    order = sorted(outputs, key=lambda item: item.id)
    random.Random(seed).shuffle(order)  # noqa: S311 - which outputs are looked at is no secret
    return [item for item in order[:size] if item.id not in done]
