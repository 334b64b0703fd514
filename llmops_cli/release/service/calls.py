"""One request on its way to a handler: who calls, and what of the environment that caller may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.release.service.answers import ProblemError
from llmops_cli.release.service.grants import Scope

if TYPE_CHECKING:
    from starlette.requests import Request

    from llmops_cli.core.releases import Release
    from llmops_cli.release.service.callers import Caller, Doorkeeper
    from llmops_cli.release.service.hub import Hub
    from llmops_cli.release.service.metrics import Metrics
    from llmops_cli.release.service.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What handlers work with."""

    hub: Hub
    door: Doorkeeper
    metrics: Metrics
    heartbeat_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request of a known caller. `environment` is the one of the path, empty where there is none."""

    request: Request
    caller: Caller
    services: Services
    environment: str = ""

    @property
    def hub(self) -> Hub:
        """The views."""
        return self.services.hub

    def view(self) -> View:
        """Return the newest view of the environment, limited to what the caller may read.

        Raises:
            ProblemError: 403 when nothing of it may be read, 404 when there is no such environment.
        """
        return self.view_of(self.environment)

    def view_of(self, environment: str) -> View:
        """Return the newest view of an environment, as `view` does."""
        patterns = self.caller.permissions.patterns(Scope.READ, environment)
        if not patterns:
            raise forbidden(Scope.READ, environment)
        view = self.hub.view(environment, patterns)
        if view is None:
            known = [name for name in self.hub.views if self.caller.permissions.patterns(Scope.READ, name)]
            raise ProblemError(
                404,
                "no-environment",
                f"there is no environment '{environment}'.",
                hint=did_you_mean(environment, known),
            )
        return view

    def release(self, view: View, prompt_id: str, targeting_key: str = "") -> Release | None:
        """Return the release that a reader gets: the candidate for its share of keys, else the stable one.

        None for a prompt that is disabled, not released, or that the caller may not read.
        """
        from llmops_cli.core.canary import gets_candidate  # noqa: PLC0415 - only when a canary runs

        prompt = view.state.prompts.get(prompt_id)
        if prompt is None or prompt.disabled:
            return None
        candidate = prompt.candidate
        if candidate and gets_candidate(candidate.salt, targeting_key, candidate.weight):
            return view.release_of(candidate.release)
        return view.release_of(prompt.stable)

    def unknown_prompt(self, view: View, prompt_id: str) -> ProblemError:
        """Return the problem of a prompt that cannot be given; names only what the caller may read."""
        prompt = view.state.prompts.get(prompt_id)
        if prompt is not None and prompt.disabled:
            message = f"'{prompt_id}' is disabled in '{view.state.environment}'."
            return ProblemError(404, "disabled", message, hint="Use the default of your own code.")
        message = f"'{view.state.environment}' serves no prompt '{prompt_id}'."
        return ProblemError(404, "no-prompt", message, hint=did_you_mean(prompt_id, view.state.prompts))


def forbidden(scope: Scope, environment: str) -> ProblemError:
    """Return the problem of a caller whose token does not cover what it asks for."""
    return ProblemError(403, "forbidden", f"the token does not give '{scope}' on this in '{environment}'.")


def query(request: Request, *known: str) -> dict[str, str]:
    """Return the query of a request, in which every name is known and stands once.

    Raises:
        ProblemError: 400 otherwise.
    """
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known or name in found:
            hint = did_you_mean(name, known) or (f"Known: {', '.join(known)}." if known else "")
            raise ProblemError(400, "query", f"'{name[:40]}' is not a parameter here, or stands twice.", hint=hint)
        found[name] = value
    return found


def number(given: dict[str, str], name: str, *, default: int, most: int) -> int:
    """Return a whole number of the query.

    Raises:
        ProblemError: 400 for anything else.
    """
    value = given.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 17 and int(value) <= most):  # noqa: PLR2004
        raise ProblemError(400, "query", f"'{name}' is not a whole number from 0 to {most}.")
    return int(value)
