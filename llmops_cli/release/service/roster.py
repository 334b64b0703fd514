"""Who is connected, and which revision each of them says it serves."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENT_HEADER = "llmops-client"
"""`<id> <revision>`: sent with every request of our client; the revision is the one that it serves by then."""

_CLIENT = re.compile(r"([A-Za-z0-9_-]{8,64}) ([0-9]{1,16})")


@dataclass(slots=True)
class _Stream:
    environment: str
    client: str
    revision: int


class Roster:
    """The connected clients by environment. A client counts while its stream is open."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._streams: dict[int, _Stream] = {}
        self._by_client: dict[tuple[str, str], _Stream] = {}
        self._next = 0

    def connect(self, environment: str, header: str) -> int:
        """Note an open stream and return its number; without a client header it is a stream of somebody else."""
        found = _CLIENT.fullmatch(header)
        stream = _Stream(environment, found[1] if found else "", int(found[2]) if found else 0)
        self._next += 1
        self._streams[self._next] = stream
        if stream.client:
            self._by_client[environment, stream.client] = stream
        return self._next

    def disconnect(self, number: int) -> None:
        """Forget a stream."""
        stream = self._streams.pop(number, None)
        if stream and self._by_client.get((stream.environment, stream.client)) is stream:
            del self._by_client[stream.environment, stream.client]

    def confirm(self, environment: str, header: str) -> None:
        """Note what the header of a request says; one that says nothing sensible is no reason to refuse it."""
        found = _CLIENT.fullmatch(header)
        stream = self._by_client.get((environment, found[1])) if found else None
        if found and stream:
            stream.revision = max(stream.revision, int(found[2]))

    def clients_at(self, environment: str, revision: int) -> tuple[int, int]:
        """Return how many connected clients have confirmed a revision or a later one, and how many there are.

        A stream whose reader does not tell what it serves (an OpenFeature SDK) is in neither number.
        """
        known = [stream for (name, _), stream in list(self._by_client.items()) if name == environment]
        return sum(stream.revision >= revision for stream in known), len(known)

    def streams(self) -> Mapping[str, int]:
        """Return the number of open streams by environment, our clients and others.

        Others may ask from another thread while a stream opens or ends, so a copy is counted: making one is one step.
        """
        return Counter(stream.environment for stream in list(self._streams.values()))
