"""A release: one approved prompt with its evidence, immutable, addressed by its digest and by `id-vN`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from llmops_cli.core.canonical_json import canonical_json, digest_of, digest_of_bytes, short_digest
from llmops_cli.core.release_content import PROMPT_ID, prompt_from_content
from llmops_cli.core.release_evidence import EvalEvidence
from llmops_cli.core.release_fields import COMMIT, DIGEST, LARGEST_VERSION, LONGEST_NAME, MOMENT, SCHEMA
from llmops_cli.core.strict_document import DocumentError, Fields, read_document

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.prompts import Prompt


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ReleaseRef:
    """Names one release for good: its version for people, `digest` of its content, `record` of all its bytes."""

    version: int
    digest: str
    record: str

    def as_json(self) -> JsonObject:
        """Return the reference as states and events hold it."""
        return {"digest": self.digest, "record": self.record, "version": self.version}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read a reference.

        Raises:
            DocumentError: when a field is missing, unknown or malformed.
        """
        ref = cls(
            version=fields.integer("version", least=1, most=LARGEST_VERSION),
            digest=fields.text("digest", pattern=DIGEST),
            record=fields.text("record", pattern=DIGEST),
        )
        fields.done()
        return ref

    def __str__(self) -> str:
        """Read as `v12 (1a2b3c4d5e6f)`."""
        return f"v{self.version} ({short_digest(self.digest)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitOrigin:
    """Where the content was approved: the commit, the file in it, and the protected branch that holds it."""

    commit: str
    path: str
    blob: str
    branch: str

    def as_json(self) -> JsonObject:
        """Return the origin as a release holds it."""
        return {"blob": self.blob, "branch": self.branch, "commit": self.commit, "path": self.path}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read an origin.

        Raises:
            DocumentError: when a field is missing, unknown or malformed.
        """
        origin = cls(
            commit=fields.text("commit", pattern=COMMIT),
            path=fields.text("path", least=1, most=1000),
            blob=fields.text("blob", pattern=COMMIT),
            branch=fields.text("branch", least=1, most=300),
        )
        fields.done()
        return origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What is published, whole: an application needs nothing else to call the model.

    `prompt` has the content with every partial in place. `prompt_tokens` and `cost_usd_per_call` are
    estimates of a call, None when unknown. `rollback_to` is the author's choice of an older version.
    """

    prompt: Prompt
    git: GitOrigin
    evidence: EvalEvidence | None
    created_at: str
    created_by: str
    tool_version: str
    prompt_tokens: int | None = None
    cost_usd_per_call: float | None = None
    description: str = ""
    owner: str = ""
    rollback_to: int | None = None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Compute the content's digest once."""
        object.__setattr__(self, "digest", self.prompt.digest())

    @property
    def prompt_id(self) -> str:
        """The id of the prompt."""
        return self.prompt.id

    @property
    def version(self) -> int:
        """The version number, which never names other content."""
        return self.prompt.version

    @property
    def identifier(self) -> str:
        """The name for people: `summarize-email-v3`."""
        return self.prompt.identifier

    def as_json(self) -> JsonObject:
        """Return the whole record."""
        return {
            "content": self.prompt.content(),
            "cost": {"prompt_tokens": self.prompt_tokens, "usd_per_call": self.cost_usd_per_call},
            "created": {"at": self.created_at, "by": self.created_by},
            "description": self.description,
            "digest": self.digest,
            "eval": self.evidence.as_json() if self.evidence else None,
            "git": self.git.as_json(),
            "id": self.prompt.id,
            "owner": self.owner,
            "rollback_to": self.rollback_to,
            "schema": SCHEMA,
            "tool_version": self.tool_version,
            "version": self.prompt.version,
        }

    def data(self) -> bytes:
        """Return the bytes that are stored and sent: canonical JSON."""
        return canonical_json(self.as_json())

    def ref(self) -> ReleaseRef:
        """Return the reference that states and events hold."""
        return ReleaseRef(version=self.version, digest=self.digest, record=digest_of(self.as_json()))


def parse_release(data: bytes, ref: ReleaseRef | None = None) -> Release:
    """Read the bytes of a release; with `ref`, they have to be exactly those that it names.

    Raises:
        DocumentError: when the bytes are not a release in canonical form, its content does not have the
            digest that it claims, or it is not the one that `ref` names.
    """
    if ref is not None and digest_of_bytes(data) != ref.record:
        message = "the bytes are not those that were released: their digest differs"
        raise DocumentError(message)
    release = _release(Fields(read_document(data)))
    if release.data() != data:
        message = "the release is not in canonical form"
        raise DocumentError(message)
    if ref is not None and (release.version, release.digest) != (ref.version, ref.digest):
        message = f"it is {release.identifier}, not v{ref.version}"
        raise DocumentError(message)
    return release


def _release(fields: Fields) -> Release:
    _check_schema(fields)
    cost, created = fields.fields("cost"), fields.fields("created")
    git = fields.fields("git")
    origin = GitOrigin.from_fields(git)
    evidence = fields.optional_fields("eval")
    prompt = prompt_from_content(
        fields.object("content"),
        prompt_id=fields.text("id", pattern=PROMPT_ID),
        version=fields.integer("version", least=1, most=LARGEST_VERSION),
        path=origin.path,
    )
    release = Release(
        prompt=prompt,
        git=origin,
        evidence=EvalEvidence.from_fields(evidence) if evidence else None,
        created_at=created.text("at", pattern=MOMENT),
        created_by=created.text("by", most=LONGEST_NAME),
        tool_version=fields.text("tool_version", most=100),
        prompt_tokens=cost.optional_integer("prompt_tokens"),
        cost_usd_per_call=cost.optional_number("usd_per_call"),
        description=fields.optional_text("description"),
        owner=fields.optional_text("owner", most=LONGEST_NAME),
        rollback_to=fields.optional_integer("rollback_to", least=1, most=LARGEST_VERSION),
    )
    digest: JsonValue = fields.text("digest", pattern=DIGEST)
    for part in (cost, created, fields):
        part.done()
    if digest != release.digest:
        message = "the content does not have the digest that the release claims"
        raise DocumentError(message)
    return release


def _check_schema(fields: Fields) -> None:
    if (schema := fields.integer("schema")) != SCHEMA:
        message = f"schema {schema} is not the {SCHEMA} that this llmops reads; upgrade llmops"
        raise DocumentError(message)
