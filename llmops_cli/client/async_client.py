"""The same client for asyncio: the first load does not hold up the loop, and every other read is immediate."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from llmops_cli.client.prompt_client import PromptClient

if TYPE_CHECKING:
    from llmops_cli.client.prompt_client import ClientStatus
    from llmops_cli.client.served import ServedPrompt


class AsyncPromptClient:
    """`PromptClient` with awaitable reads. It follows the service in a thread, so a busy loop never delays that."""

    def __init__(self, url: str, **options: Any) -> None:  # noqa: ANN401 - those of PromptClient
        """Take what `PromptClient` takes."""
        self._client = PromptClient(url, **options)

    async def get(
        self, prompt_id: str, *, targeting_key: str = "", default: ServedPrompt | None = None
    ) -> ServedPrompt:
        """Return the prompt that is live, or the best that is known, as `PromptClient.get` does.

        Raises:
            PromptUnavailableError: there is no such prompt anywhere, and no default.
        """
        client = self._client
        if client.knows(prompt_id):
            return client.get(prompt_id, targeting_key=targeting_key, default=default)
        return await asyncio.to_thread(client.get, prompt_id, targeting_key=targeting_key, default=default)

    async def wait_for(self, revision: int, timeout_seconds: float) -> bool:
        """Wait until a revision is served here, and tell whether it is."""
        return await asyncio.to_thread(self._client.wait_for, revision, timeout_seconds)

    def status(self) -> ClientStatus:
        """Return how the client stands."""
        return self._client.status()

    async def close(self) -> None:
        """Stop following."""
        await asyncio.to_thread(self._client.close)

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop following."""
        await self.close()
