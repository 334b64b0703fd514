"""Tokens, addresses, and the process: what has to be there before anybody is served."""

from __future__ import annotations

import json
import secrets
import signal
import socket
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from release.samples import publish, release

from llmops_cli.core.errors import InvalidFileError, UsageError
from llmops_cli.release.service.grants import Grant, Scope
from llmops_cli.release.service.server import Address
from llmops_cli.release.service.token_file import TokenBook, add_token, read_tokens, revoke_token
from llmops_cli.release.service.tokens import find_token, looks_like_token, new_token
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.release.service.tokens import Token

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def made(name: str = "ci", *grants: str) -> tuple[Token, str]:
    parsed = map(Grant.parse, grants or ("read:production",))
    return new_token(name, parsed, now=NOW, expires=NOW + timedelta(days=1), random_bytes=secrets.token_bytes)


def test_a_token_is_kept_as_a_hash_and_found_by_its_secret_alone(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    token, secret = made()
    add_token(path, token)
    assert secret not in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_tokens(path) == (token,)
    assert find_token(read_tokens(path), secret) == token
    assert find_token(read_tokens(path), secret[:-1] + ("0" if secret[-1] != "0" else "1")) is None
    assert not token.expired(NOW)
    assert token.expired(NOW + timedelta(days=2))


def test_scanners_can_tell_a_token_from_a_lookalike() -> None:
    _, secret = made()
    assert looks_like_token(secret)
    changed = secret[:10] + ("A" if secret[10] != "A" else "B") + secret[11:]
    assert not any(map(looks_like_token, (changed, secret[:-1], "llmops_", "", secret + "0", "ghp_" + secret[7:])))


def test_names_are_unique_and_a_revoked_token_is_gone_at_once(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    token, _ = made()
    add_token(path, token)
    with pytest.raises(UsageError, match="already"):
        add_token(path, made()[0])
    seconds = [0.0]
    book = TokenBook(path, lambda: seconds[0])
    assert book.current() == (token,)
    revoke_token(path, "ci")
    seconds[0] = 1.5
    assert book.current() == ()
    with pytest.raises(UsageError, match="no token"):
        revoke_token(path, "ci")


def test_a_file_that_breaks_lets_nobody_new_in(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    token, _ = made()
    add_token(path, token)
    seconds = [0.0]
    book = TokenBook(path, lambda: seconds[0])
    assert book.current() == (token,)
    path.write_text(json.dumps({"schema": 1, "tokens": [{"grants": ["admin:*"]}]}), "utf-8")
    assert book.newest() == (token,)
    assert "no token file" in book.problem
    with pytest.raises(InvalidFileError):
        read_tokens(path)
    path.unlink()
    assert book.newest() == ()


@pytest.mark.parametrize(
    "text", ["", "read", "write:production", "read:prod/../x", "read:a:b:c", "read:", "READ:production"]
)
def test_what_is_no_permission_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Grant.parse(text)


def test_a_permission_covers_what_its_patterns_match() -> None:
    grant = Grant.parse("rollback:prod*:support-*")
    assert (str(grant), grant.scope) == ("rollback:prod*:support-*", Scope.ROLLBACK)
    assert grant.covers(Scope.READ, "production")
    assert not grant.covers(Scope.PUBLISH, "production")
    assert not grant.covers(Scope.ROLLBACK, "staging")
    assert all(Grant.parse("admin:*").covers(scope, "anything") for scope in Scope)


def test_other_machines_are_served_with_tls_and_tokens_only(tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    certificate.touch()
    key.touch()
    for host in ("127.0.0.1", "::1", "localhost"):
        Address(host=host).check(tokens=False)
    outside = {"host": "10.0.0.5"}
    with pytest.raises(UsageError, match="TLS"):
        Address(**outside).check(tokens=True)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="tokens"):
        Address(host="10.0.0.5", certificate=certificate, key=key).check(tokens=False)
    Address(host="10.0.0.5", certificate=certificate, key=key).check(tokens=True)
    with pytest.raises(UsageError, match="names"):
        Address(host="0.0.0.0", certificate=certificate, key=key).check(tokens=True)  # noqa: S104 - refused
    with pytest.raises(UsageError, match="belong together"):
        Address(certificate=certificate).check(tokens=True)
    with pytest.raises(UsageError, match="no such file"):
        Address(certificate=certificate, key=tmp_path / "none").check(tokens=True)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_serves_and_ends_in_order(tmp_path: Path, number: signal.Signals) -> None:
    store = SqliteTarget(tmp_path / "releases.db")
    publish(store, release(1))
    store.close()
    port = free_port()
    command = [sys.executable, "-m", "llmops_cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "Serving" in process.stderr.readline()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            while True:
                try:
                    answer = http.get("/readyz")
                except httpx.TransportError:
                    continue
                break
            assert answer.json()["environments"] == 1
            with http.stream("GET", "/v1/environments/production/events") as stream:
                chunks = stream.iter_raw()
                assert next(chunks).startswith(b"retry")
                process.send_signal(number)
                assert b"id: 1" in b"".join(chunks)
        told = process.stderr.read()
    assert process.returncode == 0, told
    assert json.loads(told.splitlines()[-1])["route"] == "/v1/environments/{environment}/events"
