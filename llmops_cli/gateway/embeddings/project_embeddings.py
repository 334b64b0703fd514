"""The models of semantic metrics, as a project may use them; each is made once and loaded when first used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.embeddings import EMBEDDED_MODEL
from llmops_cli.core.errors import UsageError
from llmops_cli.gateway.embeddings.minilm import Minilm
from llmops_cli.gateway.embeddings.openai_embeddings import OpenAIEmbeddings
from llmops_cli.gateway.http_provider import HttpProvider
from llmops_cli.gateway.model_name import split_model_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llmops_cli.core.embeddings import Embedder, PairScorer, TokenEmbedder
    from llmops_cli.gateway.middleware.rate_limit import ProviderLimits
    from llmops_cli.gateway.middleware.retry import Retry
    from llmops_cli.gateway.provider import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingSources:
    """What the gateway lends: names, providers, their limits, and how often to try again."""

    root: Path
    resolve_model: Callable[[str], str]
    provider: Callable[[str], tuple[Provider, ProviderLimits]]
    retry: Retry


class ProjectEmbeddings:
    """`EmbeddingModels` of core over one repository."""

    def __init__(self, sources: EmbeddingSources) -> None:
        """Make nothing yet."""
        self._sources = sources
        self._minilm: Minilm | None = None
        self._endpoints: dict[str, OpenAIEmbeddings] = {}
        self._libraries: dict[tuple[str, int | None, str | None], PairScorer] = {}

    def embedder(self, model: str) -> Embedder:
        """Return the embedded model, or `provider/model` of an endpoint."""
        if model == EMBEDDED_MODEL:
            return self._embedded()
        name = self._sources.resolve_model(model)
        if name not in self._endpoints:
            self._endpoints[name] = self._endpoint(name)
        return self._endpoints[name]

    def token_embedder(self, model: str) -> TokenEmbedder:
        """Return the embedded model; no other gives the vectors of tokens."""
        if model != EMBEDDED_MODEL:
            message = f"the vectors of tokens come from the model '{EMBEDDED_MODEL}' only, not from '{model}'."
            raise UsageError(message)
        return self._embedded()

    def pair_scorer(self, model: str, *, layer: int | None, weights_sha256: str | None) -> PairScorer:
        """Return the `bert-score` library over a folder of the repository or a named model."""
        from llmops_cli.gateway.embeddings.bert_score_library import BertScoreLibrary  # noqa: PLC0415 - seldom used

        key = (model, layer, weights_sha256)
        if key not in self._libraries:
            root = self._sources.root
            self._libraries[key] = BertScoreLibrary(model, root=root, layer=layer, weights_sha256=weights_sha256)
        return self._libraries[key]

    def _embedded(self) -> Minilm:
        if self._minilm is None:
            self._minilm = Minilm()
        return self._minilm

    def _endpoint(self, name: str) -> OpenAIEmbeddings:
        if "/" not in name:
            message = f"unknown embedding model '{name}'."
            raise UsageError(message, hint=f"There is '{EMBEDDED_MODEL}'; or name provider/model of an endpoint.")
        provider_name, model = split_model_name(name)
        provider, limits = self._sources.provider(provider_name)
        if not (isinstance(provider, HttpProvider) and provider.speaks_openai):
            message = f"the provider '{provider_name}' offers no embeddings in OpenAI's format."
            raise UsageError(message, hint="Name a provider with protocol: openai, whose server has /embeddings.")
        provider.prepare()
        return OpenAIEmbeddings(provider, model, limits, self._sources.retry)
