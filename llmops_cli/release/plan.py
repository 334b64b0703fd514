"""A plan: one step of one environment, in sentences to show and values to apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.core.release_events import Change, EventKind
    from llmops_cli.core.releases import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Who wants a change and why. `key` names the intention: however often it is sent, it happens once."""

    by: str
    key: str
    reason: str = ""
    incident: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would change, seen from `revision`. Without `changes` of a prompt it is the environment's freeze.

    `sentences` say what is done, `warnings` what to think about first, `unchanged` what was asked for and is
    so already. A plan with nothing to do has an empty `sentences`.
    """

    environment: str
    revision: int
    kind: EventKind
    intent: Intent
    sentences: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    releases: tuple[Release, ...] = ()
    warnings: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.sentences
