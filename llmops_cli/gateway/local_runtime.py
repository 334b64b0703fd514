"""One llama.cpp runtime: a model in memory that answers one request after the other."""

from __future__ import annotations

import http.client
import json
import secrets
import shutil
import socket
import tempfile
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from llmops_cli.core.errors import ProviderError, SetupError
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.gateway.local_weights import Weights

CONTEXT_TOKENS = 4096
"""The window for prompt and answer together; the memory it takes grows with it."""


def runtime_version() -> str:
    """Return the version of the runtime.

    Raises:
        SetupError: when the extra is not installed.
    """
    try:
        return metadata.version("xllamacpp")
    except metadata.PackageNotFoundError as error:
        raise _extra_missing() from error


class LocalRuntime:
    """A model in memory. Not for two threads at once: answers that share a batch could change each other."""

    def __init__(self, weights: Weights) -> None:
        """Load the weights; takes about half a second for 100 MB.

        Raises:
            SetupError: when the runtime is not installed, or cannot load these weights.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="llmops-"))
        self._key = secrets.token_urlsafe()
        self._has_answered = False
        try:
            self._server = self._start(weights)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def chat(self, body: JsonObject) -> JsonObject:
        """Answer a request in the chat-completions format.

        Raises:
            ProviderError: when the model cannot answer it: too long, or a schema it does not support.
        """
        try:
            document = cast("JsonObject", self._server.handle_chat_completions(dict(body)))
        except (RuntimeError, ValueError, TypeError) as error:
            message = f"the local model refused the request: {_one_line(str(error))}"
            raise ProviderError(message) from error
        if isinstance(document.get("error"), dict):
            reason = cast("dict[str, object]", document["error"]).get("message")
            message = f"the local model refused the request: {_one_line(str(reason))}"
            raise ProviderError(message)
        self._has_answered = True
        return document

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text.

        Raises:
            ProviderError: when the runtime does not answer.
        """
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            connection.sock.connect(str(self._socket_path))
            connection.request("POST", "/tokenize", json.dumps({"content": text}), headers)
            document = json.loads(connection.getresponse().read())
            return len(document["tokens"])
        except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
            message = f"the local model cannot count tokens: {type(error).__name__}"
            raise ProviderError(message) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Unload the model."""
        if not self._has_answered:
            # told to end before its loop has begun, the runtime forgets it and is waited for without end: an answer
            # shows that the loop runs
            with suppress(ProviderError):
                self.chat({"messages": [{"role": "user", "content": "."}], "max_tokens": 1})
        del self._server
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _socket_path(self) -> Path:
        return self._folder / "s.sock"

    def _start(self, weights: Weights) -> Any:  # noqa: ANN401 - the runtime has no types
        try:
            import xllamacpp
        except ImportError as error:
            raise _extra_missing() from error
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(weights.path)
        parameters.n_ctx = CONTEXT_TOKENS
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = 1
        parameters.cpuparams_batch.n_threads = 1
        parameters.n_threads_http = 1
        parameters.cache_ram_mib = 0
        parameters.warmup = False
        parameters.verbosity = -1
        # it insists on listening: a socket file in a folder of our own, and a key, instead of a port for everyone
        parameters.hostnames = [str(self._socket_path)]
        parameters.api_keys = [self._key]
        try:
            return xllamacpp.Server(parameters)
        except (RuntimeError, ValueError) as error:
            message = f"the local model cannot be loaded: {_one_line(str(error))}"
            raise SetupError(message, where=str(weights.path)) from error


def _extra_missing() -> SetupError:
    message = "the embedded model needs the package 'xllamacpp', which is not installed."
    return SetupError(message, hint='Install it: pip install "llmops-cli[local]"')


def _one_line(text: str) -> str:
    return shortened(safe_text(text, one_line=True), 300)
