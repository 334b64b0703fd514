"""Reads prompts from a config service all the time and checks each read: `reading_process.py URL client|http THREADS`.

`ready` is printed after the first read. The next line on standard input holds the last revision and how many reads
each thread has to make at least; then each finishes, and all of them print what they saw as one JSON document.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx

from llmops_cli.client import PromptClient
from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.releases import parse_release
from llmops_cli.core.snapshot import Snapshot, parse_snapshot
from llmops_cli.core.strict_document import Fields, read_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.prompts import Prompt

PRODUCTION = "production"
NAMES = ("first-prompt", "second-prompt")
BATCH = 100
PAUSE_SECONDS = 0.005
CATCH_UP_SECONDS = 120


@dataclass(slots=True)
class Reader:
    """What one reader saw. Its revision never goes back, and a revision of a prompt is one content."""

    kind: str
    reads: int = 0
    revision: int = 0
    seen: dict[tuple[str, int], tuple[int, str]] = field(default_factory=dict)
    violations: Counter[str] = field(default_factory=Counter)
    kept: dict[str, object] = field(default_factory=dict)

    def note(self, name: str, revision: int, version: int, digest: str) -> None:
        """Count a read that was validated."""
        self.reads += 1
        self.turn_to(revision)
        if self.seen.setdefault((name, revision), (version, digest)) != (version, digest):
            self.violations[f"{name} at revision {revision} is v{version} and was another"] += 1

    def turn_to(self, revision: int) -> None:
        """Note the revision of a read."""
        if revision < self.revision:
            self.violations[f"{self.kind}: revision {revision} after {self.revision}"] += 1
        self.revision = revision

    def validate(self, name: str, version: int, digest: str, prompt: Prompt) -> None:
        """Look at a content as if nobody had."""
        said = [message.resolved for message in prompt.messages]
        if (prompt.id, prompt.version, prompt.digest(), said) != (
            name,
            version,
            digest,
            [f"Summarise, version {version}."],
        ):
            self.violations[f"{name}: v{version} is not what was published"] += 1


def read_from_client(client: PromptClient, reader: Reader) -> None:
    """Read each prompt once."""
    for name in NAMES:
        found = client.get(name)
        if reader.kept.get(name) is not found:
            # the value never changes: it is looked at when it is new
            reader.kept[name] = found
            reader.validate(name, found.version, found.digest, found.prompt)
            reader.note(name, found.revision, found.version, found.digest)
        else:
            reader.reads += 1
            reader.turn_to(found.revision)


def read_over_http(http: httpx.Client, reader: Reader) -> None:
    """Read the whole environment with its tag, then one prompt."""
    etag = str(reader.kept.get("etag", ""))
    answer = http.get(f"/v1/environments/{PRODUCTION}/snapshot", headers={"If-None-Match": etag} if etag else {})
    reader.kept["etag"] = answer.headers["etag"]
    revision = int(answer.headers["etag"].strip('"').split(".")[1])
    if answer.status_code == 200:
        snapshot = parse_snapshot(answer.content, PRODUCTION)
        if snapshot.state.revision != revision:
            reader.violations["a snapshot with the tag of another revision"] += 1
        _note_all(reader, snapshot)
    else:
        reader.reads += 1
        reader.turn_to(revision)
    name = NAMES[reader.reads % len(NAMES)]
    fields = Fields(read_document(http.get(f"/v1/environments/{PRODUCTION}/prompts/{name}").content))
    release = parse_release(canonical_json(fields.object("release")))
    reader.validate(name, release.version, release.digest, release.prompt)
    reader.note(name, fields.integer("revision"), release.version, release.digest)


def _note_all(reader: Reader, snapshot: Snapshot) -> None:
    for name in NAMES:
        stable = snapshot.state.prompts[name].stable
        assert stable is not None
        release = snapshot.releases[stable.record]
        reader.validate(name, release.version, release.digest, release.prompt)
        reader.note(name, snapshot.state.revision, release.version, release.digest)


@dataclass(slots=True)
class End:
    """When reading ends: told while it goes on."""

    told: Event = field(default_factory=Event)
    revision: int = 0
    reads: int = 0

    def reached(self, reader: Reader) -> bool:
        return self.told.is_set() and reader.reads >= self.reads and reader.revision >= self.revision


def _follow(reader: Reader, read: Callable[[Reader], None], end: End, batch: int) -> Reader:
    give_up = float("inf")
    while not end.reached(reader):
        for _ in range(batch):
            read(reader)
        if end.told.is_set() and give_up == float("inf"):
            give_up = time.monotonic() + CATCH_UP_SECONDS
        if time.monotonic() > give_up:
            reader.violations[f"{reader.kind}: never saw revision {end.revision}"] += 1
            break
        time.sleep(PAUSE_SECONDS)
    return reader


def main() -> int:
    url, kind, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    token = os.environ["LLMOPS_TOKEN"]
    readers, end = [Reader(kind) for _ in range(threads)], End()
    client = PromptClient(url, token=token, use_disk=False) if kind == "client" else None
    reads: list[Callable[[Reader], None]] = []
    for _ in readers:
        if client:
            reads.append(partial(read_from_client, client))
        else:
            headers = {"Authorization": f"Bearer {token}"}
            reads.append(
                partial(read_over_http, httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=60))
            )
    reads[0](readers[0])
    print("ready", flush=True)  # noqa: T201 - the answer
    with ThreadPoolExecutor(threads) as pool:
        batch = BATCH if client else 1
        done = [pool.submit(_follow, reader, read, end, batch) for reader, read in zip(readers, reads, strict=True)]
        end.revision, end.reads = json.loads(sys.stdin.readline())
        end.told.set()
        found = [future.result() for future in done]
    print(json.dumps([_told(reader) for reader in found]), flush=True)  # noqa: T201 - as above
    if client:
        client.close()
    return 0


def _told(reader: Reader) -> dict[str, object]:
    seen = [[name, revision, *content] for (name, revision), content in reader.seen.items()]
    return {
        "reads": reader.reads,
        "seen": seen,
        "violations": [f"{n}× {what}" for what, n in reader.violations.items()],
    }


if __name__ == "__main__":
    sys.exit(main())
