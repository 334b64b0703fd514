"""Back to an earlier release, with nothing but the target: no Git, no repository, no model, no key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.errors import LlmopsError, RefusedError, UsageError
from llmops_cli.core.release_events import Change, EventKind, HeldContent
from llmops_cli.core.release_target import DamagedRecordError
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.diff.interface import interface_changes
from llmops_cli.release.plan import Plan
from llmops_cli.release.reading import events_back, load_release

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.environment_state import EnvironmentState, PromptState
    from llmops_cli.core.release_target import Target
    from llmops_cli.core.releases import Release, ReleaseRef
    from llmops_cli.release.plan import Intent


@dataclass(frozen=True, slots=True)
class _Choice:
    release: Release
    ref: ReleaseRef
    passed_over: tuple[str, ...]


def plan_rollback(
    state: EnvironmentState, prompt_id: str, target: Target, intent: Intent, *, to: int | None = None
) -> Plan:
    """Plan the way back of one prompt: to version `to`, else to its `rollback_to`, else to the one before.

    Raises:
        UsageError: the environment does not know the prompt, or never served version `to`.
        RefusedError: there is nothing to go back to, or it is live already.
        TargetError: the target cannot be read, or the release asked for is damaged.
    """
    prompt = _known(state, prompt_id, target.label)
    live, damage = _live(target, prompt_id, prompt)
    choice = _asked(state, prompt_id, target, to) if to is not None else _earlier(prompt, prompt_id, target, live)
    if prompt.stable and prompt.stable.digest == choice.ref.digest and not prompt.candidate:
        message = f"'{state.environment}' serves {prompt_id}-v{prompt.stable.version} already."
        raise RefusedError(message, hint=f"Look who was faster: llmops history {prompt_id} --env {state.environment}")
    change = Change(
        prompt_id=prompt_id,
        before=prompt.stable,
        after=choice.ref,
        contents=tuple(_bad(prompt, choice.ref)),
    )
    return Plan(
        environment=state.environment,
        revision=state.revision,
        kind=EventKind.ROLLBACK,
        intent=intent,
        changes=(change,),
        sentences=tuple(_sentences(state, change, prompt)),
        warnings=(*damage, *choice.passed_over, *_broken_callers(live, choice.release), *_just_done(prompt, state)),
    )


def _known(state: EnvironmentState, prompt_id: str, where: str) -> PromptState:
    if state.revision == 0:
        message = f"nothing was ever released to '{state.environment}' here."
        raise UsageError(message, where=where, hint="Is it the right environment and target? --env NAME, --target URI")
    prompt = state.prompts.get(prompt_id)
    if prompt is None:
        message = f"'{state.environment}' does not serve '{prompt_id}'."
        hint = did_you_mean(prompt_id, state.prompts) or "List what it serves: llmops status"
        raise UsageError(message, hint=hint)
    return prompt


def _live(target: Target, prompt_id: str, prompt: PromptState) -> tuple[Release | None, tuple[str, ...]]:
    """Return the live release; that it cannot be read is no reason to keep it."""
    if prompt.stable is None:
        return None, ()
    try:
        return load_release(target, prompt_id, prompt.stable), ()
    except LlmopsError as error:
        return None, (f"The live release cannot be read ({error.message}), so its interface is not compared.",)


def _asked(state: EnvironmentState, prompt_id: str, target: Target, version: int) -> _Choice:
    ref = _ever_stable(state, prompt_id, target, version)
    return _Choice(load_release(target, prompt_id, ref), ref, ())


def _ever_stable(state: EnvironmentState, prompt_id: str, target: Target, version: int) -> ReleaseRef:
    for ref in state.prompts[prompt_id].released:
        if ref.version == version:
            return ref
    for event in events_back(target, state):
        for change in event.changes:
            if change.prompt_id == prompt_id and change.after and change.after.version == version:
                return change.after
    message = f"'{state.environment}' never served {prompt_id}-v{version}."
    raise UsageError(message, hint=f"Look what it served: llmops history {prompt_id} --env {state.environment}")


def _earlier(prompt: PromptState, prompt_id: str, target: Target, live: Release | None) -> _Choice:
    """Return the author's choice or else the newest earlier release that can be served.

    One that is damaged is passed over. A target that does not answer says nothing about a release: to go further back
    because of it would be the wrong prompt.
    """
    passed_over = []
    for ref in _candidates(prompt, live):
        if hold := prompt.hold_of(ref.digest):
            passed_over.append(f"v{ref.version} is {'yanked' if hold.yanked else 'held'}, passed over.")
            continue
        try:
            return _Choice(load_release(target, prompt_id, ref), ref, tuple(passed_over))
        except DamagedRecordError as error:
            passed_over.append(f"Passed over: {error.message}")
    told = f" {' '.join(passed_over)}" if passed_over else ""
    message = f"there is no earlier release of '{prompt_id}' to go back to.{told}"
    raise RefusedError(message, hint=f"To stop serving it: llmops disable {prompt_id}")


def _candidates(prompt: PromptState, live: Release | None) -> Iterator[ReleaseRef]:
    stable = prompt.stable
    position = prompt.released.index(stable) + 1 if stable in prompt.released else 0
    # the content that is live now is no way back, whatever version it had before
    earlier = [ref for ref in prompt.released[position:] if stable is None or ref.digest != stable.digest]
    wished = live.rollback_to if live else None
    yield from (ref for ref in earlier if ref.version == wished)
    yield from (ref for ref in earlier if ref.version != wished)


def _bad(prompt: PromptState, target: ReleaseRef) -> Iterator[HeldContent]:
    """Name what must not come back: what is replaced, and a canary that was running."""
    served = (prompt.stable, prompt.candidate.release if prompt.candidate else None)
    for digest, version in {ref.digest: ref.version for ref in served if ref}.items():
        if digest != target.digest and prompt.hold_of(digest) is None:
            yield HeldContent(digest=digest, version=version)


def _sentences(state: EnvironmentState, change: Change, prompt: PromptState) -> Iterator[str]:
    before = change.before or "nothing"
    yield f"{change.prompt_id} in {state.environment}: {before} → {change.after}"
    if prompt.candidate:
        yield f"The canary of v{prompt.candidate.release.version} ({prompt.candidate.weight}%) ends."
    if change.contents:
        held = ", ".join(f"v{content.version}" for content in change.contents)
        yield f"Held, so that no merge and no re-run job brings it back: {held}"


def _broken_callers(live: Release | None, target: Release) -> Iterator[str]:
    if live is None:
        return
    for change in interface_changes(live.prompt, target.prompt):
        if change.breaking:
            yield f"Callers may break: {change.message}."


def _just_done(prompt: PromptState, state: EnvironmentState) -> Iterator[str]:
    """Tell the second person on call that the first one was here."""
    newest = max(prompt.held, key=lambda hold: hold.mark.since, default=None)
    if newest and prompt.stable and newest.mark == prompt.mark:
        yield (
            f"{newest.mark.by} rolled it back from v{newest.version} to v{prompt.stable.version}"
            f" at {newest.mark.since} in {state.environment}; this goes further back."
        )
