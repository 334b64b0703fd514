"""Who calls: from the Authorization header (or a ticket for streams) to what the caller may do."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmops_cli.release.service.answers import ProblemError
from llmops_cli.release.service.grants import READ_ONLY, Permissions
from llmops_cli.release.service.tokens import Token, find_token, looks_like_token

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Protocol

    from llmops_cli.release.service.token_file import TokenBook

    class WallClock(Protocol):
        """The time of day, and seconds that never go back."""

        def now(self) -> datetime:
            """Return the time of day, in UTC."""
            ...

        def monotonic(self) -> float:
            """Return seconds."""
            ...


FAILURES_PER_MINUTE = 30
MOST_ADDRESSES = 10_000
TICKET_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody whose request is answered. `name` is the token's id, `local` where no tokens are asked for."""

    name: str
    permissions: Permissions


LOCAL = Caller(name="local", permissions=READ_ONLY)


@dataclass(slots=True, kw_only=True)
class Doorkeeper:
    """Lets callers in. Without a token book everybody may read: only the loopback address is served then."""

    book: TokenBook | None
    clock: WallClock
    ticket_key: bytes
    failed: int = 0
    _failures: dict[str, tuple[float, int]] = field(default_factory=dict[str, tuple[float, int]])

    def caller(self, authorization: str | None, address: str) -> Caller:
        """Return who calls.

        Raises:
            ProblemError: 401 for no token, an unknown, revoked or expired one; 429 after too many of those.
        """
        if self.book is None:
            return LOCAL
        token = self._token(_secret(authorization))
        if token is None or token.expired(self.clock.now()):
            raise self._refusal(address, expired=token is not None)
        return Caller(name=token.id, permissions=token.permissions)

    def ticket(self, environment: str) -> str:
        """Return what lets its bearer open the stream of one environment, and nothing else, for a day.

        OpenFeature SDKs open streams without headers. A stream tells revisions, never a prompt.
        """
        until = int(self.clock.now().timestamp()) + TICKET_SECONDS
        return f"{until}.{self._signature(environment, until)}"

    def accepts_ticket(self, environment: str, ticket: str) -> bool:
        """Tell whether a ticket is ours, for this environment, and still good."""
        until, _, signature = ticket.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 15 and signature.isascii()):  # noqa: PLR2004
            return False
        good = hmac.compare_digest(self._signature(environment, int(until)), signature)
        return good and int(until) > self.clock.now().timestamp()

    def _signature(self, environment: str, until: int) -> str:
        return hmac.new(self.ticket_key, f"events\n{environment}\n{until}".encode(), hashlib.sha256).hexdigest()

    def _token(self, secret: str) -> Token | None:
        if self.book is None or not looks_like_token(secret):
            return None
        # a token that was made this second is in the file already
        return find_token(self.book.current(), secret) or find_token(self.book.newest(), secret)

    def _refusal(self, address: str, *, expired: bool) -> ProblemError:
        self.failed += 1
        if self._too_many(address):
            return ProblemError(429, "too-many-failures", "too many failed requests.", headers={"Retry-After": "60"})
        message = "the token has expired." if expired else "a valid token is needed."
        return ProblemError(
            401,
            "unauthorized",
            message,
            hint="Send it as 'Authorization: Bearer …'. Make one: llmops token create",
            headers={"WWW-Authenticate": 'Basic realm="llmops", charset="UTF-8"'},
        )

    def _too_many(self, address: str) -> bool:
        now = self.clock.monotonic()
        since, count = self._failures.get(address, (now, 0))
        if now - since > 60:  # noqa: PLR2004 - a minute
            since, count = now, 0
        if len(self._failures) >= MOST_ADDRESSES:
            self._failures.clear()
        self._failures[address] = (since, count + 1)
        return count >= FAILURES_PER_MINUTE


def _secret(authorization: str | None) -> str:
    """Return the token of `Bearer TOKEN`, or of `Basic` as its password (browsers, Langfuse SDKs)."""
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
