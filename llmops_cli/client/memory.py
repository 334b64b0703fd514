"""What a client knows, as one value that is replaced as a whole: readers see the old one or the new one.

A snapshot is taken over only when its revision is not older than what is known. What it does not mention is
kept: a prompt is never lost because an answer was partial or a release is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_cli.client.served import Freshness, ServedPrompt, Source
from llmops_cli.core.canary import gets_candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.releases import Release, ReleaseRef
    from llmops_cli.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A prompt with a running canary."""

    stable: ServedPrompt
    candidate: ServedPrompt
    salt: str
    weight: int

    def choose(self, targeting_key: str) -> ServedPrompt:
        """Return the release that the bearer of a key gets; nobody without a key gets the candidate."""
        return self.candidate if gets_candidate(self.salt, targeting_key, self.weight) else self.stable


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known. `plain` answers most reads; `splits` and `disabled` are the exceptions.

    `floor` is the highest revision ever taken over and `head` its event: nothing older comes after it.
    """

    plain: Mapping[str, ServedPrompt] = field(default_factory=dict[str, ServedPrompt])
    splits: Mapping[str, Split] = field(default_factory=dict[str, Split])
    disabled: frozenset[str] = frozenset()
    releases: Mapping[str, Release] = field(default_factory=dict[str, "Release"])
    floor: int = 0
    head: str = ""
    snapshot: Snapshot | None = None
    source: Source | None = None

    def problem_of(self, snapshot: Snapshot) -> str:
        """Return why a snapshot must not be taken over, empty when it may."""
        state = snapshot.state
        if state.revision < self.floor:
            return f"revision {state.revision} is older than {self.floor}, which was here already"
        if state.revision == self.floor and self.source and state.head != self.head:
            return f"revision {state.revision} is another one than the revision {self.floor} that was here already"
        return ""

    def taking_over(self, snapshot: Snapshot, source: Source, freshness: Freshness) -> Memory:
        """Return what is known with a snapshot that has no `problem_of`."""
        plain, splits, disabled = dict(self.plain), dict(self.splits), set(self.disabled)
        state = snapshot.state
        for name, prompt in state.prompts.items():
            if prompt.stable is None:
                continue
            stable = _served(snapshot, name, prompt.stable, source, freshness)
            plain.pop(name, None)
            splits.pop(name, None)
            disabled.discard(name)
            if prompt.disabled:
                disabled.add(name)
            elif prompt.candidate is None:
                plain[name] = stable
            else:
                candidate = _served(snapshot, name, prompt.candidate.release, source, freshness)
                splits[name] = Split(
                    stable=stable, candidate=candidate, salt=prompt.candidate.salt, weight=prompt.candidate.weight
                )
        return Memory(
            plain=plain,
            splits=splits,
            disabled=frozenset(disabled),
            releases=snapshot.releases,
            floor=state.revision,
            head=state.head,
            snapshot=snapshot,
            source=source,
        )


def _served(snapshot: Snapshot, prompt_id: str, ref: ReleaseRef, source: Source, freshness: Freshness) -> ServedPrompt:
    release = snapshot.releases[ref.record]
    return ServedPrompt(
        id=prompt_id,
        version=release.version,
        digest=release.digest,
        environment=snapshot.state.environment,
        revision=snapshot.state.revision,
        source=source,
        prompt=release.prompt,
        freshness=freshness,
    )
