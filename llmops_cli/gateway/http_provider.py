"""What all protocols over HTTP have in common: key, endpoint, one request, and errors that say what to do."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, NoReturn, Protocol, cast

from llmops_cli.core.errors import ProviderError, SetupError
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.gateway.http_endpoint import LIMIT_BYTES, HttpAnswer, HttpEndpoint
from llmops_cli.gateway.model_name import split_model_name
from llmops_cli.gateway.provider import AccountRefusedError, RateLimitedError, half_a_surrogate_pair
from llmops_cli.gateway.provider_keys import read_key
from llmops_cli.gateway.rate_limit_headers import read_limits
from llmops_cli.gateway.refusals import account_hint, asked_seconds, day_is_used_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.gateway.provider import ProviderContext

RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
RATE_LIMITED = frozenset({429, 503, 529})
_REDIRECTS = range(300, 400)
_OK = 200
_MESSAGE_LENGTH = 300
_VERSION = re.compile(r"/v\d\w*")


class WireFormat(Protocol):
    """A protocol's own part: where a request goes, what it looks like, and how an answer reads."""

    name: ClassVar[str]
    default_base_url: ClassVar[str]
    default_key_env: ClassVar[str]

    def headers(self, key: str | None) -> Mapping[str, str]:
        """Return the headers that carry the key, and those that the protocol asks for."""
        ...

    def path(self, model: str) -> str:
        """Return the path below the base URL; `model` is escaped where it becomes part of it."""
        ...

    def body(self, request: CompletionRequest, model: str, base_url: str) -> JsonObject:
        """Return the request as the protocol writes it."""
        ...

    def completion(self, document: JsonObject) -> Completion:
        """Read an answer.

        Raises:
            ProviderError: when it is not one.
        """
        ...


