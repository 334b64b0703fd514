"""Keep live answers as recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.completions import CompletionSource

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion, CompletionRequest, Model
    from llmops_cli.gateway.provider import Notify
    from llmops_cli.gateway.recordings import Recordings


class RecordedModel:
    """Adds every live answer to the recordings, in place of an older answer to the same request and trial.

    Recordings are for Git. Where a question or an answer holds what looks like a key, it is left out, and that is said
    once; masked it would be another answer, and a metric that looks for keys would pass on it.
    """

    def __init__(self, model: Model, recordings: Recordings, notify: Notify) -> None:
        """Wrap `model`."""
        self._model = model
        self._recordings = recordings
        self._notify = notify
        self._said = False

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer with the model and record it."""
        completion = await self._model.complete(request)
        if completion.source is not CompletionSource.LIVE:
            return completion
        if label := _secret(request, completion):
            if not self._said:
                self._notify(f"not recorded: a question or an answer of {request.model.name} holds {label}.")
            self._said = True
            return completion
        self._recordings.add(request, completion)
        return completion


def _secret(request: CompletionRequest, completion: Completion) -> str:
    from llmops_cli.registry.rules.literal_secret import secrets_in  # noqa: PLC0415 - twenty patterns

    texts = [completion.text, *(message.content for message in request.messages)]
    texts += [call.arguments for call in completion.tool_calls]
    return next((f"what looks like {label}" for text in texts for _, label, _ in secrets_in(text)), "")
