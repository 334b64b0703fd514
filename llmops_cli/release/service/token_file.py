"""The file of tokens: written by `llmops token`, read by the service, which notices a change within a second.

It holds no secret, so it may be mounted into every replica; it is written with mode 600 all the same, since it
says who may do what.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.errors import InvalidFileError, LlmopsError, SetupError, UsageError
from llmops_cli.core.strict_document import DocumentError, Fields, read_document
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.release.service.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SCHEMA = 1
MOST_TOKENS = 10_000


def read_tokens(path: Path) -> tuple[Token, ...]:
    """Return the tokens of a file; none where there is no file.

    Raises:
        InvalidFileError: it is not a token file. Nobody is let in by half a file.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        message = f"the token file cannot be read: {error.strerror}."
        raise SetupError(message, where=str(path)) from None
    try:
        return _parsed(data)
    except (DocumentError, UsageError) as error:
        reason = error.message if isinstance(error, LlmopsError) else f"{error}."
        message = f"it is no token file: {reason}"
        raise InvalidFileError(message, where=str(path)) from None


def _parsed(data: bytes) -> tuple[Token, ...]:
    fields = Fields(read_document(data))
    if fields.integer("schema") != _SCHEMA:
        message = "another schema than this llmops reads"
        raise DocumentError(message)
    tokens = tuple(map(Token.from_fields, fields.each("tokens", most=MOST_TOKENS)))
    fields.done()
    return tokens


def add_token(path: Path, token: Token) -> None:
    """Add a token.

    Raises:
        UsageError: the name is taken by a token that is still valid.
    """
    with _locked(path):
        tokens = read_tokens(path)
        if any(known.name == token.name for known in tokens):
            message = f"there is a token '{token.name}' already."
            raise UsageError(message, hint=f"Take another name, or first: llmops token revoke '{token.name}'")
        _write(path, (*tokens, token))


def revoke_token(path: Path, name: str) -> Token:
    """Remove the token with a name or id, and return it.

    Raises:
        UsageError: there is none.
    """
    with _locked(path):
        tokens = read_tokens(path)
        found = next((token for token in tokens if name in (token.name, token.id)), None)
        if found is None:
            message = f"there is no token '{name}'."
            hint = did_you_mean(name, [token.name for token in tokens]) or "List them: llmops token list"
            raise UsageError(message, hint=hint)
        _write(path, tuple(token for token in tokens if token is not found))
    return found


@dataclass(slots=True)
class TokenBook:
    """The tokens of a file as of now: looked at again at most once a second.

    A file that became unreadable lets nobody in who was not let in before, and is reported in `problem`.
    """

    path: Path
    clock: Callable[[], float]
    tokens: tuple[Token, ...] = ()
    problem: str = ""
    _looked_at: float = -1e9
    _stamp: tuple[int, int, int] | None = None

    def current(self) -> tuple[Token, ...]:
        """Return the tokens; those of a revoked file are gone within a second."""
        now = self.clock()
        if now - self._looked_at >= 1:
            self._looked_at = now
            self._look()
        return self.tokens

    def newest(self) -> tuple[Token, ...]:
        """Return the tokens as the file is this moment."""
        self._look()
        return self.tokens

    def _look(self) -> None:
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
            if stamp != self._stamp:
                self.tokens, self._stamp, self.problem = read_tokens(self.path), stamp, ""
        except FileNotFoundError:
            # a file that was taken away takes every token with it
            self.tokens, self._stamp, self.problem = (), None, "the token file is gone"
        except (OSError, LlmopsError) as error:
            self.problem = str(error)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, tokens: tuple[Token, ...]) -> None:
    from llmops_cli.release.atomic_files import replace_file  # noqa: PLC0415 - only writers need it

    data = canonical_json({"schema": _SCHEMA, "tokens": [token.as_json() for token in tokens]})
    replace_file(path, data + b"\n")
    path.chmod(0o600)
