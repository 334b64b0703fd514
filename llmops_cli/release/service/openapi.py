"""The OpenAPI document, made from the table of routes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmops_cli import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.release.service.entry import Entry

_IN_PATH = re.compile(r"\{([a-z]+)(?::path)?\}")
_PARAMETERS: dict[str, JsonObject] = {
    "after": {"description": "Wait for a revision beyond this one.", "schema": {"type": "integer", "minimum": 0}},
    "wait": {"description": "For at most so many seconds.", "schema": {"type": "integer", "maximum": 60}},
    "targeting_key": {"description": "Decides in a canary.", "schema": {"type": "string"}},
    "ticket": {"description": "From an OFREP answer.", "schema": {"type": "string"}},
    "revision": {"schema": {"type": "integer", "minimum": 0}},
    "head": {"description": "The digest of the event.", "schema": {"type": "string"}},
    "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": 100}},
    "label": {"description": "The environment.", "schema": {"type": "string"}},
    "version": {"schema": {"type": "integer", "minimum": 1}},
}
_PROBLEM: JsonObject = {"description": "A problem, as `error.code`, `error.message` and `error.hint`."}


def openapi_document(entries: Sequence[Entry]) -> JsonObject:
    """Return the document of a table of routes."""
    paths: dict[str, dict[str, JsonValue]] = {}
    for entry in entries:
        paths.setdefault(entry.path.replace(":path", ""), {})[entry.method.lower()] = _operation(entry)
    return {
        "openapi": "3.1.0",
        "info": {"title": "llmops config service", "version": __version__, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "The token as password."},
            }
        },
    }


def _operation(entry: Entry) -> JsonObject:
    places = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _IN_PATH.findall(entry.path)
    ]
    queries = [{"name": name, "in": "query", **_PARAMETERS[name]} for name in entry.parameters]
    operation: dict[str, JsonValue] = {
        "operationId": f"{entry.handler.__module__.rpartition('.')[2]}_{entry.handler.__name__}",
        "summary": entry.summary,
        "description": f"May be called by {entry.access.value}.",
        "parameters": [*places, *queries],
        "responses": {
            "201" if entry.path.endswith("/changes") else "200": {
                "description": "The answer.",
                "content": {entry.media_type: {}},
            },
            "default": _PROBLEM,
        },
        "security": [{}] if entry.access.name == "OPEN" else [{"bearer": []}, {"basic": []}],
    }
    if entry.method == "POST":
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    return operation
