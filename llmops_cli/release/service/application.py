"""The ASGI application: the routes of the table, each behind the same door."""

from __future__ import annotations

import json
import secrets
import traceback
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.release_fields import ENVIRONMENT
from llmops_cli.core.safe_text import safe_text
from llmops_cli.release.clock import moment
from llmops_cli.release.service.answers import ProblemError, problem_answer, problem_of
from llmops_cli.release.service.callers import Caller, Doorkeeper
from llmops_cli.release.service.calls import Call, Services, forbidden
from llmops_cli.release.service.entry import Access, Entry
from llmops_cli.release.service.grants import Grant, Permissions, Scope
from llmops_cli.release.service.guard import Guard
from llmops_cli.release.service.hub import POLL_SECONDS, Hub
from llmops_cli.release.service.metrics import Metrics
from llmops_cli.release.service.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from llmops_cli.core.release_target import Target
    from llmops_cli.release.clock import Clock
    from llmops_cli.release.service.token_file import TokenBook

HEARTBEAT_SECONDS = 15.0
_NOBODY = Caller(name="anonymous", permissions=Permissions(grants=()))


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """What a service is made of. Without `book` it is read-only and asks for no tokens.

    `hosts` are the names it answers to; an empty set takes every name. `write_log` takes lines of JSON.
    """

    target: Target
    book: TokenBook | None
    hosts: frozenset[str]
    write_log: Callable[[str], object]
    clock: Clock
    heartbeat_seconds: float = HEARTBEAT_SECONDS
    poll_seconds: float = POLL_SECONDS


@dataclass(frozen=True, kw_only=True)
class Service:
    """The application and the hub that its server has to close first when it stops."""

    app: Guard
    hub: Hub


def build_service(settings: ServiceSettings) -> Service:
    """Put the service together; nothing is read before its server starts."""

    def tell(problem: str) -> None:
        # why, for whoever reads the log; /readyz, which anybody may ask, says only that
        line = {"at": moment(settings.clock.now()), "store": safe_text(problem, one_line=True) or "ok"}
        settings.write_log(json.dumps(line))

    hub = Hub(settings.target, poll_seconds=settings.poll_seconds, tell=tell)
    metrics = Metrics()
    door = Doorkeeper(book=settings.book, clock=settings.clock, ticket_key=secrets.token_bytes(32))
    services = Services(hub=hub, door=door, metrics=metrics, heartbeat_seconds=settings.heartbeat_seconds)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await hub.start()
        try:
            yield
        finally:
            await hub.stop()

    app = Starlette(
        routes=[Route(entry.path, _endpoint(entry, services), methods=[entry.method]) for entry in ROUTES],
        lifespan=lifespan,
        exception_handlers={HTTPException: _unrouted},
    )
    # a slash at the end is another address, not a redirect
    app.router.redirect_slashes = False
    guard = Guard(app, hosts=settings.hosts, metrics=metrics, clock=settings.clock, write_log=settings.write_log)
    return Service(app=guard, hub=hub)


def _endpoint(entry: Entry, services: Services) -> Callable[[Request], Awaitable[Response]]:
    """Return what Starlette calls: it lets nobody through to the handler whom the table does not."""

    async def endpoint(request: Request) -> Response:
        log = request.state.log
        log["route"], log["waited"] = entry.path, entry.waits
        try:
            call = _admitted(entry, request, services)
            log["token"] = call.caller.name
            if call.environment:
                log["environment"] = call.environment
            return await entry.handler(call)
        except ProblemError as problem:
            return problem_answer(problem, request.url.path)
        except LlmopsError as error:
            return problem_answer(problem_of(error), request.url.path)
        except Exception as error:  # noqa: BLE001 - a defect answers 500, and the log says where; no text of a prompt
            last = traceback.extract_tb(error.__traceback__)[-1]
            log["bug"] = f"{type(error).__name__} at {last.name}:{last.lineno}"
            defect = ProblemError(500, "bug", "the service has a defect; its log says more")
            return problem_answer(defect, request.url.path)

    return endpoint


def _admitted(entry: Entry, request: Request, services: Services) -> Call:
    """Return the call of a caller who may make it.

    Raises:
        ProblemError: whoever may not.
    """
    environment = request.path_params.get("environment", "")
    if environment and not ENVIRONMENT.fullmatch(environment):
        raise ProblemError(404, "no-environment", "that is no name of an environment.")
    if request.method in ("GET", "HEAD") and request.headers.get("content-length", "0") != "0":
        raise ProblemError(400, "body", "a GET has no body here.")
    if entry.access is Access.OPEN:
        return Call(request=request, caller=_NOBODY, services=services)
    caller = _caller(entry, request, services, environment)
    reads = environment and entry.access in (Access.READ, Access.STREAM)
    if reads and not caller.permissions.patterns(Scope.READ, environment):
        raise forbidden(Scope.READ, environment)
    return Call(request=request, caller=caller, services=services, environment=environment)


def _caller(entry: Entry, request: Request, services: Services, environment: str) -> Caller:
    ticket = request.query_params.get("ticket", "")
    if entry.access is Access.STREAM and ticket and services.door.accepts_ticket(environment, ticket):
        return Caller(name="ticket", permissions=_stream_only(environment))
    address = request.client.host if request.client else ""
    return services.door.caller(request.headers.get("authorization"), address)


def _stream_only(environment: str) -> Permissions:
    return Permissions(grants=(Grant(scope=Scope.READ, environments=environment),))


async def _unrouted(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    code, message = {
        404: ("no-route", "there is nothing at this address."),
        405: ("method", "this address does not take that method."),
    }.get(status, ("bad-request", "the request cannot be read."))
    return problem_answer(ProblemError(status, code, message, headers=headers), request.url.path)
