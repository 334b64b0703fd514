"""Tokens: 256 random bits that are shown once; the file keeps their SHA-256, names, permissions and end.

A token reads `llmops_<43 letters><6 letters>`: the last six are a CRC, so that scanners of secrets can tell a
real one from a lookalike without asking anybody. A hash without salt is enough for 256 random bits.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from llmops_cli.core.release_fields import MOMENT
from llmops_cli.core.strict_document import DocumentError, Fields
from llmops_cli.release.clock import moment
from llmops_cli.release.service.grants import Grant, Permissions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llmops_cli.core.json_value import JsonObject

PREFIX = "llmops_"
_BODY, _CHECK = 43, 6
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_FORM = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}[0-9a-z]{6}")
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._@-]{0,78}[A-Za-z0-9])?")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_SHORT_ID = re.compile(r"tk_[0-9a-f]{10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is kept: who holds it, what it may do, until when (UTC). The secret itself is nowhere."""

    id: str
    name: str
    secret_hash: str
    permissions: Permissions
    created_at: str
    expires_at: str

    def expired(self, now: datetime) -> bool:
        """Tell whether its time is over."""
        return datetime.fromisoformat(self.expires_at) <= now

    def as_json(self) -> JsonObject:
        """Return the entry of the token file."""
        return {
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "grants": [str(grant) for grant in self.permissions.grants],
            "id": self.id,
            "name": self.name,
            "sha256": self.secret_hash,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read an entry of the token file.

        Raises:
            DocumentError: when a field is missing, unknown or malformed.
            UsageError: when a permission is none.
        """
        token = cls(
            id=fields.text("id", pattern=_SHORT_ID),
            name=fields.text("name", pattern=NAME),
            secret_hash=fields.text("sha256", pattern=_HEX64),
            permissions=Permissions(grants=tuple(map(Grant.parse, fields.texts("grants", most=100)))),
            created_at=fields.text("created_at", pattern=MOMENT),
            expires_at=fields.text("expires_at", pattern=MOMENT),
        )
        fields.done()
        try:
            token.expired(datetime.now(UTC))
        except ValueError:
            message = f"{fields.place('expires_at')} is no time"
            raise DocumentError(message) from None
        return token


def new_token(
    name: str, grants: Iterable[Grant], *, now: datetime, expires: datetime, random_bytes: Callable[[int], bytes]
) -> tuple[Token, str]:
    """Return a new token and its secret, which only the caller ever sees."""
    body = base64.urlsafe_b64encode(random_bytes(32)).decode().rstrip("=")
    secret = f"{PREFIX}{body}{_checksum(body)}"
    token = Token(
        id=f"tk_{secret_hash(secret)[:10]}",
        name=name,
        secret_hash=secret_hash(secret),
        permissions=Permissions(grants=tuple(grants)),
        created_at=moment(now),
        expires_at=moment(expires),
    )
    return token, secret


def looks_like_token(secret: str) -> bool:
    """Tell whether the checksum of a text is that of a token of ours."""
    if not _FORM.fullmatch(secret):
        return False
    body = secret[len(PREFIX) : len(PREFIX) + _BODY]
    return hmac.compare_digest(_checksum(body), secret[-_CHECK:])


def secret_hash(secret: str) -> str:
    """Return the SHA-256 by which a secret is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_token(tokens: Iterable[Token], secret: str) -> Token | None:
    """Return the token of a secret, comparing with each in constant time; the caller looks at its end."""
    if not looks_like_token(secret):
        return None
    given = secret_hash(secret)
    found = None
    for token in tokens:
        if hmac.compare_digest(token.secret_hash, given):
            found = token
    return found


def _checksum(body: str) -> str:
    value, letters = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK + 1):
        value, digit = divmod(value, 36)
        letters = _BASE36[digit] + letters
    return letters[-_CHECK:]
