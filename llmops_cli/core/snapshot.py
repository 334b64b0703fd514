"""Everything that a reader of one environment needs, in one document: the state, and each release that it serves.

The service sends it, the client keeps it as last known good, and `llmops export --format bundle` writes it to
ship with an application. Whoever reads one checks every digest in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.environment_state import parse_state
from llmops_cli.core.releases import ENVIRONMENT, SCHEMA, parse_release
from llmops_cli.core.strict_document import DocumentError, Fields, read_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.releases import Release, ReleaseRef

LARGEST_SNAPSHOT = 64 << 20
"""Bytes that a reader accepts."""

MOST_RELEASES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A state with the releases that it names as stable or candidate, by prompt id and version."""

    state: EnvironmentState
    releases: Mapping[tuple[str, int], Release]

    def release(self, prompt_id: str, ref: ReleaseRef) -> Release:
        """Return a release that the state serves."""
        return self.releases[prompt_id, ref.version]

    def as_json(self) -> JsonObject:
        """Return the whole document."""
        ordered = sorted(self.releases.items())
        return {
            "releases": [release.as_json() for _, release in ordered],
            "schema": SCHEMA,
            "state": self.state.as_json(),
        }

    def data(self) -> bytes:
        """Return the bytes that are sent and kept: canonical JSON."""
        return canonical_json(self.as_json())


def served(state: EnvironmentState) -> Iterator[tuple[str, ReleaseRef]]:
    """Walk the releases that a state serves: each prompt's stable one and its candidate."""
    for prompt_id, prompt in state.prompts.items():
        if prompt.stable is not None:
            yield prompt_id, prompt.stable
        if prompt.candidate is not None:
            yield prompt_id, prompt.candidate.release


def parse_snapshot(data: bytes, environment: str | None = None) -> Snapshot:
    """Read the bytes of a snapshot, of `environment` if one is given.

    Raises:
        DocumentError: when the document is malformed, a release is missing, superfluous or not the one that
            the state names, or a held content is served.
    """
    fields = Fields(read_document(data, largest=LARGEST_SNAPSHOT))
    if (schema := fields.integer("schema")) != SCHEMA:
        message = f"schema {schema} is not the {SCHEMA} that this llmops reads; upgrade llmops"
        raise DocumentError(message)
    raw_state = fields.object("state")
    name = environment or Fields(raw_state).text("environment", pattern=ENVIRONMENT)
    state = parse_state(canonical_json(raw_state), name)
    given = [parse_release(canonical_json(item)) for item in fields.list("releases", most=MOST_RELEASES)]
    fields.done()
    snapshot = Snapshot(state=state, releases={(item.prompt_id, item.version): item for item in given})
    _check_served(snapshot)
    if len(given) != len({(prompt_id, ref.version) for prompt_id, ref in served(state)}):
        message = "there are releases that the state does not serve"
        raise DocumentError(message)
    return snapshot


def _check_served(snapshot: Snapshot) -> None:
    for prompt_id, ref in served(snapshot.state):
        release = snapshot.releases.get((prompt_id, ref.version))
        if release is None or release.ref() != ref:
            message = f"the release {prompt_id}-v{ref.version} is missing, or not the one that the state names"
            raise DocumentError(message)
        if snapshot.state.prompts[prompt_id].hold_of(ref.digest):
            message = f"{prompt_id}-v{ref.version} is held and served"
            raise DocumentError(message)