class HttpProvider:
    """A provider that is reached by HTTP; the wire format is the only difference between protocols."""

    def __init__(self, context: ProviderContext, wire: WireFormat) -> None:
        """Read no key and open nothing before the first request."""
        self._context = context
        self._wire = wire
        self._base_url = _without_version(context.settings.base_url or wire.default_base_url, wire.path("model"))
        self._endpoint: HttpEndpoint | None = None

    def identity(self, model: str) -> JsonObject:
        """Name protocol and endpoint; the key is not part of it, colleagues may share a cache."""
        return {"protocol": self._wire.name, "base_url": self._base_url, "model": model}

    @property
    def speaks_openai(self) -> bool:
        """Whether the endpoint is one of OpenAI's kind, which may also offer embeddings."""
        return self._wire.name.startswith("openai")

    async def complete(self, request: CompletionRequest) -> Completion:
        """Send one request and read its answer."""
        model = split_model_name(request.model.name)[1]
        body = self._wire.body(request, model, self._base_url)
        document, latency_seconds = await self.exchange(self._wire.path(model), body)
        return replace(self._wire.completion(document), latency_seconds=latency_seconds)

    async def exchange(self, path: str, request: JsonObject) -> tuple[JsonObject, float]:
        """Send one JSON object to a path below the base URL; return the answer's and the seconds it took.

        Raises:
            SetupError: when key or network are missing.
            ProviderError: when the answer is none.
        """
        endpoint = self.prepare()
        body = _encoded(request)
        started = time.perf_counter()
        answer = await endpoint.post(path, body)
        latency_seconds = time.perf_counter() - started
        limits = read_limits(answer.headers, datetime.now(UTC))
        if limits.exhausted_seconds:
            self._context.limits_exhausted(limits.exhausted_seconds)
        if answer.status != _OK:
            self._refuse(answer, limits.retry_after_seconds)
        return self._document(answer), latency_seconds

    @property
    def wire(self) -> WireFormat:
        """The protocol's own part."""
        return self._wire

    @property
    def base_url(self) -> str:
        """Where it is reached."""
        return self._base_url

    async def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        content_type: str = "application/json",
        limit_bytes: int = LIMIT_BYTES,
    ) -> bytes:
        """Send any request below the base URL, as the protocols' batches need them; return the body of the answer.

        Raises:
            SetupError: when key or network are missing.
            ProviderError: when the answer is a refusal.
        """
        answer = await self.prepare().send(method, path, body, content_type=content_type, limit_bytes=limit_bytes)
        if answer.status != _OK:
            self._refuse(answer, read_limits(answer.headers, datetime.now(UTC)).retry_after_seconds)
        return answer.body

    def prepare(self) -> HttpEndpoint:
        """Return the endpoint with its key; connects to nothing yet.

        Raises:
            SetupError: when the key is missing, or the network is forbidden.
        """
        return self._endpoint or self._open()

    async def close(self) -> None:
        """Close the connections."""
        if self._endpoint is not None:
            await self._endpoint.close()

    def _open(self) -> HttpEndpoint:
        settings = self._context.settings
        if self._context.offline:
            message = f"{settings.name} is reached over the network, and --offline forbids it."
            raise SetupError(message, hint="Leave --offline out, or answer from recordings: --replay")
        # an endpoint of one's own needs a key only if the project file names one
        key_env = settings.api_key_env or (None if settings.base_url else self._wire.default_key_env)
        key = read_key(key_env, self._base_url, self._context.environ)
        self._endpoint = HttpEndpoint(
            base_url=self._base_url,
            headers=self._wire.headers(key),
            timeout_seconds=settings.timeout_seconds,
            connections=settings.concurrency,
            environ=self._context.environ,
        )
        return self._endpoint

    def _document(self, answer: HttpAnswer) -> JsonObject:
        try:
            document = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            # half a document is as good as none, and the whole one may come next time
            message = "the answer is not JSON."
            raise ProviderError(message, where=self._where(), retryable=True) from error
        if not isinstance(document, dict):
            message = "the answer is not a JSON object."
            raise ProviderError(message, where=self._where())
        return cast("JsonObject", document)

    def _refuse(self, answer: HttpAnswer, retry_after_seconds: float | None) -> NoReturn:
        if answer.status in _REDIRECTS:
            message = f"the endpoint redirects ({answer.status}); requests that carry a key do not follow."
            raise ProviderError(message, where=self._where(), hint="Put the final address into base_url.")
        error, said = _error(answer.body)
        message = f"the provider answered {answer.status}{f': {said}' if said else ''}."
        provider = self._context.settings.name
        account = account_hint(answer.status, error, provider)
        if account is not None:
            raise AccountRefusedError(message, where=self._where(), hint=account)
        if answer.status in RATE_LIMITED and day_is_used_up(error):
            hint = (
                f"What provider '{provider}' grants this model for a day is used up; it comes back with the next one."
            )
            raise ProviderError(message, where=self._where(), hint=hint)
        if retry_after_seconds is None:
            retry_after_seconds = asked_seconds(error, datetime.now(UTC))
        kind = RateLimitedError if answer.status in RATE_LIMITED else ProviderError
        raise kind(
            message,
            where=self._where(),
            hint=_hint(answer.status, provider),
            retryable=answer.status in RETRYABLE,
            retry_after_seconds=retry_after_seconds,
        )

    def _where(self) -> str:
        return self._base_url.partition("?")[0].rpartition("@")[2].removeprefix("https://")


def _without_version(base_url: str, path: str) -> str:
    """Return the base URL without the version that the protocol's paths begin with: people copy it with either."""
    version = "/" + path.split("/")[1]
    base_url = base_url.rstrip("/")
    return base_url.removesuffix(version) if _VERSION.fullmatch(version) else base_url


def _encoded(request: JsonObject) -> bytes:
    try:
        return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise half_a_surrogate_pair() from error


def _error(body: bytes) -> tuple[JsonObject, str]:
    """Return the answer's `error`, and what it says: with some servers it is no object, but the text itself."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}, ""
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, dict):
        return error, _shown(error.get("message"))
    return {}, _shown(error)


def _shown(message: JsonValue) -> str:
    """Return what a provider said; its answer is untrusted and may repeat the key."""
    if not isinstance(message, str):
        return ""
    return shortened(safe_text(without_keys(message), one_line=True), _MESSAGE_LENGTH).rstrip(".")


def without_keys(text: str) -> str:
    """Mask every word that could be a key: long, and of letters and digits mixed."""
    return " ".join("…" if _looks_like_key(word) else word for word in text.split(" "))


def _looks_like_key(word: str) -> bool:
    bare = word.strip("'\".,;:()[]{}")
    long = len(bare) >= 16  # noqa: PLR2004 - shorter ones are words or numbers
    return long and any(c.isdigit() for c in bare) and any(c.isalpha() for c in bare) and bare.isascii()


def _hint(status: int, provider: str) -> str | None:
    if status == 403:  # noqa: PLR2004 - as HTTP has it
        return f"Check the key of provider '{provider}' and what it may be used for."
    if status == 404:  # noqa: PLR2004 - as HTTP has it
        return "Check the model's name and the provider's base_url."
    return None
