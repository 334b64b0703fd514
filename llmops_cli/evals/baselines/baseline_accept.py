"""Take a run as the baseline: plan the file, show what changes, write it whole."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.core.errors import RefusedError, SetupError
from llmops_cli.evals.baselines.baseline import FEWEST_TRIALS, metric_means, scores_nothing
from llmops_cli.evals.baselines.baseline_file import baseline_bytes
from llmops_cli.evals.baselines.baseline_path import FOLDER, baseline_path
from llmops_cli.evals.compare.comparability import compare_yardsticks

if TYPE_CHECKING:
    from llmops_cli.evals.baselines.baseline import Baseline
    from llmops_cli.evals.comparing.measured_run import MeasuredRun


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselinePlan:
    """The file that `apply_accept` will write; `sentences` say to a person what changes."""

    path: str
    data: bytes
    sentences: tuple[str, ...]


def plan_accept(baseline: Baseline, current: Baseline | None, *, folder: str = FOLDER) -> BaselinePlan:
    """Plan to make a run the baseline.

    Raises:
        RefusedError: when it cannot serve as one: nothing measured, trials lost, too few of them, or no reason given.
    """
    run = baseline.run
    _check_fitness(baseline)
    return BaselinePlan(
        path=baseline_path(run.prompt_id, folder),
        data=baseline_bytes(baseline),
        sentences=_changes(run, current.run if current else None),
    )


def apply_accept(plan: BaselinePlan, root: Path) -> Path:
    """Write the planned file; either the old one or the whole new one is there, whenever the process dies.

    Raises:
        RefusedError: when a symbolic link leads out of the repository.
        SetupError: when the file cannot be written.
    """
    path = root / plan.path
    if not path.parent.resolve().is_relative_to(root.resolve()):
        message = "the folder of baselines lies outside the repository."
        raise RefusedError(message, where=plan.path, hint="Replace the symbolic link by a folder.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(plan.data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        message = f"the baseline cannot be written: {error.strerror}."
        raise SetupError(message, where=plan.path) from error
    return path


def _check_fitness(baseline: Baseline) -> None:
    run = baseline.run
    if not any(run.passed.values()) or not run.scores:
        message = "nothing was measured, so there is nothing to accept."
        raise RefusedError(message, where=baseline.path, hint="Run the suite first: llmops eval.")
    objection = run.lost.objection()
    if objection:
        raise RefusedError(objection, where=baseline.path)
    if not baseline.acceptance.why.strip():
        message = "a baseline needs a reason that the next reader can understand."
        raise RefusedError(message, where=baseline.path, hint='Say it with --why "…".')
    random = run.scores.keys() - run.deterministic_metrics
    fewest = min(map(len, run.passed.values()))
    if random and fewest < FEWEST_TRIALS:
        message = (
            f"some cases have {fewest} trial{'' if fewest == 1 else 's'}, a baseline needs at least {FEWEST_TRIALS}."
        )
        raise RefusedError(message, where=baseline.path, hint="Run with --repeats 5.")


def _changes(new: MeasuredRun, old: MeasuredRun | None) -> tuple[str, ...]:
    size = f"{len(new.passed)} cases, {new.repeats} trial{'' if new.repeats == 1 else 's'} each"
    name = f"{new.prompt_id}-v{new.prompt_version} ({short_digest(new.prompt_digest)})"
    sentences = [f"Accept {name} on {new.model_asked}: {size}."]
    before = metric_means(old) if old else {}
    for metric, mean in metric_means(new).items():
        was = f", was {before[metric].mean:.3f}" if metric in before else ""
        sentences.append(f"{metric} {mean.mean:.3f} ({mean.interval.lower:.3f}…{mean.interval.upper:.3f}){was}.")
    if scores_nothing(new):
        sentences.append("Every score is 0: any output would be an improvement over this baseline.")
    if old:
        sentences.extend(compare_yardsticks(old.yardstick, new.yardstick).sentences())
    return tuple(sentences)
