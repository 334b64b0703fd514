"""What somebody wants to publish: a prompt as it is at a commit, and what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.release_evidence import EvalEvidence
    from llmops_cli.core.releases import GitOrigin, Release


@dataclass(frozen=True, slots=True, kw_only=True)
class NoEvidence:
    """Why nothing proves that this content is good enough: a full sentence, and the next step."""

    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One prompt at one commit, with estimates of a call where they are known."""

    prompt: Prompt
    origin: GitOrigin
    prompt_tokens: int | None = None
    cost_usd_per_call: float | None = None


class EvidenceSource(Protocol):
    """Where evidence comes from: the committed baseline, or the gate run now."""

    def evidence_of(self, proposal: Proposal, live: Release | None) -> EvalEvidence | NoEvidence:
        """Return what was measured of exactly this content, or why nothing counts."""
        ...


class Lineage(Protocol):
    """What publish has to know of Git's history; `registry.git.repository.GitRepository` has it."""

    @property
    def is_shallow(self) -> bool:
        """Whether history is cut off in this clone."""
        ...

    def commit_exists(self, commit_id: str, /) -> bool:
        """Tell whether a full id names a commit of this clone."""
        ...

    def is_ancestor(self, older: str, newer: str, /) -> bool:
        """Tell whether `newer` contains `older`; a revision contains itself."""
        ...
