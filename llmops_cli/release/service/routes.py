"""The table of routes: method, path, who may call it, what answers, and the sentence of the OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.release.service import changes, pages
from llmops_cli.release.service.answers import json_answer
from llmops_cli.release.service.entry import Access, Entry
from llmops_cli.release.service.openapi import openapi_document
from llmops_cli.release.service.protocols import langfuse, native, ofrep

if TYPE_CHECKING:
    from starlette.responses import Response

    from llmops_cli.release.service.calls import Call

_ENVIRONMENT = "/v1/environments/{environment}"
_OFREP = "/e/{environment}/ofrep/v1/evaluate/flags"
_POLL = ("after", "wait")


async def openapi(_: Call) -> Response:
    """Return the OpenAPI document of the table below."""
    return json_answer(openapi_document(ROUTES))


ROUTES = (
    Entry("GET", "/healthz", Access.OPEN, pages.health, "The process runs."),
    Entry("GET", "/readyz", Access.OPEN, pages.ready, "The store can be read, and everything in it can be served."),
    Entry("GET", "/metrics", Access.TOKEN, pages.metrics, "Counters for Prometheus.", media_type="text/plain"),
    Entry("GET", "/openapi.json", Access.TOKEN, openapi, "This document."),
    Entry("GET", "/style.css", Access.OPEN, pages.style, "The style sheet of the pages.", media_type="text/css"),
    Entry("GET", "/", Access.TOKEN, pages.overview, "What is live where, as a page.", media_type="text/html"),
    Entry(
        "GET", "/status/{environment}/{prompt}", Access.READ, pages.history,
        "One prompt: its releases, the log, and what changed last, as a page.", media_type="text/html",
    ),
    Entry("GET", "/v1/environments", Access.TOKEN, native.environments, "The environments and their revisions."),
    Entry(
        "GET", f"{_ENVIRONMENT}/state", Access.READ, native.state,
        "What the environment serves, as references. With `after`: wait for a later revision.", _POLL, waits=True,
    ),
    Entry(
        "GET", f"{_ENVIRONMENT}/snapshot", Access.READ, native.snapshot,
        "The state and every release that it serves.", _POLL, waits=True,
    ),
    Entry(
        "GET", f"{_ENVIRONMENT}/prompts/{{prompt}}", Access.READ, native.prompt,
        "The release of one prompt that a reader gets.", (*_POLL, "targeting_key"), waits=True,
    ),
    Entry("GET", f"{_ENVIRONMENT}/flagd.json", Access.READ, native.flagd, "A flagd configuration.", _POLL, waits=True),
    Entry(
        "GET", f"{_ENVIRONMENT}/events", Access.STREAM, native.events,
        "Revisions as they come (server-sent events).", ("after", "ticket"), "text/event-stream", waits=True,
    ),
    Entry(
        "GET", f"{_ENVIRONMENT}/clients", Access.READ, native.clients,
        "How many connected clients confirmed a revision.", ("revision",),
    ),
    Entry(
        "GET", f"{_ENVIRONMENT}/log", Access.READ, changes.log,
        "Events, newest first, as they were made.", ("revision", "head", "limit"),
    ),
    Entry("POST", f"{_ENVIRONMENT}/changes", Access.WRITE, changes.change, "Make one change of the environment."),
    Entry(
        "GET", "/v1/prompts/{prompt}/releases/{version}", Access.TOKEN, native.release,
        "A release, as it was published.",
    ),
    Entry("POST", _OFREP, Access.READ, ofrep.evaluate_all, "OFREP 0.3: every prompt as a flag."),
    Entry("POST", f"{_OFREP}/{{key:path}}", Access.READ, ofrep.evaluate, "OFREP 0.3: one prompt as a flag."),
    Entry(
        "GET", "/api/public/v2/prompts/{name}", Access.TOKEN, langfuse.prompt,
        "A prompt in the form of Langfuse's API.", ("label", "version"),
    ),
)  # fmt: skip
