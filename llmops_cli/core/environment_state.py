"""What an environment serves: one document with one revision that only ever rises."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from llmops_cli.core.canonical_json import canonical_json_of_texts
from llmops_cli.core.changed_part import changed_part
from llmops_cli.core.release_content import PROMPT_ID
from llmops_cli.core.release_fields import DIGEST, ENVIRONMENT, LONGEST_NAME, MOMENT, SCHEMA
from llmops_cli.core.releases import ReleaseRef
from llmops_cli.core.strict_document import LARGEST_STATE, DocumentError, Fields, read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.json_value import JsonObject, JsonValue

LONGEST_REASON = 2000
STATES_REMEMBERED = 8
RELEASES_REMEMBERED = 20
"""Earlier stable releases kept in the state, so that a rollback reads one document; older ones are in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Who did something, when (UTC) and why."""

    since: str
    by: str
    reason: str = ""

    def as_json(self) -> JsonObject:
        """Return the mark as states hold it."""
        return {"by": self.by, "reason": self.reason, "since": self.since}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read a mark; the caller calls `done`, since marks lie within larger objects.

        Raises:
            DocumentError: when a field is missing or malformed.
        """
        return cls(
            since=fields.text("since", pattern=MOMENT),
            by=fields.text("by", most=LONGEST_NAME),
            reason=fields.optional_text("reason", most=LONGEST_REASON),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The release of a canary: `weight` percent of the targeting keys get it, chosen by a hash with `salt`."""

    release: ReleaseRef
    weight: int
    salt: str

    def as_json(self) -> JsonObject:
        """Return the candidate as states hold it."""
        return {"release": self.release.as_json(), "salt": self.salt, "weight": self.weight}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A content that must not be served, whoever publishes it; `yanked` cannot be taken back."""

    digest: str
    version: int
    mark: Mark
    yanked: bool = False

    def as_json(self) -> JsonObject:
        """Return the hold as states hold it."""
        return {"digest": self.digest, "version": self.version, "yanked": self.yanked, **self.mark.as_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptState:
    """What one prompt serves. `released` are all that were ever stable, newest first, the stable one included.

    `generation` counts the changes of this prompt. `mark` says who made the last one. `disabled` is the kill
    switch: readers get the default in their own code.
    """

    stable: ReleaseRef | None = None
    candidate: Candidate | None = None
    released: tuple[ReleaseRef, ...] = ()
    held: tuple[Hold, ...] = ()
    frozen: Mark | None = None
    disabled: bool = False
    generation: int = 0
    mark: Mark
    _data: bytes = field(init=False, repr=False, compare=False, default=b"")

    def hold_of(self, digest: str) -> Hold | None:
        """Return the hold on a content, None when it may be served."""
        return next((hold for hold in self.held if hold.digest == digest), None)

    def as_json(self) -> JsonObject:
        """Return the prompt's part of the state, without what is at its default."""
        document: dict[str, JsonValue] = {"generation": self.generation, **self.mark.as_json()}
        if self.stable:
            document["stable"] = self.stable.as_json()
        if self.candidate:
            document["candidate"] = self.candidate.as_json()
        if self.released:
            document["released"] = [ref.as_json() for ref in self.released]
        if self.held:
            document["held"] = [hold.as_json() for hold in self.held]
        if self.frozen:
            document["frozen"] = self.frozen.as_json()
        if self.disabled:
            document["disabled"] = True
        return document

    def data(self) -> bytes:
        """Return the prompt's part of the stored bytes; made once, since a step changes few prompts of many."""
        if not self._data:
            object.__setattr__(self, "_data", canonical_json_of_texts(self.as_json()))
        return self._data


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentState:
    """Everything that an environment serves at `revision`.

    `head` is the digest of the event that led here, empty at revision 0: the state is the checkpoint of the
    log, since the revision counts the events.
    """

    environment: str
    revision: int = 0
    head: str = ""
    prompts: Mapping[str, PromptState] = field(default_factory=dict[str, PromptState])
    frozen: Mark | None = None

    def as_json(self) -> JsonObject:
        """Return the whole document."""
        return {
            "environment": self.environment,
            "frozen": self.frozen.as_json() if self.frozen else None,
            "head": self.head,
            "prompts": {name: prompt.as_json() for name, prompt in self.prompts.items()},
            "revision": self.revision,
            "schema": SCHEMA,
        }

    def members(self) -> list[bytes]:
        """Return the member of each prompt in the stored bytes, in their order."""
        return [
            b"%s:%s" % (canonical_json_of_texts(name), prompt.data()) for name, prompt in sorted(self.prompts.items())
        ]

    def data(self) -> bytes:
        """Return the bytes that are stored and sent: canonical JSON, put together from the prompts' parts."""
        prompts = b",".join(self.members())
        return b'{"environment":%s,"frozen":%s,"head":%s,"prompts":{%s},"revision":%d,"schema":%d}' % (
            canonical_json_of_texts(self.environment),
            canonical_json_of_texts(self.frozen.as_json() if self.frozen else None),
            canonical_json_of_texts(self.head),
            prompts,
            self.revision,
            SCHEMA,
        )

    def etag(self) -> str:
        """Return the strong HTTP entity tag of this state: `"production.42"`."""
        return f'"{self.environment}.{self.revision}"'


_REMEMBERED: dict[str, tuple[bytes, EnvironmentState]] = {}
"""The last state of each environment that was read, with its bytes."""


def parse_state(data: bytes, environment: str) -> EnvironmentState:
    """Read the bytes of an environment's state.

    A change reads the state several times (to plan, to compare, to show). What was checked for the state before is
    not checked again: of an environment with a thousand prompts a rollback changes one.

    Raises:
        DocumentError: when they are not the state of that environment, in canonical form.
    """
    known = _REMEMBERED.get(environment)
    if known is not None and known[0] == data:
        return known[1]
    state = (_parsed_after(known[1], data) if known else None) or _parsed(data, environment)
    if len(_REMEMBERED) >= STATES_REMEMBERED and environment not in _REMEMBERED:
        _REMEMBERED.clear()
    _REMEMBERED[environment] = (data, state)
    return state


def _parsed_after(before: EnvironmentState, data: bytes) -> EnvironmentState | None:
    """Return the state when it is `before` with a part that changed; None when only reading all of it can tell."""
    part = changed_part(data, b'"prompts":{', b'},"revision":', before.members())
    if part is None or not part.first + part.last:
        return None
    names = sorted(before.prompts)
    try:
        changed = _parsed(part.document, before.environment)
    except DocumentError:
        # the whole document says where it is wrong
        return None
    first, last = names[: part.first], names[len(names) - part.last :]
    known = before.prompts
    prompts = {name: known[name] for name in first} | dict(changed.prompts) | {name: known[name] for name in last}
    state = replace(changed, prompts=prompts)
    # every part is checked, and together they are these bytes
    return state if state.data() == data else None


def _parsed(data: bytes, environment: str) -> EnvironmentState:
    """Read all of the bytes.

    Raises:
        DocumentError: when they are not the state of that environment, in canonical form.
    """
    fields = Fields(read_document(data, largest=LARGEST_STATE))
    if (schema := fields.integer("schema")) != SCHEMA:
        message = f"schema {schema} is not the {SCHEMA} that this llmops reads; upgrade llmops"
        raise DocumentError(message)
    state = EnvironmentState(
        environment=fields.text("environment", pattern=ENVIRONMENT),
        revision=fields.integer("revision"),
        head=_head(fields),
        prompts={_prompt_id(name): _prompt(entry) for name, entry in fields.named("prompts")},
        frozen=_optional_mark(fields, "frozen"),
    )
    fields.done()
    if state.environment != environment:
        message = f"it is the state of '{state.environment}', not of '{environment}'"
        raise DocumentError(message)
    if bool(state.head) != bool(state.revision):
        message = "revision and head do not belong together"
        raise DocumentError(message)
    if state.data() != data:
        message = "the state is not in canonical form"
        raise DocumentError(message)
    return state


def _head(fields: Fields) -> str:
    return fields.text("head", pattern=DIGEST) if fields.value("head") != "" else ""


def _prompt_id(name: str) -> str:
    if not PROMPT_ID.fullmatch(name):
        message = "prompts has a name that is no prompt id"
        raise DocumentError(message)
    return name


def _prompt(fields: Fields) -> PromptState:
    stable, candidate = fields.optional_fields("stable"), fields.optional_fields("candidate")
    prompt = PromptState(
        stable=ReleaseRef.from_fields(stable) if stable else None,
        candidate=_candidate(candidate) if candidate else None,
        released=tuple(map(ReleaseRef.from_fields, fields.each("released", most=RELEASES_REMEMBERED))),
        held=tuple(map(_hold, fields.each("held"))),
        frozen=_optional_mark(fields, "frozen"),
        disabled=fields.boolean("disabled"),
        generation=fields.integer("generation", least=1),
        mark=Mark.from_fields(fields),
    )
    fields.done()
    return prompt


def _candidate(fields: Fields) -> Candidate:
    candidate = Candidate(
        release=ReleaseRef.from_fields(fields.fields("release")),
        weight=fields.integer("weight", most=100),
        salt=fields.text("salt", least=1, most=LONGEST_NAME),
    )
    fields.done()
    return candidate


def _hold(fields: Fields) -> Hold:
    hold = Hold(
        digest=fields.text("digest", pattern=DIGEST),
        version=fields.integer("version", least=1),
        yanked=fields.boolean("yanked"),
        mark=Mark.from_fields(fields),
    )
    fields.done()
    return hold


def _optional_mark(fields: Fields, name: str) -> Mark | None:
    inner = fields.optional_fields(name)
    if inner is None:
        return None
    mark = Mark.from_fields(inner)
    inner.done()
    return mark
