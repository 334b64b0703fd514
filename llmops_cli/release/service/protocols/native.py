"""Our own protocol: plain GETs with ETag, long polls, and a stream of revisions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from llmops_cli.core.release_content import PROMPT_ID
from llmops_cli.core.release_fields import LARGEST_VERSION
from llmops_cli.core.releases import parse_release
from llmops_cli.core.strict_document import DocumentError
from llmops_cli.release.service.answers import (
    FOR_EVER,
    NEVER,
    REVALIDATE,
    ProblemError,
    json_answer,
    json_bytes,
    matches,
    not_modified,
)
from llmops_cli.release.service.calls import number, query
from llmops_cli.release.service.grants import Scope
from llmops_cli.release.service.roster import CLIENT_HEADER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.releases import Release
    from llmops_cli.release.service.calls import Call
    from llmops_cli.release.service.view import View

LONGEST_WAIT_SECONDS = 60
LARGEST_REVISION = 10**15


async def environments(call: Call) -> Response:
    """List the environments of which the caller may read anything."""
    query(call.request)
    readable: list[JsonValue] = [
        {"environment": name, "revision": view.state.revision}
        for name, view in sorted(call.hub.views.items())
        if call.caller.permissions.patterns(Scope.READ, name)
    ]
    return json_answer({"environments": readable})


async def state(call: Call) -> Response:
    """Return what the environment serves: references, without the releases."""
    return await _current(call, lambda view: view.state_data)


async def snapshot(call: Call) -> Response:
    """Return the state and every release that it serves, in one document."""
    return await _current(call, lambda view: view.snapshot_data)


async def flagd(call: Call) -> Response:
    """Return the environment as a flagd configuration."""
    return await _current(call, lambda view: view.flagd_data)


async def prompt(call: Call) -> Response:
    """Return the one release of a prompt that a reader gets."""
    prompt_id = call.request.path_params["prompt"]

    def body(view: View) -> bytes:
        release = call.release(view, prompt_id, call.request.query_params.get("targeting_key", ""))
        if release is None:
            raise call.unknown_prompt(view, prompt_id)
        return _prompt_body(view, release)

    return await _current(call, body, "targeting_key")


async def release(call: Call) -> Response:
    """Return a release by its version, as it was published; it never changes."""
    query(call.request)
    prompt_id, version = call.request.path_params["prompt"], call.request.path_params["version"]
    if not (version.isascii() and version.isdigit() and 0 < int(version[:12]) <= LARGEST_VERSION):
        raise ProblemError(404, "no-release", "a version is a whole number from 1.")
    if not PROMPT_ID.fullmatch(prompt_id) or not call.caller.permissions.reads_release(prompt_id):
        raise ProblemError(403, "forbidden", "the token does not cover this prompt.")
    data = await asyncio.to_thread(call.hub.target.read_release, prompt_id, int(version))
    if data is None:
        raise ProblemError(404, "no-release", f"there is no {prompt_id}-v{int(version)}.")
    record = _record_of(data, prompt_id)
    etag = f'"{record}"'
    if matches(call.request.headers.get("if-none-match"), etag):
        return not_modified(etag)
    return json_answer(data, etag=etag, cache=FOR_EVER)


async def clients(call: Call) -> Response:
    """Tell how many connected clients have confirmed a revision."""
    given = query(call.request, "revision")
    view = call.view()
    revision = number(given, "revision", default=view.state.revision, most=LARGEST_REVISION)
    confirmed, connected = call.hub.roster.clients_at(call.environment, revision)
    return json_answer({"confirmed": confirmed, "connected": connected, "revision": revision})


async def events(call: Call) -> Response:
    """Open the stream: the current revision now, and each later one as it comes; refetch what you need.

    `Last-Event-ID` (or `?after=`) is the revision that the reader has: nothing is sent until there is a newer.
    """
    given = query(call.request, "after", "ticket")
    call.view()
    after = number(given, "after", default=-1, most=LARGEST_REVISION)
    resumed = call.request.headers.get("last-event-id", "")
    if resumed.isascii() and resumed.isdigit() and len(resumed) < 17:  # noqa: PLR2004 - 10**15 at most
        after = int(resumed)
    stream = _revisions(call, after)
    headers = {"Cache-Control": NEVER, "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _revisions(call: Call, sent: int) -> AsyncIterator[bytes]:
    hub, environment = call.hub, call.environment
    number = hub.roster.connect(environment, call.request.headers.get(CLIENT_HEADER, ""))
    try:
        yield b"retry: 2000\n\n"
        while not hub.closing:
            revision = hub.revision(environment)
            if revision > sent:
                sent = revision
                yield revision_event(call.view())
            await hub.wait_beyond(environment, sent, call.services.heartbeat_seconds)
            if hub.revision(environment) <= sent:
                yield b'event: heartbeat\ndata: {"revision":%d}\n\n' % sent
    finally:
        hub.roster.disconnect(number)


def revision_event(view: View) -> bytes:
    """Return the event that tells of a revision; OpenFeature providers understand its data as well."""
    data: JsonObject = {"type": "refetchEvaluation", "etag": view.etag, "revision": view.state.revision}
    return b"id: %d\ndata: %s\n\n" % (view.state.revision, json_bytes(data))


async def _current(call: Call, body: Callable[[View], bytes], *known: str) -> Response:
    """Answer from the newest view, or wait for one beyond `?after=` first."""
    given = query(call.request, "after", "wait", *known)
    call.hub.roster.confirm(call.environment, call.request.headers.get(CLIENT_HEADER, ""))
    view = call.view()
    if "after" in given:
        after = number(given, "after", default=0, most=LARGEST_REVISION)
        seconds = number(given, "wait", default=0, most=LONGEST_WAIT_SECONDS)
        if view.state.revision <= after and seconds:
            await call.hub.wait_beyond(call.environment, after, seconds)
            view = call.view()
        if view.state.revision <= after:
            return not_modified(view.etag)
    if matches(call.request.headers.get("if-none-match"), view.etag):
        return not_modified(view.etag)
    return json_answer(body(view), etag=view.etag, cache=REVALIDATE)


def _prompt_body(view: View, release: Release) -> bytes:
    head = json_bytes({"environment": view.state.environment, "revision": view.state.revision})
    return b'%s,"release":%s}' % (head[:-1], release.data())


def _record_of(data: bytes, prompt_id: str) -> str:
    try:
        found = parse_release(data)
    except DocumentError as error:
        raise ProblemError(503, "damaged", f"the release cannot be used: {error}.") from None
    if found.prompt_id != prompt_id:
        raise ProblemError(503, "damaged", "the store holds another prompt's release there.")
    return found.ref().record
