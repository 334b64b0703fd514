"""A local program as a model: it reads one request as JSON and writes one answer as JSON, or as plain text.

Which program that is stands in the environment (`LLMOPS_COMMAND_<PROVIDER>`), not in a file of the repository: no
pull request can make llmops run something.
"""

from __future__ import annotations

import json
import shlex
import time
from typing import TYPE_CHECKING, cast

from llmops_cli.core.canonical_json import digest_of
from llmops_cli.core.completion_json import completion_from_json
from llmops_cli.core.completions import Completion, Usage
from llmops_cli.core.errors import ProviderError, SetupError
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.gateway.program import LongOutputError, run_program
from llmops_cli.gateway.wire_reading import whole_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.completions import CompletionRequest
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.gateway.provider import ProviderContext

LIMIT_BYTES = 16 * 1024 * 1024
"""The longest answer that is read; a program that writes more is ended."""


class CommandProvider:
    """Starts the program once per request, in the repository's root, without a shell.

    Its input is the request with `trial`; its output is a completion in the form that recordings have, of which
    only `text` is needed, or any other text, which then is the answer. An exit code other than 0 is a failure.
    """

    def __init__(self, context: ProviderContext) -> None:
        """Start nothing."""
        self._context = context
        name = context.settings.name
        self._variable = "LLMOPS_COMMAND_" + "".join(c if c.isalnum() else "_" for c in name).upper()

    def identity(self, model: str) -> JsonObject:
        """Name the command line; what the program does may change without it, and then the cache must be cleared."""
        return {"protocol": "command", "command": digest_of(list(self._command())), "model": model}

    async def complete(self, request: CompletionRequest) -> Completion:
        """Run the program and read its answer."""
        command = self._command()
        data = json.dumps({**request.as_json(), "trial": request.trial}).encode()
        started = time.perf_counter()
        output = await self._run(command, data)
        return _completion(output, time.perf_counter() - started)

    async def close(self) -> None:
        """Hold nothing: every program has ended with its answer."""

    def _command(self) -> list[str]:
        if not self._context.allow_commands:
            message = f"provider '{self._context.settings.name}' runs a program, which is not allowed here."
            hint = "It may be code of the change that is judged. Answer from recordings, or say --allow-commands."
            raise SetupError(message, hint=hint)
        command = shlex.split(self._context.environ.get(self._variable, ""))
        if not command:
            message = f"the environment variable {self._variable} does not say which program to run."
            raise SetupError(message, hint=f"Set it: export {self._variable}='python my_model.py'")
        return command

    async def _run(self, command: list[str], data: bytes) -> bytes:
        timeout_seconds = self._context.settings.timeout_seconds
        try:
            ended = await run_program(
                command,
                data,
                folder=self._context.root,
                environ=self._context.environ,
                timeout_seconds=timeout_seconds,
                limit_bytes=LIMIT_BYTES,
            )
        except TimeoutError as error:  # an OSError too, so it comes first
            message = f"the program gave no answer within {timeout_seconds:g} s."
            raise ProviderError(message, where=command[0], retryable=True) from error
        except LongOutputError as error:
            message = f"the program's answer is larger than {LIMIT_BYTES // 1024 // 1024} MiB."
            raise ProviderError(message, where=command[0]) from error
        except OSError as error:
            message = f"the program cannot be started: {error.strerror or type(error).__name__}."
            raise SetupError(message, where=command[0]) from error
        if ended.code:
            raise _failed(command[0], ended.code, ended.errors)
        return ended.output


def _failed(program: str, code: int, errors: bytes) -> ProviderError:
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    said = shortened(safe_text(lines[-1], one_line=True), 200) if lines else "nothing on its standard error"
    message = f"the program ended with {code}: {said}"
    return ProviderError(message, where=program)


def _completion(output: bytes, latency_seconds: float) -> Completion:
    text = output.decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or "text" not in document:
        return Completion(
            text=text.removesuffix("\n"),
            usage=Usage(estimated=True),
            latency_seconds=latency_seconds,
        )
    if isinstance(document["text"], str):
        document["text"] = whole_text(document["text"])
    usage: JsonObject = {"input_tokens": 0, "output_tokens": 0, "estimated": True}
    whole = {"usage": usage, "finish_reason": "stop", **document, "latency_seconds": latency_seconds, "source": "live"}
    try:
        return completion_from_json(cast("Mapping[str, JsonValue]", whole))
    except (KeyError, TypeError, ValueError) as error:
        message = f"the program's answer is not a completion ({type(error).__name__}: {error})."
        raise ProviderError(message) from error
