"""What the service shows of one environment at one revision: checked once, then only handed out.

A view never changes. A new revision makes a new view, which takes over the releases that it shares with the
one before. A release that cannot be used is left out, named in `problems`, and never shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json, digest_of_bytes
from llmops_cli.core.release_target import DamagedRecordError
from llmops_cli.core.snapshot import served_refs, snapshot_data
from llmops_cli.release.flagd import flagd_document
from llmops_cli.release.reading import load_release, load_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.environment_state import EnvironmentState, PromptState
    from llmops_cli.core.release_target import Target
    from llmops_cli.core.releases import Release, ReleaseRef


@dataclass(frozen=True, kw_only=True)
class View:
    """The state as it is shown, with the releases that it serves by the digest of their record.

    `patterns` are the prompts that this view is limited to. `problems` say what could not be used and why.
    """

    state: EnvironmentState
    releases: Mapping[str, Release]
    problems: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ("*",)

    @cached_property
    def state_data(self) -> bytes:
        """The state as bytes."""
        return self.state.data()

    @cached_property
    def snapshot_data(self) -> bytes:
        """State and releases as bytes."""
        return snapshot_data(self.state_data, [release.data() for _, release in sorted(self.releases.items())])

    @cached_property
    def flagd_data(self) -> bytes:
        """The flagd configuration as bytes."""
        return canonical_json(flagd_document(self.state, lambda _, ref: self.releases.get(ref.record)))

    @cached_property
    def etag(self) -> str:
        """The strong entity tag of everything that is made of this view and nothing else.

        One service may leave out what another can read, and a token may see a part only: the tag says so.
        """
        if self.patterns == ("*",) and not self.problems:
            return self.state.etag()
        parts = canonical_json([list(self.patterns), sorted(self.state.prompts), sorted(self.releases)])
        return f'{self.state.etag()[:-1]}.{digest_of_bytes(parts)[7:19]}"'

    def release_of(self, ref: ReleaseRef | None) -> Release | None:
        """Return a release that is served."""
        return self.releases.get(ref.record) if ref else None

    def limited_to(self, patterns: Sequence[str]) -> View:
        """Return the view of somebody who may see only some prompts."""
        if tuple(patterns) == ("*",):
            return self
        prompts = {
            name: prompt
            for name, prompt in self.state.prompts.items()
            if any(fnmatchcase(name, pattern) for pattern in patterns)
        }
        state = replace(self.state, prompts=prompts)
        records = {ref.record for _, ref in served_refs(state)}
        releases = {record: release for record, release in self.releases.items() if record in records}
        return View(state=state, releases=releases, problems=self.problems, patterns=tuple(patterns))


def load_view(target: Target, environment: str, before: View | None = None) -> View:
    """Read what an environment serves now, checking every release that `before` has not checked already.

    Raises:
        TargetError: the target cannot be read, or what it holds is no state.
    """
    state = load_state(target, environment)
    known = before.releases if before else {}
    releases: dict[str, Release] = {}
    problems: list[str] = []
    prompts: dict[str, PromptState] = {}
    for name, prompt in state.prompts.items():
        usable = _usable(target, name, prompt, known, problems, releases)
        if usable is not None:
            prompts[name] = usable
    shown = state if not problems else replace(state, prompts=prompts)
    return View(state=shown, releases=releases, problems=tuple(problems))


def _usable(
    target: Target,
    name: str,
    prompt: PromptState,
    known: Mapping[str, Release],
    problems: list[str],
    releases: dict[str, Release],
) -> PromptState | None:
    stable = _load(target, name, prompt.stable, known, problems) if prompt.stable else None
    if prompt.stable and stable is None:
        return None
    if prompt.stable and stable:
        releases[prompt.stable.record] = stable
    if prompt.candidate:
        candidate = _load(target, name, prompt.candidate.release, known, problems)
        if candidate is None:
            return replace(prompt, candidate=None)
        releases[prompt.candidate.release.record] = candidate
    return prompt


def _load(
    target: Target, name: str, ref: ReleaseRef, known: Mapping[str, Release], problems: list[str]
) -> Release | None:
    if ref.record in known:
        return known[ref.record]
    try:
        return load_release(target, name, ref)
    except DamagedRecordError as error:
        problems.append(error.message)
        return None
