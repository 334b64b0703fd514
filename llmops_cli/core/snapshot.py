"""Everything that an environment serves at one revision, in one document: the state and the releases it serves.

A service sends it, a client keeps it on disk, an application ships it as a bundle. Whoever reads one checks it
whole: nothing of a document that does not add up is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json, digest_of_bytes
from llmops_cli.core.environment_state import EnvironmentState, parse_state
from llmops_cli.core.release_fields import SCHEMA
from llmops_cli.core.releases import Release, ReleaseRef, parse_release
from llmops_cli.core.strict_document import DocumentError, Fields, read_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGEST_SNAPSHOT = 64 << 20
"""Bytes of a snapshot that are read: about 10,000 prompts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A state and, by the digest of their record, the releases that it serves (stable ones and canaries)."""

    state: EnvironmentState
    releases: Mapping[str, Release]

    def data(self) -> bytes:
        """Return the bytes that are sent and kept: canonical JSON."""
        releases = [release.data() for _, release in sorted(self.releases.items())]
        return snapshot_data(self.state.data(), releases)


def snapshot_data(state: bytes, releases: list[bytes]) -> bytes:
    """Return the document made of parts that are canonical already."""
    return b'{"releases":[%s],"schema":%d,"state":%s}' % (b",".join(releases), SCHEMA, state)


def served_refs(state: EnvironmentState) -> Iterator[tuple[str, ReleaseRef]]:
    """Walk the releases that readers of a state need, with the ids of their prompts."""
    for name, prompt in state.prompts.items():
        if prompt.stable:
            yield name, prompt.stable
        if prompt.candidate:
            yield name, prompt.candidate.release


def parse_snapshot(data: bytes, environment: str) -> Snapshot:
    """Read the bytes of a snapshot: every release that the state serves is there, and nothing else.

    Raises:
        DocumentError: when anything about it is not as it should be.
    """
    fields = Fields(read_document(data, largest=LARGEST_SNAPSHOT))
    if (schema := fields.integer("schema")) != SCHEMA:
        message = f"schema {schema} is not the {SCHEMA} that this llmops reads; upgrade llmops"
        raise DocumentError(message)
    state = parse_state(canonical_json(fields.object("state")), environment)
    documents = fields.list("releases", most=100_000)
    fields.done()
    by_record: dict[str, bytes] = {}
    for document in documents:
        written = canonical_json(document)
        by_record[digest_of_bytes(written)] = written
    releases = {ref.record: _release(name, ref, by_record) for name, ref in served_refs(state)}
    if len(releases) != len(documents):
        message = "it holds releases that its state does not serve, or one twice"
        raise DocumentError(message)
    return Snapshot(state=state, releases=releases)


def release_of(data: bytes, prompt_id: str, ref: ReleaseRef) -> Release:
    """Read the release that a state names for a prompt.

    Raises:
        DocumentError: when the bytes are another release, or none.
    """
    release = parse_release(data, ref)
    if release.prompt_id != prompt_id:
        message = f"it is a release of '{release.prompt_id}', not of '{prompt_id}'"
        raise DocumentError(message)
    return release


def _release(name: str, ref: ReleaseRef, by_record: Mapping[str, bytes]) -> Release:
    data = by_record.get(ref.record)
    if data is None:
        message = f"the release {name}-v{ref.version} that the state serves is missing"
        raise DocumentError(message)
    return release_of(data, name, ref)
