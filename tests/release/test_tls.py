"""The service over real TLS: who trusts whom, what each refusal says, and what a bad certificate does at the start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
import trustme
from commands.llmops import llmops
from release.running import make_token
from release.samples import NAME, publish, release

from llmops_cli.client import PromptClient, Source
from llmops_cli.core.errors import SetupError, TargetError
from llmops_cli.release.opening import Surroundings, open_target
from llmops_cli.release.reading import load_state
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRODUCTION = "production"
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def issued(authority: trustme.CA, folder: Path, *names: str, until: datetime | None = None) -> tuple[Path, Path]:
    """Write a certificate of the authority and its key, and the authority itself as `ca.pem`."""
    leaf = authority.issue_cert(*(names or ("localhost", "127.0.0.1")), not_after=until)
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    key.write_bytes(leaf.private_key_pem.bytes())
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return chain, key


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(folder: Path, chain: Path, key: Path, *arguments: str) -> Iterator[tuple[int, str, Path]]:
    """Run `llmops serve` with TLS, and give its port, a token and its log."""
    with closing(SqliteTarget(folder / "releases.db")) as store:
        publish(store, release(1))
    token = make_token(folder / "llmops-tokens.json", "admin:*")
    port, log = free_port(), folder / "log"
    command = [sys.executable, "-m", "llmops_cli", "serve", "--port", str(port), "--tls-cert", str(chain)]
    command += ["--tls-key", str(key), *arguments]
    with log.open("wb") as lines, subprocess.Popen(command, cwd=folder, stderr=lines) as child:
        try:
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert child.poll() is None, log.read_text("utf-8")
            yield port, token, log
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(30)
    assert child.returncode == 0, log.read_text("utf-8")
    assert "Traceback" not in log.read_text("utf-8")


def target_of(url: str, token: str, folder: Path, ca_file: str = "ca.pem") -> TargetError | SetupError | int:
    """Read the state as the command line does; return its revision, or why not."""
    environ = {"LLMOPS_TOKEN": token, "LLMOPS_CA_FILE": ca_file}
    with closing(open_target(url, Surroundings(folder=folder, environ=environ))) as target:
        try:
            return load_state(target, PRODUCTION).revision
        except (TargetError, SetupError) as error:
            return error


def test_whoever_knows_the_authority_reads_and_rolls_back(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, key = issued(authority, tmp_path)
    # every address of the machine: what needs TLS, tokens and names
    with serving(tmp_path, chain, key, "--host", "0.0.0.0", "--host-name", "127.0.0.1") as (port, token, log):  # noqa: S104
        url = f"https://localhost:{port}"
        monkeypatch.setenv("LLMOPS_TOKEN", token)
        monkeypatch.setenv("LLMOPS_CA_FILE", "ca.pem")
        with closing(SqliteTarget(tmp_path / "releases.db")) as store:
            publish(store, release(2))
        with closing(open_target(url, Surroundings(folder=tmp_path, environ=os.environ))) as target:
            assert target.wait(PRODUCTION, 1, 20) == 2, "the service looks into the file ten times a second"
        done = llmops("rollback", NAME, "--target", url, folder=tmp_path)
        assert done.code == 0, done.err
        assert "read back" in done.out
        with PromptClient(url, token=token, ca_file=tmp_path / "ca.pem", use_disk=False) as client:
            assert client.wait_for(3, 20)
            assert (client.get(NAME).version, client.get(NAME).source) == (1, Source.SERVICE)
    assert "warning" not in log.read_text("utf-8")


def test_an_unknown_authority_is_refused_and_said(authority: trustme.CA, tmp_path: Path) -> None:
    chain, key = issued(authority, tmp_path)
    other = trustme.CA()
    other.cert_pem.write_to_path(str(tmp_path / "other.pem"))
    with serving(tmp_path, chain, key) as (port, token, _):
        url = f"https://localhost:{port}"
        for ca_file in ("other.pem", ""):
            found = target_of(url, token, tmp_path, ca_file)
            assert isinstance(found, TargetError)
            assert "not known here" in found.message
            assert "LLMOPS_CA_FILE" in (found.hint or "")
        with PromptClient(url, token=token, ca_file=tmp_path / "other.pem", use_disk=False) as client:
            while not client.status().problem:
                pass
            assert "not known here" in client.status().problem
        missing = target_of(url, token, tmp_path, "none.pem")
        assert isinstance(missing, SetupError)
        assert "LLMOPS_CA_FILE" in missing.message
        (tmp_path / "empty.pem").write_text("no certificate", "utf-8")
        assert isinstance(target_of(url, token, tmp_path, "empty.pem"), SetupError)
        with PromptClient(url, token=token, ca_file=tmp_path / "none.pem", use_disk=False) as client:
            while not client.status().problem:
                pass
            assert "certificate authorities cannot be used" in client.status().problem


def test_a_certificate_for_another_name_is_refused_and_said(authority: trustme.CA, tmp_path: Path) -> None:
    chain, key = issued(authority, tmp_path, "prompts.example.org")
    with serving(tmp_path, chain, key) as (port, token, _):
        found = target_of(f"https://localhost:{port}", token, tmp_path)
        assert isinstance(found, TargetError)
        assert "for another name" in found.message


def test_an_expired_certificate_is_said_on_both_sides(authority: trustme.CA, tmp_path: Path) -> None:
    chain, key = issued(authority, tmp_path, until=YESTERDAY)
    with serving(tmp_path, chain, key) as (port, token, log):
        found = target_of(f"https://localhost:{port}", token, tmp_path)
        assert isinstance(found, TargetError)
        assert "has expired" in found.message
    assert "warning: no client will connect: its certificate has expired." in log.read_text("utf-8")


def test_plain_http_on_the_port_is_no_answer_and_no_harm(authority: trustme.CA, tmp_path: Path) -> None:
    chain, key = issued(authority, tmp_path)
    with serving(tmp_path, chain, key) as (port, token, _):
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        found = target_of(f"http://127.0.0.1:{port}", token, tmp_path)
        assert isinstance(found, TargetError)
        assert "https://" in (found.hint or "")
        with socket.create_connection(("127.0.0.1", port)) as rude:
            rude.sendall(b"\x16\x03\x01" + b"\xff" * 200)
        assert target_of(f"https://localhost:{port}", token, tmp_path) == 1, "it serves all the same"


def test_https_to_a_port_without_tls_is_said(tmp_path: Path) -> None:
    token = make_token(tmp_path / "llmops-tokens.json", "admin:*")
    port = free_port()
    command = [sys.executable, "-m", "llmops_cli", "--quiet", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as child:
        try:
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
            found = target_of(f"https://127.0.0.1:{port}", token, tmp_path, "")
            assert isinstance(found, TargetError)
            assert "does not speak TLS" in found.message
        finally:
            child.terminate()


def test_files_that_are_no_pair_stop_the_start(authority: trustme.CA, tmp_path: Path) -> None:
    chain, key = issued(authority, tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    _, wrong = issued(authority, other)
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no key", "utf-8")
    locked = tmp_path / "locked.pem"
    encrypt = ["openssl", "pkey", "-aes256", "-passout", "pass:secret", "-in", str(key), "-out", str(locked)]
    subprocess.run(encrypt, check=True, capture_output=True)
    make_token(tmp_path / "llmops-tokens.json", "read:*")
    for path, said in (
        (wrong, "does not belong to the certificate"),
        (garbage, "no certificate chain and private key"),
        (locked, "has a passphrase"),
        (tmp_path / "none.pem", "no such file"),
    ):
        done = llmops(
            "serve", "--port", str(free_port()), "--tls-cert", str(chain), "--tls-key", str(path), folder=tmp_path
        )
        assert (done.code, said in done.err) == (2, True), done.err
        assert "secret" not in done.err
