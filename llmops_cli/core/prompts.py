"""What a prompt is, after its file was checked: identity, content, and what callers rely on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.json_value import JsonObject, JsonValue


class Role(StrEnum):
    """Who speaks a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Engine(StrEnum):
    """How placeholders are written: a subset of Jinja2, or only `{{ name }}`."""

    JINJA2 = "jinja2"
    PLAIN = "plain"


class VariableType(StrEnum):
    """The JSON types that a variable may have."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ARRAY = "array"
    OBJECT = "object"


class OutputFormat(StrEnum):
    """What the prompt promises its caller to answer with."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One rendered message: exactly the text that a model receives."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The text of one message with placeholders.

    `source` is what the author wrote (line ends are LF); `resolved` is the same text with every
    partial put in, which is what is rendered, released and digested.
    """

    role: Role
    source: str
    resolved: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A placeholder that a caller fills; required when it has no default.

    `max_tokens` caps the value's size in tokens of the prompt's model. `has_default` tells a default
    of null from no default.
    """

    name: str
    type: VariableType = VariableType.STRING
    description: str = ""
    enum: tuple[JsonValue, ...] = ()
    default: JsonValue = None
    has_default: bool = False
    max_tokens: int | None = None

    @property
    def required(self) -> bool:
        """Whether a caller has to give a value."""
        return not self.has_default

    def as_json(self) -> JsonObject:
        """Return what of the variable reaches an application; the description does not."""
        document: dict[str, JsonValue] = {"type": self.type.value}
        if self.enum:
            document["enum"] = list(self.enum)
        if self.has_default:
            document["default"] = self.default
        if self.max_tokens is not None:
            document["max_tokens"] = self.max_tokens
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """Which model answers, and how it is asked. `name` is `provider/model` or an alias of `llmops.yaml`.

    A setting of None is not sent, so the provider's own default holds. `extra` goes to the provider as
    it is. `fallbacks` are tried in order when the provider fails.
    """

    name: str
    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    extra: JsonObject = field(default_factory=dict)
    fallbacks: tuple[str, ...] = ()

    def as_json(self) -> JsonObject:
        """Return the settings that are set, with the field names of the prompt file."""
        document: dict[str, JsonValue] = {"name": self.name}
        for name in ("temperature", "max_tokens", "top_p", "seed"):
            value: JsonValue = getattr(self, name)
            if value is not None:
                document[name] = value
        if self.stop:
            document["stop"] = list(self.stop)
        if self.extra:
            document["extra"] = self.extra
        if self.fallbacks:
            document["fallbacks"] = list(self.fallbacks)
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputContract:
    """What the answer has to look like; `schema` (JSON Schema 2020-12) only with `json`."""

    format: OutputFormat = OutputFormat.TEXT
    schema: JsonObject | None = None

    def as_json(self) -> JsonObject:
        """Return the contract with the field names of the prompt file."""
        document: dict[str, JsonValue] = {"format": self.format.value}
        if self.schema is not None:
            document["schema"] = self.schema
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptBudget:
    """Ceilings of one call: tokens of the rendered prompt, and US dollars."""

    prompt_tokens: int | None = None
    cost_usd_per_call: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """How often production calls the prompt; lets a diff speak of dollars per month."""

    calls_per_day: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One checked prompt: everything of its file that anybody needs.

    `path` is relative to the repository, with forward slashes. `partials` are the ids of the partials
    that the templates include, directly or through another one, sorted.
    """

    id: str
    version: int
    path: str
    model: ModelSettings
    messages: tuple[Template, ...]
    engine: Engine = Engine.JINJA2
    variables: tuple[Variable, ...] = ()
    output: OutputContract = OutputContract()
    tools: tuple[JsonObject, ...] = ()
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    budget: PromptBudget = PromptBudget()
    traffic: Traffic | None = None
    rollback_to: int | None = None
    partials: tuple[str, ...] = ()

    @property
    def identifier(self) -> str:
        """The name for people: `summarize-email-v3`."""
        return f"{self.id}-v{self.version}"

    @property
    def by_name(self) -> Mapping[str, Variable]:
        """The variables by name, in the order of the file."""
        return {variable.name: variable for variable in self.variables}

    def content(self) -> JsonObject:
        """Return what reaches a model or an application, and nothing else; the digest is made of it."""
        return {
            "engine": self.engine.value,
            "messages": [{"role": m.role.value, "content": m.resolved} for m in self.messages],
            "model": self.model.as_json(),
            "output": self.output.as_json(),
            "tools": list(self.tools),
            "variables": {variable.name: variable.as_json() for variable in self.variables},
        }

    def digest(self) -> str:
        """Return the digest of `content()`: comments, layout, description, owner and budget do not change it."""
        return digest_of(self.content())
