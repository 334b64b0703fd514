"""The few calls to GitHub's REST API that a check needs, each bounded in time, size and repetitions.

A call that changes something is repeated only where GitHub says that it was not processed (rate limits), where
repeating cannot make two of anything (PATCH), or where two are as good as one (a check run). Whoever creates a
comment looks again before creating it again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llmops_cli.ci.github.api_errors import ForbiddenError, GitHubApiError, RateLimitError, TooLongError
from llmops_cli.ci.github.rate_limit import seconds_to_wait
from llmops_cli.core.errors import SetupError
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.gateway.proxies import proxy_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    import httpx

    from llmops_cli.core.json_value import JsonObject, JsonValue

PER_PAGE = 100
MOST_PAGES = 100
"""10,000 comments; GitHub locks a conversation at 2,500."""

MOST_ATTEMPTS = 4
LONGEST_WAIT_SECONDS = 60.0
TIMEOUT_SECONDS = 30.0
LARGEST_ANSWER = 64 * 1024 * 1024

_SERVER_ERROR = 500
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment of a pull request; `author` is a login, such as `github-actions[bot]`."""

    id: int
    author: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelEvent:
    """A label that was put on or taken off a pull request, and by whom."""

    added: bool
    label: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """A finished check on one commit; `conclusion` as GitHub spells it."""

    name: str
    head: str
    conclusion: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock that the calls see: the time since the epoch, and waiting, in seconds."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class GitHubApi:
    """The API of one repository with one token. Use as a context manager."""

    def __init__(
        self, *, base_url: str, repository: str, token: str, environ: Mapping[str, str], timing: Timing | None = None
    ) -> None:
        """Open nothing before the first call.

        Raises:
            SetupError: when the token would travel unencrypted to another machine.
        """
        parts = urlsplit(base_url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            message = "the address of GitHub's API is not https: the token would travel unencrypted."
            raise SetupError(message, where="GITHUB_API_URL")
        self._base_url = base_url.rstrip("/")
        self._repository = repository
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": "llmops",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._proxy = proxy_for(base_url, environ)
        self._timing = timing or Timing()
        self._opened: httpx.Client | None = None

    def __enter__(self) -> Self:
        """Return the API itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def comments(self, pull_request: int) -> Iterator[Comment]:
        """Walk all comments of a pull request, oldest first."""
        for item in self._pages(f"issues/{pull_request}/comments"):
            yield Comment(id=_number(item, "id"), author=_login(item.get("user")), body=_text(item, "body"))

    def create_comment(self, pull_request: int, body: str) -> int:
        """Add a comment and return its id; a failure may mean that it is there all the same."""
        return _number(self._call("POST", f"issues/{pull_request}/comments", {"body": body}), "id")

    def update_comment(self, comment: int, body: str) -> None:
        """Replace the text of a comment."""
        self._call("PATCH", f"issues/comments/{comment}", {"body": body})

    def label_events(self, pull_request: int) -> Iterator[LabelEvent]:
        """Walk the labels that were put on and taken off, oldest first."""
        for item in self._pages(f"issues/{pull_request}/events"):
            kind, label = _text(item, "event"), item.get("label")
            if kind in {"labeled", "unlabeled"} and isinstance(label, Mapping):
                actor = _login(item.get("actor"))
                yield LabelEvent(added=kind == "labeled", label=_text(label, "name"), actor=actor)

    def author_of(self, pull_request: int) -> str:
        """Return the login of who opened a pull request."""
        found = self._call("GET", f"pulls/{pull_request}", None)
        return _login(found.get("user") if isinstance(found, Mapping) else None)

    def create_check_run(self, run: CheckRun) -> None:
        """Report a finished check; made twice, the newer of the two counts at GitHub."""
        output = {"title": run.title, "summary": run.summary}
        document = {"name": run.name, "head_sha": run.head, "status": "completed", "conclusion": run.conclusion}
        self._call("POST", "check-runs", {**document, "output": output}, repeat=True)

    def wait(self, seconds: float) -> None:
        """Let time pass before a caller's own next try."""
        self._timing.sleep(seconds)

    def _pages(self, path: str) -> Iterator[JsonObject]:
        # counted here instead of following the link of the answer, which could name any host
        for page in range(1, MOST_PAGES + 1):
            items = self._call("GET", f"{path}?per_page={PER_PAGE}&page={page}", None)
            if not isinstance(items, list):
                message = "the answer is not a list."
                raise GitHubApiError(message, where=self._where("GET", path), status=200)
            yield from (item for item in items if isinstance(item, Mapping))
            if len(items) < PER_PAGE:
                return

    def _call(self, method: str, path: str, document: JsonObject | None, *, repeat: bool = False) -> JsonValue:
        repeat = repeat or method != "POST"
        where = self._where(method, path)
        body = None if document is None else json.dumps(document).encode("ascii")
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                status, headers, data = self._exchange(method, path, body)
            except _NoAnswerError as error:
                if not repeat or attempt == MOST_ATTEMPTS:
                    message = f"no answer: {error}."
                    raise GitHubApiError(message, where=where, status=0) from None
                self._timing.sleep(2.0 ** (attempt - 1))
                continue
            wait = seconds_to_wait(status, headers, data, now=self._timing.now())
            if wait is None and status >= _SERVER_ERROR and repeat:
                wait = 2.0 ** (attempt - 1)
            if wait is None or wait > LONGEST_WAIT_SECONDS or attempt == MOST_ATTEMPTS:
                return _answer(status, data, where=where, limited=wait is not None and status < _SERVER_ERROR)
            self._timing.sleep(wait)
        message = "no answer."
        raise GitHubApiError(message, where=where, status=0)

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, Mapping[str, str], bytes]:
        import httpx

        try:
            with self._client().stream(
                method, f"{self._base_url}/repos/{self._repository}/{path}", content=body, headers=self._headers
            ) as response:
                pieces: list[bytes] = []
                size = 0
                for piece in response.iter_bytes():
                    size += len(piece)
                    if size > LARGEST_ANSWER:
                        message = "the answer is too large"
                        raise _NoAnswerError(message)
                    pieces.append(piece)
                return response.status_code, {k.lower(): v for k, v in response.headers.items()}, b"".join(pieces)
        except httpx.HTTPError as error:
            raise _NoAnswerError(type(error).__name__) from None

    def _client(self) -> httpx.Client:
        import httpx

        if self._opened is None:
            # trust_env would read .netrc, and a redirect would carry the token elsewhere
            self._opened = httpx.Client(
                trust_env=False, proxy=self._proxy, follow_redirects=False, timeout=TIMEOUT_SECONDS
            )
        return self._opened

    def _where(self, method: str, path: str) -> str:
        return f"{method} {urlsplit(self._base_url).hostname}/repos/{self._repository}/{path.partition('?')[0]}"


