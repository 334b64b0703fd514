"""Answer from recordings where the provider cannot be used on this machine, and say so once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError
from llmops_cli.gateway.recordings import RecordingMissError

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion, CompletionRequest, Model
    from llmops_cli.gateway.provider import Notify
    from llmops_cli.gateway.recordings import Recordings


class ReplayedModel:
    """Only recordings."""

    def __init__(self, recordings: Recordings) -> None:
        """Take the recordings."""
        self._recordings = recordings

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer from the recording of exactly this request and trial."""
        return self._recordings.answer(request)


class LiveOrReplayedModel:
    """The provider, until it turns out that it cannot be used here; from then on the recordings."""

    def __init__(self, model: Model, recordings: Recordings, notify: Notify) -> None:
        """Wrap `model`."""
        self._model = model
        self._recordings = recordings
        self._notify = notify
        self._missing: dict[str, SetupError] = {}

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer live, or from recordings where live is impossible.

        Raises:
            SetupError: when live is impossible and nothing at all is recorded for this model.
        """
        name = request.model.name
        if name not in self._missing:
            try:
                return await self._model.complete(request)
            except SetupError as error:
                if not self._recordings.has(name):
                    raise
                self._say(name, error)
        try:
            return self._recordings.answer(request)
        except RecordingMissError as miss:
            reason = self._missing[name]
            hint = f"{name} cannot answer here either: {reason.message} {reason.hint or ''}".strip()
            raise RecordingMissError(miss.message, where=miss.where, hint=hint) from reason

    def _say(self, name: str, error: SetupError) -> None:
        # several requests fail at once; one sentence is enough
        if name not in self._missing:
            self._missing[name] = error
            self._notify(f"{name} answers from the committed recordings: {error.message} {error.hint or ''}".strip())
