"""The event that started a workflow, read into one value: which two commits to compare, and whom to trust."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.json_value import JsonObject, JsonValue

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NO_COMMIT = re.compile(r"0+")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
# the branch that a merge queue makes: gh-readonly-queue/main/pr-104-<sha of the base>
_QUEUE_BRANCH = re.compile(r"refs/heads/gh-readonly-queue/.+/pr-(\d{1,9})-[0-9a-f]{7,64}")

LARGEST_PAYLOAD = 32 * 1024 * 1024
"""Bytes; GitHub's own limit for a payload is 25 MB."""


class EventKind(StrEnum):
    """The events that the check understands, by GitHub's names."""

    PULL_REQUEST = "pull_request"
    PUSH = "push"
    MERGE_GROUP = "merge_group"
    WORKFLOW_DISPATCH = "workflow_dispatch"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubEvent:
    """What happened, as far as the check needs to know.

    `base` and `head` are commits (40 or 64 hexadecimal digits). `base` is None where the event has none to
    compare with (a new branch, a schedule, a start by hand); `head` is None where only the checkout knows.
    `base_branch` is the branch that the change goes to, as its owner named it.
    `pull_request` is its number, in a merge queue that of the last pull request of the group. `author` opened
    the pull request. `from_fork` tells that the head comes from another repository, or from one that is gone,
    so that GitHub hands out no secrets and a token that can only read. `deleted` tells that a push removed
    the branch, `tag` that it moved a tag.
    """

    kind: EventKind
    repository: str
    base: str | None = None
    head: str | None = None
    base_branch: str = ""
    pull_request: int | None = None
    author: str = ""
    from_fork: bool = False
    deleted: bool = False
    tag: bool = False


def load_event(environ: Mapping[str, str]) -> GitHubEvent:
    """Read the event of the running workflow from the file that the runner names.

    Raises:
        SetupError: when this is not a workflow run, or its file cannot be read.
        UsageError: when the event is none that the check understands.
    """
    name, path = environ.get("GITHUB_EVENT_NAME", ""), environ.get("GITHUB_EVENT_PATH", "")
    if not name or not path:
        message = "there is no GitHub event: GITHUB_EVENT_NAME and GITHUB_EVENT_PATH are not set."
        raise SetupError(message, hint="This command runs in GitHub Actions. Elsewhere: llmops gate --base REV")
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the runner names a file, not a place in the repository
            data = file.read(LARGEST_PAYLOAD + 1)
    except OSError as error:
        message = f"the event's file cannot be read: {error.strerror}."
        raise SetupError(message, where="GITHUB_EVENT_PATH") from error
    return parse_event(name, data, repository=environ.get("GITHUB_REPOSITORY", ""))


def parse_event(name: str, data: bytes, *, repository: str = "") -> GitHubEvent:
    """Read one event; `name` is GITHUB_EVENT_NAME, `repository` stands in where the payload names none.

    Raises:
        SetupError: when the payload is not what GitHub sends.
        UsageError: when the event is none that the check understands.
    """
    kind = _kind(name)
    payload = _payload(data)
    full_name = _text(payload, "repository", "full_name") or repository
    if not _REPOSITORY.fullmatch(full_name):
        _refuse("repository.full_name")
    return _READERS[kind](payload, full_name)


def _pull_request(payload: JsonObject, repository: str) -> GitHubEvent:
    number = _value(payload, "number") or _value(payload, "pull_request", "number")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        _refuse("number")
    # the repository of the head is null when the fork has been deleted
    origin = _text(payload, "pull_request", "head", "repo", "full_name")
    return GitHubEvent(
        kind=EventKind.PULL_REQUEST,
        repository=repository,
        base=_required_commit(payload, "pull_request", "base", "sha"),
        head=_required_commit(payload, "pull_request", "head", "sha"),
        base_branch=_text(payload, "pull_request", "base", "ref"),
        pull_request=number,
        author=_text(payload, "pull_request", "user", "login"),
        from_fork=origin.lower() != repository.lower(),
    )


def _push(payload: JsonObject, repository: str) -> GitHubEvent:
    return GitHubEvent(
        kind=EventKind.PUSH,
        repository=repository,
        base=_commit(payload, "before"),
        head=_commit(payload, "after"),
        deleted=_value(payload, "deleted") is True,
        tag=_text(payload, "ref").startswith("refs/tags/"),
    )


def _merge_group(payload: JsonObject, repository: str) -> GitHubEvent:
    queue = _QUEUE_BRANCH.fullmatch(_text(payload, "merge_group", "head_ref"))
    return GitHubEvent(
        kind=EventKind.MERGE_GROUP,
        repository=repository,
        base=_required_commit(payload, "merge_group", "base_sha"),
        head=_required_commit(payload, "merge_group", "head_sha"),
        base_branch=_text(payload, "merge_group", "base_ref").removeprefix("refs/heads/"),
        pull_request=int(queue[1]) if queue else None,
    )


def _workflow_dispatch(payload: JsonObject, repository: str) -> GitHubEvent:
    del payload
    return GitHubEvent(kind=EventKind.WORKFLOW_DISPATCH, repository=repository)


def _schedule(payload: JsonObject, repository: str) -> GitHubEvent:
    del payload
    return GitHubEvent(kind=EventKind.SCHEDULE, repository=repository)


_READERS: Mapping[EventKind, Callable[[JsonObject, str], GitHubEvent]] = {
    EventKind.PULL_REQUEST: _pull_request,
    EventKind.PUSH: _push,
    EventKind.MERGE_GROUP: _merge_group,
    EventKind.WORKFLOW_DISPATCH: _workflow_dispatch,
    EventKind.SCHEDULE: _schedule,
}


def _kind(name: str) -> EventKind:
    try:
        return EventKind(name)
    except ValueError:
        shown = shortened(safe_text(name, one_line=True), 60)
        message = f"the check does not run on '{shown}'."
        hint = f"Use one of: {', '.join(EventKind)}."
        if name in {"pull_request_target", "workflow_run"}:
            hint = "That event hands secrets to a job about somebody else's change; use pull_request."
        raise UsageError(message, hint=hint) from None


def _payload(data: bytes) -> JsonObject:
    if len(data) > LARGEST_PAYLOAD:
        _refuse("its size")
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        _refuse("its JSON")
    if not isinstance(payload, dict):
        _refuse("its JSON")
    return payload


def _value(payload: JsonObject, *keys: str) -> JsonValue:
    found: JsonValue = payload
    for key in keys:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


def _text(payload: JsonObject, *keys: str) -> str:
    found = _value(payload, *keys)
    return found if isinstance(found, str) else ""


def _commit(payload: JsonObject, *keys: str) -> str | None:
    """Return a commit, or None where GitHub says "none": no value, or only zeros."""
    found = _value(payload, *keys)
    if found is None or found == "":
        return None
    if not isinstance(found, str) or not _COMMIT.fullmatch(found):
        _refuse(".".join(keys))
    return None if _NO_COMMIT.fullmatch(found) else found


def _required_commit(payload: JsonObject, *keys: str) -> str:
    found = _commit(payload, *keys)
    if found is None:
        _refuse(".".join(keys))
    return found


def _refuse(what: str) -> NoReturn:
    message = f"the event's payload is not what GitHub sends: {what}."
    raise SetupError(message, where="GITHUB_EVENT_PATH") from None
