"""A change that somebody asks for over HTTP: read strictly, allowed or not, checked again, made at most once.

The body is `{"event": …, "releases": […]}` with the event that the caller made on the revision of `If-Match`.
The service believes nothing of it: the state is computed here, every release is parsed, and what a token may
not do is refused whatever the event says.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.errors import LlmopsError, RefusedError
from llmops_cli.core.release_events import MOST_CHANGES, Event, EventKind, parse_event
from llmops_cli.core.release_evidence import PUBLISHABLE_VERDICTS
from llmops_cli.core.release_target import StaleRevisionError, StoredRelease, Write
from llmops_cli.core.releases import parse_release
from llmops_cli.core.strict_document import LARGEST_DOCUMENT, DocumentError, Fields
from llmops_cli.release.drill import ENVIRONMENT as DRILL
from llmops_cli.release.reading import events_back, load_release, load_state
from llmops_cli.release.service.answers import ProblemError, json_answer, problem_of
from llmops_cli.release.service.bodies import bad_document, read_fields
from llmops_cli.release.service.calls import forbidden, query
from llmops_cli.release.service.grants import SCOPE_OF_EVENT, Scope
from llmops_cli.release.state import apply_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.release_target import Target
    from llmops_cli.core.releases import Release
    from llmops_cli.release.service.calls import Call

LARGEST_CHANGE = 16 << 20
"""Bytes of a change with all its releases, each of which is at most 1 MiB; read only from a known writer."""

_WITH_CONTENT = frozenset({EventKind.PUBLISH, EventKind.PROMOTE, EventKind.CANARY_START})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    event: Event
    releases: tuple[Release, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    event: Event
    repeated: bool


async def change(call: Call) -> Response:
    """Make one change of an environment, and answer when it is durable and shown."""
    query(call.request)
    _check_writer(call)
    _check_origin(call)
    asked = _parsed(await read_fields(call.request, largest=LARGEST_CHANGE))
    _check_headers(call, asked.event)
    _check_allowed(call, asked)
    try:
        made = await asyncio.to_thread(_make, call.hub.target, asked)
    except LlmopsError as error:
        if isinstance(error, StaleRevisionError) and error.current > call.hub.revision(call.environment):
            # the winner's change is made but not shown yet: a loser that is told of it finds it when it looks
            await call.hub.refresh(call.environment)
        raise problem_of(error) from None
    # it is made and durable, so that is the answer, even when the store cannot be read again just now
    with suppress(LlmopsError):
        await call.hub.refresh(call.environment)
    call.services.metrics.changed(call.environment, made.event.kind, repeated=made.repeated)
    call.request.state.log["key"], call.request.state.log["revision"] = made.event.key, made.event.revision
    body: JsonObject = {"head": made.event.digest(), "repeated": made.repeated, "revision": made.event.revision}
    return json_answer(body, status=200 if made.repeated else 201)


async def log(call: Call) -> Response:
    """Return events, newest first, from the one with a revision and digest on, as they are stored."""
    given = query(call.request, "revision", "head", "limit")
    permissions = call.caller.permissions
    # the log is one chain: whoever reads all of the environment, or writes in it, reads it
    scopes = (Scope.PUBLISH, Scope.ROLLBACK)
    if not permissions.allows_everywhere_in(Scope.READ, call.environment) and not any(
        permissions.patterns(scope, call.environment) for scope in scopes
    ):
        raise forbidden(Scope.READ, call.environment)
    revision, head, limit = given.get("revision", ""), given.get("head", ""), given.get("limit", "100")
    if not all(text.isascii() and text.isdigit() and len(text) < 17 for text in (revision, limit)):  # noqa: PLR2004
        raise ProblemError(400, "query", "'revision' and 'head' are needed, 'limit' is a whole number.")
    try:
        events = await asyncio.to_thread(
            call.hub.target.read_events, call.environment, int(revision), head, limit=min(max(int(limit), 1), 100)
        )
    except LlmopsError as error:
        raise problem_of(error) from None
    return json_answer(b'{"events":[%s]}' % b",".join(events))


def _check_writer(call: Call) -> None:
    """Refuse whoever may write nothing here before a byte of the body is read."""
    scopes = (Scope.PUBLISH, Scope.ROLLBACK, Scope.ADMIN)
    if not any(call.caller.permissions.patterns(scope, call.environment) for scope in scopes):
        raise ProblemError(
            403, "forbidden", f"nothing may be changed in '{call.environment}' with this token.",
            hint="Without a token file a service is read-only. Make a token: llmops token create",
        )  # fmt: skip


def _check_origin(call: Call) -> None:
    """Refuse changes that a web page sends: browsers keep passwords, and no page of ours changes anything."""
    if "origin" in call.request.headers:
        raise ProblemError(403, "origin", "changes are not taken from web pages.")


def _parsed(fields: Fields) -> _Asked:
    try:
        event = parse_event(canonical_json(fields.object("event")))
        releases = tuple(map(_release, fields.list("releases", most=MOST_CHANGES)))
        fields.done()
    except DocumentError as error:
        raise bad_document(error) from None
    return _Asked(event=event, releases=releases)


def _release(document: object) -> Release:
    data = canonical_json(document)  # type: ignore[arg-type]  # it came out of a JSON document
    if len(data) > LARGEST_DOCUMENT:
        message = f"a release is larger than {LARGEST_DOCUMENT >> 20} MiB"
        raise DocumentError(message)
    return parse_release(data)


def _check_headers(call: Call, event: Event) -> None:
    if event.environment != call.environment:
        raise ProblemError(400, "environment", f"the event is for '{event.environment}'.")
    expected = f'"{call.environment}.{event.revision - 1}"'
    given = call.request.headers.get("if-match")
    if given is None:
        raise ProblemError(428, "if-match", f"the header If-Match is needed: {expected}.")
    if given != expected:
        raise ProblemError(400, "if-match", f"the header If-Match has to be {expected}, as the event has it.")
    if call.request.headers.get("idempotency-key") != event.key:
        raise ProblemError(400, "idempotency-key", "the header Idempotency-Key has to be the event's key.")


def _check_allowed(call: Call, asked: _Asked) -> None:
    permissions, scope = call.caller.permissions, SCOPE_OF_EVENT[asked.event.kind]
    if not asked.event.changes and not permissions.allows_everywhere_in(scope, call.environment):
        raise forbidden(scope, call.environment)
    for item in asked.event.changes:
        if not permissions.allows(scope, call.environment, item.prompt_id):
            raise forbidden(scope, call.environment)


def _make(target: Target, asked: _Asked) -> _Made:
    """Check the change against what is there, and commit it. Runs in a thread: targets wait for disks and networks."""
    event = asked.event
    state = load_state(target, event.environment)
    if event.revision <= state.revision:
        newer = events_back(target, state, down_to=event.revision - 1)
        made = next((known for known in newer if known.revision == event.revision), None)
        if made == event:
            return _Made(event=event, repeated=True)
        raise StaleRevisionError(event.environment, expected=event.revision - 1, current=state.revision)
    after = apply_event(state, event)
    _check_releases(target, state, asked)
    target.commit(
        Write(
            environment=event.environment,
            revision=event.revision,
            previous=event.previous,
            head=after.head,
            state=after.data(),
            event=event.data(),
            releases=tuple(_stored(asked.releases)),
        )
    )
    return _Made(event=event, repeated=False)


def _stored(releases: Sequence[Release]) -> list[StoredRelease]:
    return [StoredRelease(prompt_id=item.prompt_id, version=item.version, data=item.data()) for item in releases]


def _check_releases(target: Target, state: EnvironmentState, asked: _Asked) -> None:
    """Refuse releases that nothing names, names without a release, evidence that is no pass, and new old ones."""
    sent = {(item.prompt_id, item.ref()): item for item in asked.releases}
    if sent and asked.event.kind not in _WITH_CONTENT:
        message = f"'{asked.event.kind.value}' brings no new release."
        raise RefusedError(message)
    for item in asked.event.changes:
        if item.after is None:
            continue
        release = sent.pop((item.prompt_id, item.after), None) or load_release(target, item.prompt_id, item.after)
        # a rehearsal publishes the same two texts for ever, which nobody measures
        measured = state.environment == DRILL or (
            release.evidence is not None and release.evidence.verdict in PUBLISHABLE_VERDICTS
        )
        if asked.event.kind in _WITH_CONTENT and not measured:
            message = f"{release.identifier} has no passing eval of exactly this content."
            raise RefusedError(message, hint="Measure and accept it first: llmops eval, llmops baseline accept")
        if asked.event.kind is EventKind.ROLLBACK and not _was_stable(target, state, item.prompt_id, release):
            message = f"'{state.environment}' never served {release.identifier}: a rollback goes back."
            raise RefusedError(message)
    if sent:
        message = "a release was sent that the event does not name."
        raise RefusedError(message)


def _was_stable(target: Target, state: EnvironmentState, prompt_id: str, release: Release) -> bool:
    ref = release.ref()
    prompt = state.prompts.get(prompt_id)
    if prompt and ref in (prompt.stable, *prompt.released):
        return True
    return any(
        change.prompt_id == prompt_id and change.after == ref and event.kind is not EventKind.CANARY_START
        for event in events_back(target, state)
        for change in event.changes
    )
