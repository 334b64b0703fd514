"""A provider against the protocol server, in a line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gateway.protocol_server import Behaviour, ProtocolServer

from llmops_cli.gateway.provider import ProviderContext
from llmops_cli.gateway.providers import PROVIDERS
from llmops_cli.gateway.recordings import Recordings
from llmops_cli.registry.project_file import ProviderSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.gateway.provider import Provider


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as the server got it, and the completion that came of its answer."""

    path: str
    headers: Mapping[str, str]
    body: Any
    completion: Completion


def context_for(
    protocol: str,
    url: str,
    *,
    root: Path = Path(),
    key: str = "secret-key",
    offline: bool = False,
    timeout_seconds: float = 20.0,
) -> ProviderContext:
    base_url = f"{url}/v1" if protocol.startswith("openai") else url
    return ProviderContext(
        settings=ProviderSettings(
            name="p",
            protocol=protocol,
            base_url=base_url,
            api_key_env="TEST_KEY",
            timeout_seconds=timeout_seconds,
        ),
        root=root,
        environ={"TEST_KEY": key} if key else {},
        notify=lambda _sentence: None,
        recordings=Recordings(root / "recordings"),
        offline=offline,
    )


def exchange(
    protocol: str,
    request: CompletionRequest,
    behaviour: Behaviour | None = None,
    *,
    root: Path,
) -> Exchange:
    async def run() -> Exchange:
        async with ProtocolServer(behaviour) as server:
            make = cast("Callable[[ProviderContext], Provider]", PROVIDERS.resolve(protocol))
            provider = make(context_for(protocol, server.url, root=root))
            try:
                completion = await provider.complete(request)
            finally:
                await provider.close()
            received = server.received[-1]
            return Exchange(received.path, received.headers, received.body, completion)

    return asyncio.run(run())
