"""The embedded model: weights on this machine, run by llama.cpp inside this process (package `xllamacpp`).

One runtime has one thread, and several run side by side: two with one thread each answered twice as fast as one
with two, which nearly stands still once anything else needs the processor, and the answers are the same bytes.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.core.errors import SetupError
from llmops_cli.gateway.chat_format import chat_body, completion_from_chat
from llmops_cli.gateway.local_runtime import LocalRuntime, runtime_version
from llmops_cli.gateway.local_weights import Weights, find_weights, weights_sha256
from llmops_cli.gateway.model_name import split_model_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.gateway.provider import ProviderContext

_Answer = TypeVar("_Answer")

MOST_RUNTIMES = 4
"""Each takes about 150 MB beside the weights, which they share."""


class LocalProvider:
    """Answers `local/<name in the catalogue>` and `local/<path of a .gguf file in the repository>`."""

    def __init__(self, context: ProviderContext) -> None:
        """Load nothing before the first request."""
        self._context = context
        self._models: dict[str, _LoadedModel] = {}
        self._identities: dict[str, JsonObject] = {}
        self._missing: dict[str, SetupError] = {}
        self._loading = asyncio.Lock()

    def identity(self, model: str) -> JsonObject:
        """Name the runtime's version and the weights: another build gives other text for the same request."""
        if model not in self._identities:
            runtime = f"xllamacpp {runtime_version()}"
            sha256 = weights_sha256(model, self._context)
            self._identities[model] = {"protocol": "local", "runtime": runtime, "weights": sha256}
        return self._identities[model]

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer with the model; what is sampled depends on the seed and the trial alone."""
        model = split_model_name(request.model.name)[1]
        loaded = await self._loaded(model)
        body = _local_body(request)
        document, latency_seconds = await loaded.use(lambda runtime: _timed_chat(runtime, body))
        return completion_from_chat(
            document,
            latency_seconds=latency_seconds,
            model_served=f"{model}@{short_digest(loaded.weights.sha256)}",
            fingerprint=f"xllamacpp {runtime_version()}, weights sha256:{loaded.weights.sha256}",
        )

    async def count_tokens(self, text: str, model: str) -> int:
        """Return the exact number of tokens of a text, without the chat template around it."""
        loaded = await self._loaded(model)
        return await loaded.use(lambda runtime: runtime.count_tokens(text))

    async def close(self) -> None:
        """Wait for the running answers and unload the models."""
        for loaded in self._models.values():
            await asyncio.to_thread(loaded.close)
        self._models.clear()

    async def _loaded(self, model: str) -> _LoadedModel:
        async with self._loading:
            if model in self._missing:
                # those who waited while it was tried do not try it again
                raise self._missing[model]
            if model not in self._models:
                weights = await self._weights(model)
                size = min(self._context.settings.concurrency, _usable_processors(), MOST_RUNTIMES)
                self._models[model] = _LoadedModel(weights, size)
            return self._models[model]

    async def _weights(self, model: str) -> Weights:
        try:
            runtime_version()  # before anything is fetched for it
            return await asyncio.to_thread(find_weights, model, self._context, fetch=True)
        except SetupError as error:
            self._missing[model] = error
            raise


class _LoadedModel:
    """The runtimes of one model and the threads that wait for them; a runtime starts when it is first needed."""

    def __init__(self, weights: Weights, size: int) -> None:
        self.weights = weights
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="local-model")
        self._idle: SimpleQueue[LocalRuntime | None] = SimpleQueue()
        for _ in range(size):
            self._idle.put(None)

    async def use(self, work: Callable[[LocalRuntime], _Answer]) -> _Answer:
        """Do some work with a runtime that is free, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._use, work)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        while not self._idle.empty():
            runtime = self._idle.get()
            if runtime is not None:
                runtime.close()

    def _use(self, work: Callable[[LocalRuntime], _Answer]) -> _Answer:
        # as many threads as places in the queue: there is always one
        runtime = self._idle.get()
        try:
            runtime = runtime or LocalRuntime(self.weights)
            return work(runtime)
        finally:
            self._idle.put(runtime)


def _timed_chat(runtime: LocalRuntime, body: JsonObject) -> tuple[JsonObject, float]:
    # the clock runs in the thread: waiting for a free runtime is not the model's latency
    started = time.perf_counter()
    return runtime.chat(body), time.perf_counter() - started


def _local_body(request: CompletionRequest) -> JsonObject:
    """Return the request in the chat format, with what makes the same request give the same answer."""
    body: dict[str, JsonValue] = dict(chat_body(request, model="local"))
    # with the prompt cache the same greedy request gave other text on a repeat
    body["cache_prompt"] = False
    body["seed"] = _seed(request)
    return body


def _seed(request: CompletionRequest) -> int:
    """Repeats differ, and come out the same again; without a seed in the prompt, cases differ too."""
    first = request.model.seed
    if first is None:
        first = int(short_digest(request.digest())[:7], 16)
    return (first + request.trial) % 2**31


def _usable_processors() -> int:
    # macOS has no affinity
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
