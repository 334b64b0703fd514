"""A baseline is removed, lowered, or not what `llmops baseline accept` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.file_changes import FileChange
from llmops_cli.ci.gate_change import GateChange, Side
from llmops_cli.core.canonical_json import short_digest
from llmops_cli.evals.baselines.baseline import metric_means
from llmops_cli.evals.baselines.baseline_file import baseline_bytes, load_baseline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.guard.context import GuardContext
    from llmops_cli.evals.baselines.baseline import Baseline

KIND = "baseline"


def find(context: GuardContext) -> Iterator[GateChange]:
    """Look at every baseline file that differs."""
    folders = tuple({f"{c.settings.paths.evals}/baselines/" for c in (context.sides.base, context.sides.head)})
    for path, change in context.sides.files.items():
        if path.startswith(folders) and path.endswith(".json"):
            yield from _file(context, path, change)


def _file(context: GuardContext, path: str, change: FileChange) -> Iterator[GateChange]:
    prompt_id = path.rpartition("/")[2].removesuffix(".json")
    if change is FileChange.REMOVED:
        yield GateChange(
            kind=KIND,
            path=path,
            line=1,
            side=Side.BASE,
            loosens=True,
            message=f"the baseline of '{prompt_id}' is removed: nothing would be compared with any more.",
            base_value=path,
            head_value="(removed)",
            prompt_id=prompt_id,
        )
        return
    data = context.sides.head.tree.read(path)
    loaded = load_baseline(data, path)
    head = loaded.baseline
    if head is None or baseline_bytes(head) != data.replace(b"\r\n", b"\n"):
        finding = next(iter(loaded.findings), None)
        told = f" ({finding.message})" if finding else ""
        yield GateChange(
            kind=KIND,
            path=path,
            line=finding.position.line if finding else 1,
            loosens=True,
            message=f"the baseline of '{prompt_id}' is not what llmops baseline accept writes{told}",
            prompt_id=prompt_id,
        )
        return
    yield from _accepted(context, path, head)


def _accepted(context: GuardContext, path: str, head: Baseline) -> Iterator[GateChange]:
    prompt_id = head.run.prompt_id
    yield from _of_other_content(context, path, head)
    before = _at_base(context, path)
    if before is None:
        message = f"a baseline of '{prompt_id}' is added, accepted by {head.acceptance.by}: {head.acceptance.why}"
        yield GateChange(kind=KIND, path=path, line=1, loosens=False, message=message, prompt_id=prompt_id)
        return
    old, new = metric_means(before.run), metric_means(head.run)
    margin = context.sides.base.settings.gate.margin
    pairs = {pair.prompt_id: pair.base.gate.margin for pair in context.suite_pairs}
    margin = pairs.get(prompt_id, margin)
    text = context.text(context.sides.head, path)
    for name in old.keys() & new.keys():
        drop = old[name].mean - new[name].mean
        if drop > margin:
            yield GateChange(
                kind=KIND,
                path=path,
                line=_line_of(text, name),
                loosens=True,
                message=f"the baseline of '{prompt_id}' is lower in {name} by more than the margin.",
                base_value=f"{old[name].mean:.3f}",
                head_value=f"{new[name].mean:.3f}",
                prompt_id=prompt_id,
            )
    if len(head.run.passed) < len(before.run.passed) or head.run.repeats < before.run.repeats:
        yield GateChange(
            kind=KIND,
            path=path,
            line=1,
            loosens=True,
            message=f"the baseline of '{prompt_id}' rests on less.",
            base_value=f"{len(before.run.passed)} cases × {before.run.repeats}",
            head_value=f"{len(head.run.passed)} cases × {head.run.repeats}",
            prompt_id=prompt_id,
        )
    message = f"the baseline of '{prompt_id}' is accepted anew by {head.acceptance.by}: {head.acceptance.why}"
    yield GateChange(kind=KIND, path=path, line=1, loosens=False, message=message, prompt_id=prompt_id)


def _of_other_content(context: GuardContext, path: str, head: Baseline) -> Iterator[GateChange]:
    contents = set()
    for catalog in (context.sides.base, context.sides.head):
        place = catalog.path_of(head.run.prompt_id)
        prompt = catalog.load_path(place).prompt if place else None
        if prompt is not None:
            contents.add(prompt.digest())
    if head.run.prompt_digest not in contents:
        yield GateChange(
            kind=KIND,
            path=path,
            line=_line_of(context.text(context.sides.head, path), "prompt_digest"),
            loosens=True,
            message="the baseline measured a content that the prompt has on neither side.",
            base_value=", ".join(sorted(map(short_digest, contents))),
            head_value=short_digest(head.run.prompt_digest),
            prompt_id=head.run.prompt_id,
        )


def _at_base(context: GuardContext, path: str) -> Baseline | None:
    try:
        return load_baseline(context.sides.base.tree.read(path), path).baseline
    except FileNotFoundError:
        return None


def _line_of(text: str, key: str) -> int:
    """Return the last line on which a key stands: the file's `metrics` come after its cases and digests."""
    lines = text.splitlines()
    return next((n for n in range(len(lines), 0, -1) if lines[n - 1].lstrip().startswith(f'"{key}"')), 1)
