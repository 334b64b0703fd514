"""A snapshot of what an environment serves, read from its target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.snapshot import Snapshot, served_refs
from llmops_cli.release.reading import load_release, load_state

if TYPE_CHECKING:
    from llmops_cli.core.release_target import Target


def load_snapshot(target: Target, environment: str) -> Snapshot:
    """Return the state with every release that it serves, all checked.

    A release never changes, so whatever happens between the two reads, the snapshot is one moment.

    Raises:
        TargetError: the target cannot be read, or something in it is damaged.
    """
    state = load_state(target, environment)
    releases = {ref.record: load_release(target, name, ref) for name, ref in served_refs(state)}
    return Snapshot(state=state, releases=releases)