class _NoAnswerError(Exception):
    pass


def _answer(status: int, data: bytes, *, where: str, limited: bool) -> JsonValue:
    if status in {200, 201}:
        try:
            found: JsonValue = json.loads(data)
        except (ValueError, RecursionError):
            message = "the answer is not JSON."
            raise GitHubApiError(message, where=where, status=status) from None
        return found
    told = _told(data)
    if limited:
        message = f"the rate limit is used up ({status}{told})."
        raise RateLimitError(message, where=where, status=status)
    if status in {401, 403, 404}:
        hint = "Grant the job what the guide lists under permissions; in a fork's pull request nobody can."
        message = f"GitHub refuses ({status}{told})."
        raise ForbiddenError(message, where=where, status=status, hint=hint)
    if status in {413, 422} and ("too long" in told or status == 413):  # noqa: PLR2004 - as HTTP names it
        message = f"the text is too long ({status})."
        raise TooLongError(message, where=where, status=status)
    message = f"GitHub answered {status}{told}."
    raise GitHubApiError(message, where=where, status=status)


def _told(data: bytes) -> str:
    """Return GitHub's own words, cut; its error bodies hold no token, but are text from outside."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    words = json.dumps({key: document.get(key) for key in ("message", "errors")}) if isinstance(document, dict) else ""
    return f": {shortened(safe_text(words, one_line=True), 300)}" if words else ""


def _login(user: JsonValue) -> str:
    return _text(user, "login") if isinstance(user, Mapping) else ""


def _text(item: JsonObject, key: str) -> str:
    found = item.get(key)
    return found if isinstance(found, str) else ""


def _number(item: JsonValue, key: str) -> int:
    found = item.get(key) if isinstance(item, Mapping) else None
    return found if isinstance(found, int) else 0
