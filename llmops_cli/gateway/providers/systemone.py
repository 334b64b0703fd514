"""Decision models by the System One protocol: llama.cpp, vLLM, Ollama, and the services that began it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmops_cli.gateway.decision_questions import decided, questions_of, state_of
from llmops_cli.gateway.http_provider import HttpProvider
from llmops_cli.gateway.wire_reading import fields, number_of, reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.gateway.provider import ProviderContext


class SystemOne:
    """The wire format of `POST /v1/systemone`."""

    name: ClassVar[str] = "systemone"
    default_base_url: ClassVar[str] = "https://api.typesafe.ai/v1"
    default_key_env: ClassVar[str] = "TYPESAFE_API_KEY"

    def headers(self, key: str | None) -> Mapping[str, str]:
        """Return the bearer token; servers on one's own machine often want none."""
        return {"Authorization": f"Bearer {key}"} if key else {}

    def path(self, model: str) -> str:
        """Return the one path; the model stands in the body."""
        del model
        return "/systemone"

    def body(self, request: CompletionRequest, model: str, base_url: str) -> JsonObject:
        """Return the request: a question of kind `choice` for each of the judge's, by its name."""
        del base_url
        return {
            **request.model.extra,
            "model": model,
            "state": state_of(request),
            "questions": {
                each.name: {
                    "type": "choice",
                    "instructions": each.instructions,
                    "criteria": dict.fromkeys(each.options),
                }
                for each in questions_of(request)
            },
        }

    def completion(self, document: JsonObject) -> Completion:
        """Read the answers."""
        with reading("an answer of System One"):
            answers = {name: fields(each) for name, each in fields(document["answers"]).items()}
            probabilities = {
                name: {option: number_of(p) for option, p in fields(each["probabilities"]).items()}
                for name, each in answers.items()
            }
            return decided(document, probabilities, refused=False)


def open_systemone(context: ProviderContext) -> HttpProvider:
    """Return the provider."""
    return HttpProvider(context, SystemOne())
