"""The client for applications: reads come from memory, everything else happens in a thread of its own."""

from __future__ import annotations

import os
import random
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from llmops_cli.client.disk import DiskCopy
from llmops_cli.client.follower import Follower
from llmops_cli.client.served import PromptUnavailableError, ServedPrompt, Source
from llmops_cli.client.transport import Transport
from llmops_cli.core.errors import UsageError
from llmops_cli.core.release_fields import ENVIRONMENT
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.core.snapshot import LARGEST_SNAPSHOT, parse_snapshot
from llmops_cli.core.strict_document import DocumentError
from llmops_cli.core.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_LOAD_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStatus:
    """How a client stands. `problem` says why it has not the newest, empty when it has."""

    source: Source | None
    revision: int
    age_seconds: float | None
    connected: bool
    problem: str


class PromptClient:
    """Reads the prompts of one environment: memory, then disk, then bundle, then the default in code.

    A read never waits for the network after the first load, and never fails because the service is down.

        client = PromptClient("https://prompts.example.org", environment="production", token=os.environ["…"])
        prompt = client.get("summarize-email")
        messages = prompt.render(email=text)
    """

    def __init__(  # noqa: PLR0913 - each has a default that is right for most
        self,
        url: str,
        *,
        environment: str = "production",
        token: str | None = None,
        bundle: Path | str | None = None,
        cache_folder: Path | str | None = None,
        use_disk: bool = True,
        first_load_seconds: float = FIRST_LOAD_SECONDS,
        ca_file: Path | str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read disk and bundle, and begin to follow the service.

        `bundle` is a file of `llmops export --format bundle`. `cache_folder` is where the last known good is
        kept, by default in the user's cache. `first_load_seconds` is the longest that a read waits for the very
        first answer of the service, when nothing else has the prompt.

        Raises:
            UsageError: the address or the environment is none.
        """
        if not ENVIRONMENT.fullmatch(environment):
            message = "that is no name of an environment."
            raise UsageError(message, hint="Lower-case letters, digits, '-' and '_', for example production.")
        transport = Transport(url, token, Path(ca_file) if ca_file else None)
        disk = None
        if use_disk:
            disk = DiskCopy.of(Path(cache_folder) if cache_folder else _usual_folder(), transport.url, environment)
        self._first_load_seconds = first_load_seconds
        self._bundle = Path(bundle) if bundle else None
        self._follower = Follower(
            environment=environment, transport=transport, disk=disk, clock=clock, jitter=random.random
        )
        self._start_problems = tuple(self._start_from_files())
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._start()
        _after_fork(self)

    def get(self, prompt_id: str, *, targeting_key: str = "", default: ServedPrompt | None = None) -> ServedPrompt:
        """Return the prompt that is live, or the best that is known.

        `targeting_key` names the user or session in a canary: the same key gets the same release. `default` is
        for a prompt that no source has, or that was disabled (`code_prompt` makes one).

        Raises:
            PromptUnavailableError: there is no such prompt anywhere, and no default.
        """
        found = self._follower.memory.plain.get(prompt_id)
        if found is not None:
            return found
        return self._rarely(prompt_id, targeting_key, default)

    def knows(self, prompt_id: str) -> bool:
        """Tell whether a read of a prompt is answered without waiting: it is known, or there was a first load."""
        memory = self._follower.memory
        return prompt_id in memory.plain or prompt_id in memory.splits or self._follower.loaded.is_set()

    def status(self) -> ClientStatus:
        """Return how the client stands, for health checks and logs."""
        follower = self._follower
        memory = follower.memory
        age = None
        if memory.plain or memory.splits:
            newest = next(iter(memory.plain.values()), None) or next(iter(memory.splits.values())).stable
            age = newest.age_seconds
        earlier = () if memory.source is Source.SERVICE else self._start_problems
        return ClientStatus(
            source=memory.source,
            revision=memory.floor,
            age_seconds=age,
            connected=follower.connected,
            problem="; ".join(filter(None, (follower.problem, *earlier))),
        )

    def wait_for(self, revision: int, timeout_seconds: float) -> bool:
        """Wait until a revision is served here, and tell whether it is. For tests and start-up probes."""
        end = time.monotonic() + timeout_seconds
        follower = self._follower
        with follower.changed:
            while follower.memory.floor < revision:
                left = end - time.monotonic()
                if left <= 0:
                    return False
                follower.changed.wait(left)
        return True

    def wait_until_loaded(self, timeout_seconds: float = FIRST_LOAD_SECONDS) -> bool:
        """Wait for the first answer of the service or its failure, and tell whether prompts came from it."""
        self._follower.loaded.wait(timeout_seconds)
        return self._follower.memory.source is Source.SERVICE

    def close(self) -> None:
        """Stop following; what is known can still be read."""
        _end(self._follower, self._stop)
        if self._thread is not None:
            self._thread.join(1.0)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop following."""
        self.close()

    def _rarely(self, prompt_id: str, targeting_key: str, default: ServedPrompt | None) -> ServedPrompt:
        """Answer a read of a prompt in a canary, disabled, or not known yet."""
        follower = self._follower
        found = self._known(prompt_id, targeting_key)
        if found is None and not follower.loaded.is_set() and prompt_id not in follower.memory.disabled:
            follower.loaded.wait(self._first_load_seconds)
            found = self._known(prompt_id, targeting_key)
        if found is not None:
            return found
        if default is not None:
            return default
        raise self._unavailable(prompt_id)

    def _known(self, prompt_id: str, targeting_key: str) -> ServedPrompt | None:
        memory = self._follower.memory
        split = memory.splits.get(prompt_id)
        return split.choose(targeting_key) if split else memory.plain.get(prompt_id)

    def _unavailable(self, prompt_id: str) -> PromptUnavailableError:
        memory, where = self._follower.memory, self._follower.transport.url
        environment = self._follower.environment
        name = shortened(safe_text(prompt_id, one_line=True), 100)
        if prompt_id in memory.disabled:
            message = f"'{name}' is disabled in '{environment}', and no default was given."
            return PromptUnavailableError(message, where=where, hint="Give one: get(…, default=code_prompt(…))")
        message = f"no source has the prompt '{name}' of '{environment}'."
        problem = self.status().problem
        hint = did_you_mean(prompt_id, [*memory.plain, *memory.splits]) or (
            f"The service: {problem}." if problem else ""
        )
        return PromptUnavailableError(message, where=where, hint=hint or None)

    def _start_from_files(self) -> list[str]:
        """Take over bundle and disk copy; return what is wrong with them."""
        follower, problems = self._follower, []
        if self._bundle is not None:
            try:
                data = _bounded(self._bundle)
                written = self._bundle.stat().st_mtime
                follower.start_from(parse_snapshot(data, follower.environment), Source.BUNDLE, written)
            except (DocumentError, OSError) as error:
                problems.append(f"the bundle is not used: {error}")
        try:
            kept = follower.disk.read() if follower.disk else None
        except DocumentError as error:
            problems.append(f"the copy on disk is not used: {error}")
        else:
            if kept is not None:
                follower.start_from(kept.snapshot, Source.DISK, kept.confirmed_at)
        return problems

    def _start(self) -> None:
        # bound to the follower, not to the client: a forgotten client can be collected
        arguments = (self._follower, self._stop)
        self._thread = threading.Thread(target=_follow, args=arguments, name="llmops-prompts", daemon=True)
        self._thread.start()
        # a client that is forgotten without `close`, or alive when the interpreter ends, takes its thread with it
        self._finalizer = weakref.finalize(self, _end, *arguments)

    def _restart_after_fork(self) -> None:
        """Give a forked process a thread and connections of its own; the parent's are the parent's."""
        if self._stop.is_set():
            return
        # the parent's connection is this process's too, and ending it here would end it there
        self._finalizer.detach()
        old = self._follower
        self._stop = threading.Event()
        self._follower = Follower(
            environment=old.environment,
            transport=old.transport.fresh(),
            disk=old.disk,
            clock=old.clock,
            jitter=random.Random(os.getpid() ^ time.time_ns()).random,  # noqa: S311 - to spread retries
            memory=old.memory,
        )
        self._follower.freshness = old.freshness
        self._start()


def _end(follower: Follower, stop: threading.Event) -> None:
    stop.set()
    follower.stopping = True
    follower.transport.interrupt()


def _follow(follower: Follower, stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            stop.wait(follower.attempt())
    finally:
        follower.transport.close()


def _after_fork(client: PromptClient) -> None:
    reference = weakref.ref(client)

    def restart() -> None:
        found = reference()
        if found is not None:
            found._restart_after_fork()  # noqa: SLF001 - its own module

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=restart)


def _usual_folder() -> Path:
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if given else Path.home() / ".cache"
    return base / "llmops" / "client"


def _bounded(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(LARGEST_SNAPSHOT + 1)
