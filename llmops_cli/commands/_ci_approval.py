"""Whether the loosenings of a change are approved by a label, found out before anything is run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from llmops_cli.ci.affected import affected
from llmops_cli.ci.gate_guard import gate_changes
from llmops_cli.ci.gate_sides import open_sides
from llmops_cli.ci.github.api_errors import GitHubApiError
from llmops_cli.ci.github.approval import approver
from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS

if TYPE_CHECKING:
    from llmops_cli.ci.gate_change import GateChange
    from llmops_cli.ci.github.api import GitHubApi
    from llmops_cli.ci.github.checkout import Revisions
    from llmops_cli.ci.github.event import GitHubEvent
    from llmops_cli.commands._console import Console
    from llmops_cli.commands._workspace import Workspace


def held_changes(workspace: Workspace, pair: Revisions) -> tuple[GateChange, ...]:
    """Return what of the change loosens its own gate; no model is asked for it."""
    sides = open_sides(workspace.repository, pair.base, work_tree=workspace.tree, head=pair.head, approved=False)
    changes = asyncio.run(gate_changes(sides.change, affected(sides.change), KNOWN_METRICS))
    return tuple(change for change in changes if change.loosens)


def label_approver(api: GitHubApi | None, event: GitHubEvent, label: str, console: Console) -> str:
    """Return who approved with the label, in words; nothing where nobody did or GitHub does not tell."""
    if api is None or event.pull_request is None:
        return ""
    try:
        author = event.author or api.author_of(event.pull_request)
        actor = approver(api.label_events(event.pull_request), label, author=author)
    except GitHubApiError as error:
        console.note(f"The labels of the pull request cannot be read: {error.message} So nothing counts as approved.")
        return ""
    return f"{actor}, label {label}" if actor else ""
