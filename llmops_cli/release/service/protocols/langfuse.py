"""What an application reads that uses the Langfuse SDK today and changes its host only.

`GET /api/public/v2/prompts/{name}?label=…|version=…`: the label is the environment, `production` when neither
is given. The token is the secret key; the public key may be anything. A template with tags of Jinja2 is refused,
since that SDK would send the tags to the model.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.release_fields import ENVIRONMENT
from llmops_cli.release.reading import stored_release
from llmops_cli.release.service.answers import REVALIDATE, ProblemError, json_answer, matches, not_modified, problem_of
from llmops_cli.release.service.calls import number
from llmops_cli.release.service.grants import Scope

if TYPE_CHECKING:
    from starlette.responses import Response

    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.releases import Release
    from llmops_cli.release.service.calls import Call

USUAL_LABEL = "production"
_PLAIN = re.compile(r"\{\{[ \t]*[A-Za-z_][A-Za-z0-9_]*[ \t]*\}\}")
_TAG = re.compile(r"\{[{%#]")


async def prompt(call: Call) -> Response:
    """Return a prompt as Langfuse's API does."""
    name, params = call.request.path_params["name"], call.request.query_params
    if "version" in params:
        release = await _by_version(call, name, params["version"])
    else:
        label = params.get("label", USUAL_LABEL)
        if not ENVIRONMENT.fullmatch(label):
            raise ProblemError(404, "LangfuseNotFoundError", "there is no such label.")
        view = call.view_of(label)
        found = call.release(view, name)
        if found is None:
            raise ProblemError(404, "LangfuseNotFoundError", call.unknown_prompt(view, name).message)
        release = found
    if release.prompt.engine.value != "plain" and not _only_placeholders(release):
        message = f"{release.identifier} uses more than placeholders, which Langfuse's SDK cannot render."
        raise ProblemError(422, "NotRenderable", message)
    labels = _labels(call, release)
    etag = f'"{release.ref().record}.{".".join(labels)}"'
    if matches(call.request.headers.get("if-none-match"), etag):
        return not_modified(etag)
    return json_answer(_document(release, labels), etag=etag, cache=REVALIDATE)


async def _by_version(call: Call, name: str, version: str) -> Release:
    if not call.caller.permissions.reads_release(name):
        raise ProblemError(403, "Forbidden", "the token does not cover this prompt.")
    wanted = number({"version": version}, "version", default=0, most=10**9)
    known = any(name in view.state.prompts for view in call.hub.views.values())
    try:
        found = await asyncio.to_thread(stored_release, call.hub.target, name, wanted) if known else None
    except LlmopsError as error:
        raise problem_of(error) from None
    if found is None:
        raise ProblemError(404, "LangfuseNotFoundError", f"there is no {name[:100]}-v{wanted}.")
    return found


def _only_placeholders(release: Release) -> bool:
    return all(
        len(_TAG.findall(message.resolved)) == len(_PLAIN.findall(message.resolved))
        for message in release.prompt.messages
    )


def _labels(call: Call, release: Release) -> list[str]:
    """Return the environments that serve the release to everybody, of those that the caller may read."""
    found = []
    for name, view in sorted(call.hub.views.items()):
        prompt = view.state.prompts.get(release.prompt_id)
        served = prompt and not prompt.disabled and prompt.stable == release.ref()
        if served and call.caller.permissions.allows(Scope.READ, name, release.prompt_id):
            found.append(name)
    return found


def _document(release: Release, labels: list[str]) -> JsonObject:
    content = release.prompt.content()
    return {
        "type": "chat",
        "name": release.prompt_id,
        "version": release.version,
        "prompt": [
            {"type": "chatmessage", "role": message.role.value, "content": message.resolved}
            for message in release.prompt.messages
        ],
        "config": {
            "digest": release.digest,
            "model": content["model"],
            "output": content["output"],
            "tools": content["tools"],
            "variables": content["variables"],
        },
        "labels": list(labels),
        "tags": [],
        "commitMessage": release.description,
        "resolutionGraph": None,
    }
