"""What people and machines that watch the service read: health, metrics, the document, the status pages."""

from __future__ import annotations

import asyncio
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response

from llmops_cli.core.errors import LlmopsError
from llmops_cli.release.history import history as events_of
from llmops_cli.release.reading import stored_release
from llmops_cli.release.service.answers import NEVER, json_answer
from llmops_cli.release.service.calls import query
from llmops_cli.release.service.grants import Scope
from llmops_cli.release.service.guard import SECURE
from llmops_cli.release.service.metrics import MEDIA_TYPE
from llmops_cli.release.service.status_html import EnvironmentStatus, PromptHistory, history_page, overview_page

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.release_events import Event
    from llmops_cli.core.release_target import Target
    from llmops_cli.core.releases import Release, ReleaseRef
    from llmops_cli.release.service.calls import Call

EVENTS_SHOWN = 50
_STYLE = Path(__file__).with_name("style.css")


async def health(_: Call) -> Response:
    """Say that the process answers."""
    return json_answer({"status": "ok"})


async def ready(call: Call) -> Response:
    """Say whether readers get everything that was published; names no prompt, since anybody may ask."""
    problems = sum(len(view.problems) for view in call.hub.views.values())
    body: JsonObject = {
        "status": "ok",
        "store": "ok",
        "unusable_releases": problems,
        "environments": len(call.hub.views),
    }
    if call.hub.closing:
        return json_answer({**body, "status": "closing"}, status=503)
    if call.hub.problem:
        return json_answer({**body, "status": "degraded", "store": "cannot be read"}, status=503)
    return json_answer({**body, "status": "degraded"} if problems else body)


async def metrics(call: Call) -> Response:
    """Return the counters."""
    names = [name for name in sorted(call.hub.views) if call.caller.permissions.patterns(Scope.READ, name)]
    text = call.services.metrics.text(call.hub, call.services.door, names)
    return Response(text, headers={"Cache-Control": NEVER}, media_type=MEDIA_TYPE)


async def style(_: Call) -> Response:
    """Return the style sheet of the pages."""
    return Response(_STYLE.read_bytes(), media_type="text/css", headers={"Cache-Control": "max-age=300"})


async def overview(call: Call) -> Response:
    """Show what is live where."""
    query(call.request)
    shown = []
    for name in sorted(call.hub.views):
        if call.caller.permissions.patterns(Scope.READ, name):
            view = call.view_of(name)
            confirmed, connected = call.hub.roster.clients_at(name, view.state.revision)
            shown.append(EnvironmentStatus(view=view, confirmed=confirmed, connected=connected))
    return HTMLResponse(overview_page(shown, call.hub.problem), headers={**SECURE, "Cache-Control": NEVER})


async def history(call: Call) -> Response:
    """Show one prompt: what it serves, its log, and what the live release changed."""
    query(call.request)
    prompt_id = call.request.path_params["prompt"]
    view = call.view()
    prompt = view.state.prompts.get(prompt_id)
    if prompt is None:
        raise call.unknown_prompt(view, prompt_id)
    earlier = next((ref for ref in prompt.released if ref != prompt.stable), None)
    events, before = await asyncio.to_thread(_looked_up, call.hub.target, call.environment, prompt_id, earlier)
    found = PromptHistory(
        environment=call.environment,
        prompt_id=prompt_id,
        prompt=prompt,
        live=view.release_of(prompt.stable),
        before=before,
        events=events,
    )
    page = await asyncio.to_thread(history_page, found)
    return HTMLResponse(page, headers={**SECURE, "Cache-Control": NEVER})


def _looked_up(
    target: Target, environment: str, prompt_id: str, earlier: ReleaseRef | None
) -> tuple[tuple[Event, ...], Release | None]:
    """Read the newest events and the release before; a damaged one does not take the page away."""
    try:
        newest = islice(events_of(target, environment, prompt_id), EVENTS_SHOWN)
        events = tuple(newest)
    except LlmopsError:
        events = ()
    try:
        before = stored_release(target, prompt_id, earlier.version) if earlier else None
    except LlmopsError:
        before = None
    return events, before
