"""A small web application that answers with prompts from the config service.

    PROMPTS_URL=http://127.0.0.1:8080 uvicorn --factory docs.examples.summary_service:create_app

The model call is left out: what matters here is which prompt a request gets, and what is logged about it.
"""

from __future__ import annotations

import logging
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from llmops_cli.client import AsyncPromptClient, code_prompt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.requests import Request

log = logging.getLogger("summary_service")

# what is used when nothing else has the prompt: no service, no copy on disk, no bundle
DEFAULT = code_prompt(
    "summarize-email",
    ("user", "Summarise this e-mail in one sentence:\n{{ email }}"),
    model="local/smollm2-135m",
    variables=["email"],
)


def create_app(environ: Mapping[str, str] = os.environ) -> Starlette:
    """Return the application; PROMPTS_URL and, where the service asks for one, PROMPTS_TOKEN are its settings."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.prompts = AsyncPromptClient(
            environ["PROMPTS_URL"],
            environment=environ.get("PROMPTS_ENVIRONMENT", "production"),
            token=environ.get("PROMPTS_TOKEN"),
            bundle=environ.get("PROMPTS_BUNDLE"),
            cache_folder=environ.get("PROMPTS_CACHE"),
        )
        async with app.state.prompts:
            yield

    routes = [Route("/summaries", summarise, methods=["POST"]), Route("/health", health)]
    return Starlette(routes=routes, lifespan=lifespan)


async def summarise(request: Request) -> JSONResponse:
    """Answer with the messages for the model."""
    asked = await request.json()
    prompt = await request.app.state.prompts.get(
        "summarize-email", targeting_key=asked.get("user", ""), default=DEFAULT
    )
    messages = prompt.render(email=asked["email"])
    # with these three every answer can be traced to the text that made it
    log.info("prompt=%s version=%d digest=%s", prompt.id, prompt.version, prompt.digest)
    return JSONResponse(
        {
            "prompt": {"id": prompt.id, "version": prompt.version, "source": prompt.source},
            "model": prompt.model.name,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
        }
    )


async def health(request: Request) -> JSONResponse:
    """Say how fresh the prompts are; an outage of the config service is no reason to restart this one."""
    status = request.app.state.prompts.status()
    return JSONResponse({"revision": status.revision, "source": status.source, "problem": status.problem})
