"""One entry of an environment's log: what changed, who did it, when and why; each names the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json, digest_of_bytes
from llmops_cli.core.environment_state import LONGEST_REASON
from llmops_cli.core.release_content import PROMPT_ID
from llmops_cli.core.release_fields import DIGEST, ENVIRONMENT, LARGEST_VERSION, LONGEST_NAME, MOMENT, SCHEMA
from llmops_cli.core.releases import ReleaseRef
from llmops_cli.core.strict_document import DocumentError, Fields, read_document

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject, JsonValue

LONGEST_LINK = 500
MOST_CHANGES = 2000


class EventKind(StrEnum):
    """What can happen to an environment."""

    PUBLISH = "publish"
    PROMOTE = "promote"
    CANARY_START = "canary-start"
    CANARY_STEP = "canary-step"
    CANARY_PROMOTE = "canary-promote"
    CANARY_ABORT = "canary-abort"
    ROLLBACK = "rollback"
    HOLD = "hold"
    UNHOLD = "unhold"
    YANK = "yank"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    DISABLE = "disable"
    ENABLE = "enable"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldContent:
    """A content that an event holds or frees, by the version that people know it by."""

    digest: str
    version: int

    def as_json(self) -> JsonObject:
        """Return the content as events hold it."""
        return {"digest": self.digest, "version": self.version}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an event does to one prompt.

    `before` is the stable release that the change replaces (the compare of compare-and-swap for this prompt),
    `after` the release that becomes stable or candidate. `weight` in percent and `salt` belong to canaries,
    `contents` to hold, unhold, yank and rollback.
    """

    prompt_id: str
    before: ReleaseRef | None = None
    after: ReleaseRef | None = None
    weight: int | None = None
    salt: str = ""
    contents: tuple[HeldContent, ...] = ()

    def as_json(self) -> JsonObject:
        """Return the change as events hold it, without what is at its default."""
        document: dict[str, JsonValue] = {"prompt": self.prompt_id}
        if self.before:
            document["from"] = self.before.as_json()
        if self.after:
            document["to"] = self.after.as_json()
        if self.weight is not None:
            document["weight"] = self.weight
        if self.salt:
            document["salt"] = self.salt
        if self.contents:
            document["contents"] = [content.as_json() for content in self.contents]
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step of an environment from `revision - 1` to `revision`.

    `previous` is the digest of the event before, empty for the first. `key` names the intention: whoever
    lost the answer finds the event by it. No `changes` means the whole environment (freeze and unfreeze).
    """

    environment: str
    revision: int
    previous: str
    kind: EventKind
    changes: tuple[Change, ...]
    at: str
    by: str
    key: str
    tool_version: str
    reason: str = ""
    incident: str = ""

    def as_json(self) -> JsonObject:
        """Return the whole entry."""
        return {
            "at": self.at,
            "by": self.by,
            "changes": [change.as_json() for change in self.changes],
            "environment": self.environment,
            "incident": self.incident,
            "key": self.key,
            "kind": self.kind.value,
            "previous": self.previous,
            "reason": self.reason,
            "revision": self.revision,
            "schema": SCHEMA,
            "tool_version": self.tool_version,
        }

    def data(self) -> bytes:
        """Return the bytes that are stored and sent: canonical JSON."""
        return canonical_json(self.as_json())

    def digest(self) -> str:
        """Return the digest that the next event and the state name this one by."""
        return digest_of_bytes(self.data())


def parse_event(data: bytes) -> Event:
    """Read the bytes of one event.

    Raises:
        DocumentError: when they are not an event in canonical form.
    """
    fields = Fields(read_document(data))
    if (schema := fields.integer("schema")) != SCHEMA:
        message = f"schema {schema} is not the {SCHEMA} that this llmops reads; upgrade llmops"
        raise DocumentError(message)
    previous = fields.value("previous")
    event = Event(
        environment=fields.text("environment", pattern=ENVIRONMENT),
        revision=fields.integer("revision", least=1),
        previous="" if previous == "" else fields.text("previous", pattern=DIGEST),
        kind=_kind(fields),
        changes=tuple(map(_change, fields.each("changes", most=MOST_CHANGES))),
        at=fields.text("at", pattern=MOMENT),
        by=fields.text("by", least=1, most=LONGEST_NAME),
        key=fields.text("key", least=1, most=LONGEST_NAME),
        tool_version=fields.text("tool_version", most=100),
        reason=fields.optional_text("reason", most=LONGEST_REASON),
        incident=fields.optional_text("incident", most=LONGEST_LINK),
    )
    fields.done()
    if event.data() != data:
        message = "the event is not in canonical form"
        raise DocumentError(message)
    return event


def _kind(fields: Fields) -> EventKind:
    value = fields.text("kind", most=40)
    try:
        return EventKind(value)
    except ValueError:
        message = f"{fields.place('kind')} '{value}' is not known"
        raise DocumentError(message) from None


def _change(fields: Fields) -> Change:
    before, after = fields.optional_fields("from"), fields.optional_fields("to")
    change = Change(
        prompt_id=fields.text("prompt", pattern=PROMPT_ID),
        before=ReleaseRef.from_fields(before) if before else None,
        after=ReleaseRef.from_fields(after) if after else None,
        weight=fields.optional_integer("weight", most=100),
        salt=fields.optional_text("salt", most=LONGEST_NAME),
        contents=tuple(map(_content, fields.each("contents", most=100))),
    )
    fields.done()
    return change


def _content(fields: Fields) -> HeldContent:
    content = HeldContent(
        digest=fields.text("digest", pattern=DIGEST),
        version=fields.integer("version", least=1, most=LARGEST_VERSION),
    )
    fields.done()
    return content
