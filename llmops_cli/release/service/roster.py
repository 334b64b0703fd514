"""Who is connected, and which revision each of them says it serves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT_HEADER = "llmops-client"
"""`<id> <revision>`: sent with every request of our client; the revision is the one that it serves by then."""

_CLIENT = re.compile(r"([A-Za-z0-9_-]{8,64}) ([0-9]{1,16})")


@dataclass(slots=True)
class _Connection:
    environment: str
    client: str
    revision: int


class Roster:
    """The connected clients by environment. A client counts while its stream is open."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._connections: dict[int, _Connection] = {}
        self._next = 0

    def connect(self, environment: str, client: str, revision: int) -> int:
        """Note an open stream and return its number."""
        self._next += 1
        self._connections[self._next] = _Connection(environment, client, revision)
        return self._next

    def disconnect(self, number: int) -> None:
        """Forget a stream."""
        self._connections.pop(number, None)

    def confirm(self, environment: str, header: str) -> None:
        """Note what the header of a request says; one that says nothing sensible is no reason to refuse it."""
        found = _CLIENT.fullmatch(header)
        if found is None:
            return
        for connection in self._connections.values():
            if connection.client == found[1] and connection.environment == environment:
                connection.revision = max(connection.revision, int(found[2]))

    def clients_at(self, environment: str, revision: int) -> tuple[int, int]:
        """Return how many connected clients have confirmed a revision or a later one, and how many there are.

        A stream of a client that does not tell its revision (an OpenFeature SDK) is not counted at all.
        """
        known = [c for c in self._connections.values() if c.environment == environment and c.client]
        return sum(c.revision >= revision for c in known), len(known)

    def streams(self) -> Iterator[tuple[str, int]]:
        """Walk environments with the number of open streams, our clients and others."""
        names = [connection.environment for connection in self._connections.values()]
        for name in sorted(set(names)):
            yield name, names.count(name)


def client_id(header: str) -> str:
    """Return the id in the header of a request, empty when there is none."""
    found = _CLIENT.fullmatch(header)
    return found[1] if found else ""


def client_revision(header: str) -> int:
    """Return the revision in the header of a request, 0 when there is none."""
    found = _CLIENT.fullmatch(header)
    return int(found[2]) if found else 0
