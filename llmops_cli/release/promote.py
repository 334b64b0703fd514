"""Plan a promotion: the same releases that are live in one environment, in another; nothing is built again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import RefusedError, UsageError
from llmops_cli.core.release_events import Change, EventKind
from llmops_cli.core.release_policy import ACCEPTED_HINT
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.diff.interface import interface_changes
from llmops_cli.release.plan import Plan
from llmops_cli.release.reading import load_release

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.release_policy import ReleasePolicy
    from llmops_cli.core.release_target import Target
    from llmops_cli.core.releases import Release, ReleaseRef
    from llmops_cli.release.plan import Intent


def plan_promote(
    source: tuple[EnvironmentState, Target],
    destination: tuple[EnvironmentState, Target],
    prompt_ids: Sequence[str],
    intent: Intent,
    policy: ReleasePolicy,
    *,
    allow_breaking: bool = False,
) -> Plan:
    """Plan to make what is stable in `source` stable in `destination`, for these prompts or for all.

    `policy` is what the destination asks for.

    Raises:
        UsageError: the source does not serve one of the prompts.
        RefusedError: a change would break callers, or the destination asks for more than was measured.
        TargetError: one of the targets cannot be read.
    """
    state, target = destination
    changes, releases, sentences, unchanged = [], [], [], []
    breaking: list[str] = []
    for prompt_id, ref in _chosen(source[0], prompt_ids):
        known = state.prompts.get(prompt_id)
        live = known.stable if known else None
        if live is not None and live.digest == ref.digest:
            unchanged.append(f"{prompt_id}: unchanged, v{live.version} is live already")
            continue
        release = load_release(source[1], prompt_id, ref)
        if objection := policy.objection(release, replaces=live is not None):
            raise RefusedError(objection, hint=ACCEPTED_HINT)
        breaking.extend(_breaking(release, live, target))
        changes.append(Change(prompt_id=prompt_id, before=live, after=ref))
        releases.append(release)
        sentences.append(f"{prompt_id} in {state.environment}: {live or 'nothing'} → {ref}")
    if breaking and not allow_breaking:
        message = f"callers in '{state.environment}' would break: {'; '.join(breaking)}."
        raise RefusedError(message, hint="When every caller is ready: --allow-breaking")
    return Plan(
        environment=state.environment,
        revision=state.revision,
        kind=EventKind.PROMOTE,
        intent=intent,
        changes=tuple(changes),
        releases=tuple(releases),
        sentences=tuple(sentences),
        warnings=tuple(f"Callers may break: {message}." for message in breaking),
        unchanged=tuple(unchanged),
    )


def _chosen(source: EnvironmentState, prompt_ids: Sequence[str]) -> Iterator[tuple[str, ReleaseRef]]:
    for prompt_id in prompt_ids or sorted(source.prompts):
        prompt = source.prompts.get(prompt_id)
        if prompt is not None and prompt.stable is not None:
            yield prompt_id, prompt.stable
        elif prompt_ids:
            message = f"'{source.environment}' does not serve '{prompt_id}'."
            raise UsageError(message, hint=did_you_mean(prompt_id, source.prompts) or "Publish it there first.")


def _breaking(release: Release, live: ReleaseRef | None, target: Target) -> Iterator[str]:
    if live is None:
        return
    old = load_release(target, release.prompt_id, live)
    yield from (change.message for change in interface_changes(old.prompt, release.prompt) if change.breaking)
