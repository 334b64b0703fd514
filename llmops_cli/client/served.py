"""A prompt as an application gets it: what to send, where it came from, and how old that knowledge is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError, TargetError
from llmops_cli.core.prompts import Engine, ModelSettings, Prompt, Role, Template, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.prompts import Message


class Source(StrEnum):
    """Where a prompt came from, best first."""

    SERVICE = "service"
    DISK = "disk"
    BUNDLE = "bundle"
    CODE = "code"


class PromptUnavailableError(TargetError):
    """No source has the prompt, or it was disabled and the code gives no default."""


@dataclass(slots=True)
class Freshness:
    """When a source was last known to be what the service serves, in seconds since the epoch."""

    clock: Callable[[], float]
    confirmed_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedPrompt:
    """One release, ready to be rendered. `id`, `version` and `digest` belong into the log of every request.

    `revision` is that of the environment, 0 for a default in code. The value never changes: who keeps it keeps
    the prompt of that moment.
    """

    id: str
    version: int
    digest: str
    environment: str
    revision: int
    source: Source
    prompt: Prompt
    freshness: Freshness = field(repr=False, compare=False)

    @property
    def age_seconds(self) -> float:
        """How long ago the service last confirmed that this is what it serves; 0 for a default in code."""
        if self.source is Source.CODE:
            return 0.0
        return max(0.0, self.freshness.clock() - self.freshness.confirmed_at)

    @property
    def identifier(self) -> str:
        """The name for people: `summarize-email-v3`."""
        return self.prompt.identifier

    @property
    def model(self) -> ModelSettings:
        """Which model answers, and how it is asked."""
        return self.prompt.model

    @property
    def tools(self) -> tuple[JsonObject, ...]:
        """The tools that the model may call."""
        return self.prompt.tools

    def render(self, **variables: JsonValue) -> tuple[Message, ...]:
        """Return the messages with the values put in, as `llmops eval` measured them.

        Strict: every variable without a default is given, none that the prompt does not have, each of its type.

        Raises:
            InvalidFileError: naming the variable that is missing, unknown, or of the wrong type.
        """
        try:
            from llmops_cli.registry.templates.template import render_messages  # noqa: PLC0415 - reading needs no engine

            return render_messages(self.prompt, variables)
        except ModuleNotFoundError as error:
            message = f"rendering needs the Python package '{error.name}', which is not installed."
            raise SetupError(
                message, hint="Install llmops-cli with its dependencies: pip install llmops-cli"
            ) from error


def code_prompt(
    prompt_id: str,
    *messages: tuple[str, str],
    model: str,
    variables: Iterable[str] = (),
    engine: Engine = Engine.JINJA2,
) -> ServedPrompt:
    """Return a default in code: messages as pairs of role and text, and the names of its text variables.

    The last resort, when no other source has the prompt. Its version is 0.
    """
    prompt = Prompt(
        id=prompt_id,
        version=0,
        path="default in code",
        model=ModelSettings(name=model),
        engine=engine,
        messages=tuple(Template(role=Role(role), source=text, resolved=text) for role, text in messages),
        variables=tuple(Variable(name=name) for name in variables),
    )
    return ServedPrompt(
        id=prompt_id,
        version=0,
        digest=prompt.digest(),
        environment="",
        revision=0,
        source=Source.CODE,
        prompt=prompt,
        freshness=Freshness(clock=time.time, confirmed_at=0.0),
    )
