"""Questions with named options, between a judge's request and the endpoints that answer them with probabilities.

A judge asks for JSON whose schema gives each question's options. A decision endpoint writes no text: it gives every
option a probability. The completion made of that has the most probable options as its JSON text, so that it reads like
any other reply, and the probabilities in `details["decisions"]`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from llmops_cli.core.completions import Completion, FinishReason, Usage
from llmops_cli.core.errors import ProviderError
from llmops_cli.gateway.wire_reading import count_of, fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.core.completions import CompletionRequest
    from llmops_cli.core.json_value import JsonObject, JsonValue

DECISIONS = "decisions"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionQuestion:
    """One question and its options, in the order in which the rubric names them."""

    name: str
    instructions: str
    options: tuple[str, ...]


def questions_of(request: CompletionRequest) -> tuple[DecisionQuestion, ...]:
    """Return the questions that a request's JSON schema asks.

    Raises:
        ProviderError: when it asks anything else than questions with named options.
    """
    schema = request.output.schema or {}
    answers = fields(fields(fields(schema.get("properties")).get("answers")).get("properties"))
    asked = [_question(name, entry) for name, entry in answers.items()]
    if not asked or not all(len(each.options) > 1 for each in asked):
        message = "a decision endpoint only answers questions with named options, as judges ask them."
        raise ProviderError(message, hint="Take another protocol for prompts that want text.")
    return tuple(asked)


def state_of(request: CompletionRequest) -> str:
    """Return what the questions are about: every message, one after the other."""
    return "\n\n".join(message.content for message in request.messages)


def decided(document: JsonObject, probabilities: Mapping[str, Mapping[str, float]], *, refused: bool) -> Completion:
    """Return the completion of an answer; a refused question leaves nothing to read."""
    usage = fields(document.get("usage"))
    answers = {name: max(each, key=lambda option: each[option]) for name, each in probabilities.items() if each}
    details: dict[str, JsonValue] = {DECISIONS: {name: dict(each) for name, each in probabilities.items()}}
    return Completion(
        text="" if refused else json.dumps({"answers": answers, "reason": ""}, ensure_ascii=False),
        usage=Usage(
            input_tokens=count_of(usage.get("input_tokens")),
            output_tokens=count_of(usage.get("output_tokens")),
            estimated=not usage,
        ),
        finish_reason=FinishReason.CONTENT_FILTER if refused else FinishReason.STOP,
        model_served=str(document.get("model") or ""),
        details={} if refused else details,
    )


def _question(name: str, entry: JsonValue) -> DecisionQuestion:
    described = fields(entry)
    options = cast("Sequence[JsonValue]", described.get("enum") or ())
    return DecisionQuestion(
        name=name, instructions=str(described.get("description", name)), options=tuple(map(str, options))
    )
