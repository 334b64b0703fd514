"""The OpenFeature Remote Evaluation Protocol 0.3: every OpenFeature SDK reads prompts as object flags.

Source: open-feature/protocol, service/openapi.yaml. Value, variant, a standard reason and (on 400) the details
are always sent: some SDKs fail without them. A disabled prompt is not found, so that every SDK takes the
default of the application's code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import digest_of
from llmops_cli.core.strict_document import DocumentError
from llmops_cli.release.flagd import flag_value, variant_of
from llmops_cli.release.service.answers import REVALIDATE, ProblemError, json_answer, matches, not_modified
from llmops_cli.release.service.bodies import read_fields

if TYPE_CHECKING:
    from starlette.responses import Response

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.release.service.calls import Call
    from llmops_cli.release.service.view import View

INACTIVITY_SECONDS = 120


async def evaluate(call: Call) -> Response:
    """Evaluate one flag."""
    targeting_key = await _targeting_key(call)
    key = call.request.path_params["key"]
    view = call.view()
    flag = _flag(call, view, key, targeting_key)
    if flag is None:
        raise ProblemError(404, "FLAG_NOT_FOUND", call.unknown_prompt(view, key).message)
    return json_answer(flag)


async def evaluate_all(call: Call) -> Response:
    """Evaluate every flag that the caller may read, with an entity tag and where to hear of changes."""
    targeting_key = await _targeting_key(call)
    view = call.view()
    etag = f'{view.etag[:-1]}.{digest_of(targeting_key)[7:19]}"' if _has_canary(view) else view.etag
    if matches(call.request.headers.get("if-none-match"), etag):
        return not_modified(etag)
    flags = [_flag(call, view, name, targeting_key) for name in sorted(view.state.prompts)]
    body: JsonObject = {
        "flags": [flag for flag in flags if flag is not None],
        "metadata": {"environment": call.environment, "revision": view.state.revision},
        "eventStreams": [
            {
                "type": "sse",
                "endpoint": {"requestUri": _events_uri(call)},
                "inactivityDelaySec": INACTIVITY_SECONDS,
            }
        ],
    }
    return json_answer(body, etag=etag, cache=REVALIDATE)


async def _targeting_key(call: Call) -> str:
    """Return the targeting key of the context, empty when there is none; the rest of the context is not used."""
    fields = await read_fields(call.request)
    try:
        context = fields.optional_fields("context")
        fields.done()
        return context.optional_text("targetingKey") if context else ""
    except DocumentError as error:
        raise ProblemError(400, "INVALID_CONTEXT", f"the context cannot be used: {error}.") from None


def _flag(call: Call, view: View, key: str, targeting_key: str) -> JsonObject | None:
    release = call.release(view, key, targeting_key)
    if release is None:
        return None
    prompt = view.state.prompts[key]
    metadata: dict[str, JsonValue] = {
        "digest": release.digest,
        "environment": call.environment,
        "revision": view.state.revision,
        "version": release.version,
    }
    if release.evidence and release.evidence.score is not None:
        metadata["score"] = release.evidence.score
    return {
        "key": key,
        "value": flag_value(release),
        "variant": variant_of(release.ref()),
        # who has no key is in no share
        "reason": "SPLIT" if prompt.candidate and targeting_key else "STATIC",
        "metadata": metadata,
    }


def _has_canary(view: View) -> bool:
    return any(prompt.candidate for prompt in view.state.prompts.values())


def _events_uri(call: Call) -> str:
    path = f"/v1/environments/{call.environment}/events"
    door = call.services.door
    return path if door.book is None else f"{path}?ticket={door.ticket(call.environment)}"
