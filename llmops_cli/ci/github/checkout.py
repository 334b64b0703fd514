"""Which two commits of the checkout an event asks to compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.ci.gate_sides import usual_base
from llmops_cli.ci.github.event import EventKind
from llmops_cli.core.errors import SetupError, UsageError

if TYPE_CHECKING:
    from llmops_cli.ci.github.event import GitHubEvent
    from llmops_cli.registry.git.repository import GitRepository

FETCH = "Give actions/checkout `fetch-depth: 0`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisions:
    """Two full commit ids: the base, whose policy decides, and the head, which is judged."""

    base: str
    head: str


def revisions(event: GitHubEvent, repository: GitRepository, wanted_base: str = "") -> Revisions | None:
    """Return what to compare, or None where there is nothing: a deleted branch, a tag.

    A pull request is judged as it will be merged where the checkout is GitHub's merge of it (the default of
    actions/checkout), else as it is. `wanted_base` overrides the event's base.

    Raises:
        SetupError: when the checkout does not hold the commits.
        UsageError: when `wanted_base` is no revision, or nothing can be the base.
    """
    if event.deleted or event.tag:
        return None
    found = _pull_request(event, repository) if event.kind is EventKind.PULL_REQUEST else _others(event, repository)
    base = repository.resolve(wanted_base) if wanted_base else found.base
    return Revisions(base=base, head=found.head)


def _pull_request(event: GitHubEvent, repository: GitRepository) -> Revisions:
    checked_out = _head(repository)
    parents = repository.commit(checked_out).parents
    if event.head in parents[1:]:
        # the merge's own first parent: the event's base may be older than what GitHub merged into
        return Revisions(base=_held(parents[0], repository), head=checked_out)
    return Revisions(base=_held(event.base or "", repository), head=_held(event.head or "", repository))


def _others(event: GitHubEvent, repository: GitRepository) -> Revisions:
    head = _held(event.head, repository) if event.head else _head(repository)
    if event.kind is EventKind.MERGE_GROUP:
        return Revisions(base=_held(event.base or "", repository), head=head)
    if event.base is not None and repository.commit_exists(event.base):
        return Revisions(base=event.base, head=head)
    # a new branch, a forced push whose old commit nobody keeps, a start by hand or by the clock
    return Revisions(base=_where_it_left(repository, head), head=head)


def _where_it_left(repository: GitRepository, head: str) -> str:
    try:
        base = repository.resolve(usual_base(repository))
    except UsageError:
        base = head
    if base != head:
        return base
    parents = repository.commit(head).parents
    return _held(parents[0], repository) if parents else head


def _head(repository: GitRepository) -> str:
    found = repository.head()
    if found is None:
        message = "nothing is checked out."
        raise SetupError(message, hint="Put actions/checkout before this step.")
    return found


def _held(commit: str, repository: GitRepository) -> str:
    if not repository.commit_exists(commit):
        message = f"the checkout does not hold commit {commit[:10]}, which the event names."
        raise SetupError(message, hint=FETCH)
    return commit
