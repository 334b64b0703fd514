"""Short ways to say what a test asks a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.completions import Completion, CompletionRequest, Usage
from llmops_cli.core.prompts import Message, ModelSettings, OutputContract, OutputFormat, Role

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject


def ask(  # noqa: PLR0913 - each test names the one or two things that it is about
    text: str = "Hello?",
    *,
    model: str = "echo/any",
    system: str | None = None,
    trial: int = 0,
    temperature: float | None = 0.0,
    max_tokens: int | None = 20,
    seed: int | None = None,
    stop: tuple[str, ...] = (),
    extra: JsonObject | None = None,
    schema: JsonObject | None = None,
    tools: tuple[JsonObject, ...] = (),
) -> CompletionRequest:
    """One request with one user message."""
    messages = [Message(role=Role.USER, content=text)]
    if system is not None:
        messages.insert(0, Message(role=Role.SYSTEM, content=system))
    return CompletionRequest(
        messages=tuple(messages),
        model=ModelSettings(
            name=model,
            temperature=temperature,
            max_tokens=max_tokens,
            seed=seed,
            stop=stop,
            extra=extra or {},
        ),
        output=OutputContract() if schema is None else OutputContract(format=OutputFormat.JSON, schema=schema),
        tools=tools,
        trial=trial,
    )


def answer(text: str = "Hi.", *, latency_seconds: float = 0.25) -> Completion:
    """One live completion."""
    return Completion(
        text=text,
        usage=Usage(input_tokens=7, output_tokens=3),
        model_served="any-1",
        latency_seconds=latency_seconds,
    )
