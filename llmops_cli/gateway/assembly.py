"""Where the gateway is put together: providers, recordings, cache and limits become one model."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.gateway.gateway_settings import AnswerMode, GatewaySettings
from llmops_cli.gateway.middleware.budget import BudgetedModel
from llmops_cli.gateway.middleware.cache import CachedModel
from llmops_cli.gateway.middleware.cost import PricedModel
from llmops_cli.gateway.middleware.fallback import FallbackModel
from llmops_cli.gateway.middleware.rate_limit import ProviderLimits, RateLimitedModel
from llmops_cli.gateway.middleware.record import RecordedModel
from llmops_cli.gateway.middleware.replay import LiveOrReplayedModel, ReplayedModel
from llmops_cli.gateway.middleware.retry import RetriedModel, Retry
from llmops_cli.gateway.middleware.usage import CountedModel
from llmops_cli.gateway.model_name import split_model_name
from llmops_cli.gateway.provider import ProviderContext, half_a_surrogate_pair
from llmops_cli.gateway.providers import PROVIDERS
from llmops_cli.gateway.recordings import Recordings
from llmops_cli.gateway.response_cache import ResponseCache

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from llmops_cli.core.completions import Completion, CompletionRequest, Model
    from llmops_cli.core.embeddings import EmbeddingModels
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.gateway.batches.batch_api import BatchApi
    from llmops_cli.gateway.provider import Provider
    from llmops_cli.gateway.recording_file import RecordingKey
    from llmops_cli.registry.project_file import ProviderSettings

CACHE_PATH = ".llmops/cache.sqlite"
"""Relative to the repository's root; `.llmops` is not committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """What a model's name means in this repository. `name` is resolved: `provider/model`."""

    name: str
    provider: str
    model: str
    protocol: str
    deterministic: bool
    concurrency: int


class Gateway:
    """The model port of `core` over everything that this repository may call."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Start nothing: providers, cache and recordings open when they are first needed."""
        self._settings = settings
        self._notices: list[str] = []
        self._recordings = Recordings(settings.root / settings.project.paths.evals / "recordings")
        self._cache = ResponseCache(settings.root / CACHE_PATH)
        self._providers: dict[str, Provider] = {}
        self._models: dict[str, Model] = {}
        self._limits: dict[str, ProviderLimits] = {}
        self._embeddings: EmbeddingModels | None = None
        answering: Model = _ByProvider(self._model_of)
        if settings.use_fallbacks:
            answering = FallbackModel(answering, settings.project.resolve_model, self._notify)
        self._budgeted = BudgetedModel(answering, max_cost_usd=settings.max_cost_usd, max_calls=settings.max_calls)

    @property
    def notices(self) -> tuple[str, ...]:
        """What the gateway told people so far, each sentence once."""
        return tuple(self._notices)

    def describe(self, model_name: str) -> ModelDescription:
        """Resolve an alias or `provider/model`.

        Raises:
            UsageError: when there is no such provider or alias.
        """
        name = self._settings.project.resolve_model(model_name)
        if "/" not in name:
            message = f"unknown model '{model_name}'."
            hint = did_you_mean(model_name, self._settings.project.models)
            raise UsageError(message, hint=hint or "Name it provider/model, or define an alias in llmops.yaml.")
        provider, model = split_model_name(name)
        settings = self._provider_settings(provider)
        return ModelDescription(
            name=name,
            provider=provider,
            model=model,
            protocol=settings.protocol,
            deterministic=settings.deterministic or self._settings.mode is AnswerMode.REPLAY,
            concurrency=settings.concurrency,
        )

    def has_recordings(self, model_name: str) -> bool:
        """Tell whether answers of `provider/model` are committed."""
        return self._recordings.has(model_name)

    @property
    def served_recordings(self) -> Mapping[str, frozenset[RecordingKey]]:
        """The keys of the recorded answers that were given so far, by file, relative to the repository."""
        root = self._settings.root
        return {path.relative_to(root).as_posix(): keys for path, keys in self._recordings.served.items()}

    def check_usable(self, model_name: str) -> None:
        """Find out, without asking it, whether `provider/model` can be asked on this machine.

        Raises:
            SetupError: when it cannot: a key, a program, weights or an extra are missing.
        """
        provider, model = split_model_name(model_name)
        opened = self._open_provider(provider, self._limits_of(provider))
        opened.identity(model)
        prepare = getattr(opened, "prepare", None)  # those that are reached over HTTP look for their key there
        if prepare is not None:
            prepare()

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer one request; `request.model.name` is resolved.

        Raises:
            UsageError: when the model's name means nothing here.
            SetupError: when the provider cannot be used here and nothing is recorded for the model.
            ProviderError: when it did not answer, or the recording is missing.
            BudgetReachedError: when the budget is spent.
        """
        try:
            return await self._budgeted.complete(request)
        except UnicodeEncodeError as error:
            # found by the digest, before anything was sent
            raise half_a_surrogate_pair() from error

    @property
    def spent_usd(self) -> float:
        """What the live answers cost so far, as far as their prices are known."""
        return self._budgeted.spent_usd

    @property
    def embeddings(self) -> EmbeddingModels:
        """What semantic metrics measure with; models load when they are first used."""
        if self._embeddings is None:
            from llmops_cli.gateway.embeddings.project_embeddings import (  # noqa: PLC0415 - few runs need it
                EmbeddingSources,
                ProjectEmbeddings,
            )

            settings = self._settings
            sources = EmbeddingSources(
                root=settings.root,
                resolve_model=settings.project.resolve_model,
                provider=self._live_provider,
                retry=Retry(settings.retry, settings.timing, settings.draw),
            )
            self._embeddings = ProjectEmbeddings(sources)
        return self._embeddings

    async def close(self) -> None:
        """Write what was recorded, and let go of providers and files."""
        async with AsyncExitStack() as stack:
            # what is pushed last comes first: what may have cost money
            for provider in self._providers.values():
                stack.push_async_callback(provider.close)
            stack.callback(self._cache.close)
            stack.callback(self._recordings.close)

    def _model_of(self, provider: str) -> Model:
        if provider not in self._models:
            self._models[provider] = self._assemble(provider)
        return self._models[provider]

    def _assemble(self, name: str) -> Model:
        """Put the layers around one provider, the innermost first."""
        settings = self._settings
        if settings.mode is AnswerMode.REPLAY:
            return PricedModel(ReplayedModel(self._recordings), settings.price)
        limits = self._limits_of(name)
        provider = self._open_provider(name, limits)
        model: Model = provider
        if PROVIDERS.row(self._provider_settings(name).protocol).kind != "embedded":
            model = RetriedModel(RateLimitedModel(model, limits), settings.retry, settings.timing, settings.draw)
        model = CountedModel(model)
        if settings.mode is AnswerMode.RECORD:
            model = RecordedModel(model, self._recordings, self._notify)
        protocol = self._provider_settings(name).protocol
        if settings.use_cache and protocol not in UNCACHED_PROTOCOLS:
            model = CachedModel(model, self._cache, _identity(provider), read=settings.mode is AnswerMode.AUTO)
        if settings.mode is AnswerMode.AUTO:
            model = LiveOrReplayedModel(model, self._recordings, self._notify)
        # outside of cache and recordings: an answer costs by today's price what it would cost again
        return PricedModel(model, settings.price)

    def _live_provider(self, name: str) -> tuple[Provider, ProviderLimits]:
        """Return a provider for embeddings, which are neither recorded nor cached."""
        if self._settings.mode is AnswerMode.REPLAY:
            message = f"embeddings of '{name}' are not recorded, so a replay cannot have them."
            raise SetupError(message, hint="Leave --replay out, or measure with the embedded model.")
        limits = self._limits_of(name)
        return self._open_provider(name, limits), limits

    def batch_api(self, model_name: str) -> BatchApi:
        """Return the way to the batches of a model's provider, at half the price; `model_name` is resolved.

        Raises:
            UsageError: when the provider has none.
            SetupError: when a replay was asked for.
        """
        from llmops_cli.gateway.batches import open_batch_api  # noqa: PLC0415 - few runs need it

        name = split_model_name(model_name)[0]
        provider, _ = self._live_provider(name)
        settings = self._settings
        return open_batch_api(name, provider, Retry(settings.retry, settings.timing, settings.draw), settings.price)

    def _limits_of(self, name: str) -> ProviderLimits:
        if name not in self._limits:
            self._limits[name] = ProviderLimits(self._provider_settings(name), self._settings.timing)
        return self._limits[name]

    def _open_provider(self, name: str, limits: ProviderLimits) -> Provider:
        if name in self._providers:
            return self._providers[name]
        settings = self._provider_settings(name)
        context = ProviderContext(
            settings=settings,
            root=self._settings.root,
            environ=self._settings.environ,
            notify=self._notify,
            recordings=self._recordings,
            limits_exhausted=limits.close_for,
            offline=self._settings.offline,
            allow_commands=self._settings.allow_commands,
        )
        self._providers[name] = _opened(settings.protocol, context)
        return self._providers[name]

    def _provider_settings(self, name: str) -> ProviderSettings:
        known = self._settings.project.providers
        if name not in known:
            message = f"unknown provider '{name}'."
            hint = (
                did_you_mean(name, known) or f"Define it under providers in llmops.yaml; there are: {', '.join(known)}."
            )
            raise UsageError(message, hint=hint)
        asked = self._settings.concurrency
        return known[name] if asked is None else replace(known[name], concurrency=asked)

    def _notify(self, sentence: str) -> None:
        if sentence not in self._notices:
            self._notices.append(sentence)
            self._settings.notify(sentence)


UNCACHED_PROTOCOLS = frozenset({"echo", "replay"})
"""Where the cache would be slower than the answer."""


@asynccontextmanager
async def open_gateway(settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """Open the gateway for the length of a run."""
    gateway = Gateway(settings)
    try:
        yield gateway
    finally:
        await gateway.close()


class _ByProvider:
    """Sends each request to the model of its provider."""

    def __init__(self, model_of: Callable[[str], Model]) -> None:
        self._model_of = model_of

    async def complete(self, request: CompletionRequest) -> Completion:
        return await self._model_of(split_model_name(request.model.name)[0]).complete(request)


def _opened(protocol: str, context: ProviderContext) -> Provider:
    if PROVIDERS.row(protocol).package:
        from llmops_cli.gateway.foreign_provider import open_foreign_provider  # noqa: PLC0415 - few projects have one

        return open_foreign_provider(protocol, context)
    return cast("Callable[[ProviderContext], Provider]", PROVIDERS.resolve(protocol))(context)


def _identity(provider: Provider) -> Callable[[CompletionRequest], JsonObject]:
    return lambda request: provider.identity(split_model_name(request.model.name)[1])
