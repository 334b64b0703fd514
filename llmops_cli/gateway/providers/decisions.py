"""Decision models by OpenAI's protocol, which SGLang speaks too: typed questions in, probabilities of options out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.gateway.decision_questions import decided, questions_of, state_of
from llmops_cli.gateway.http_provider import HttpProvider
from llmops_cli.gateway.wire_reading import items, number_of, reading, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.gateway.provider import ProviderContext


class Decisions:
    """The wire format of `POST /v1/decisions`."""

    name: ClassVar[str] = "decisions"
    default_base_url: ClassVar[str] = "https://api.openai.com/v1"
    default_key_env: ClassVar[str] = "OPENAI_API_KEY"

    def headers(self, key: str | None) -> Mapping[str, str]:
        """Return the bearer token."""
        return {"Authorization": f"Bearer {key}"} if key else {}

    def path(self, model: str) -> str:
        """Return the one path; the model stands in the body."""
        del model
        return "/decisions"

    def body(self, request: CompletionRequest, model: str, base_url: str) -> JsonObject:
        """Return the request: a question of kind `choice` for each of the judge's; nothing is sampled."""
        del base_url
        return {
            **request.model.extra,
            "model": model,
            "input": state_of(request),
            "questions": [
                {
                    "type": "choice",
                    "name": each.name,
                    "instructions": each.instructions,
                    "choices": [{"value": option, "description": None} for option in each.options],
                }
                for each in questions_of(request)
            ],
        }

    def completion(self, document: JsonObject) -> Completion:
        """Read the answers."""
        with reading("an answer to decisions"):
            answers = items(document["answers"])
            probabilities = {text_of(each["name"]): _probabilities(each) for each in answers}
            refused = any(each.get("type") == "refusal" for each in answers)
            return decided(document, probabilities, refused=refused)


def open_decisions(context: ProviderContext) -> HttpProvider:
    """Return the provider."""
    return HttpProvider(context, Decisions())


def _probabilities(answer: JsonObject) -> dict[str, float]:
    return {text_of(each["value"]): number_of(each["probability"]) for each in items(answer.get("probabilities"))}
