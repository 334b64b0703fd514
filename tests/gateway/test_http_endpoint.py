"""The HTTP layer against a server that misbehaves in every way."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

import pytest
import trustme
from gateway.protocol_server import Behaviour, Fault, ProtocolServer
from gateway.providers_for_tests import context_for
from gateway.requests_for_tests import ask

from llmops_cli.core.errors import ProviderError, SetupError
from llmops_cli.gateway.http_endpoint import HttpEndpoint
from llmops_cli.gateway.http_provider import without_keys
from llmops_cli.gateway.provider import RateLimitedError
from llmops_cli.gateway.provider_keys import read_key
from llmops_cli.gateway.providers.anthropic import open_anthropic
from llmops_cli.gateway.providers.gemini import open_gemini
from llmops_cli.gateway.providers.openai_chat import open_openai_chat
from llmops_cli.gateway.proxies import proxy_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llmops_cli.core.completions import Completion
    from llmops_cli.gateway.http_provider import HttpProvider
    from llmops_cli.gateway.provider import ProviderContext


def fail_with(fault: Fault | None, behaviour: Behaviour | None = None, *, timeout_seconds: float = 20.0) -> Completion:
    async def run() -> Completion:
        async with ProtocolServer(behaviour) as server:
            server.script([fault])
            provider = open_openai_chat(context_for("openai", server.url, timeout_seconds=timeout_seconds))
            try:
                return await provider.complete(ask(model="p/m"))
            finally:
                await provider.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.TIMED_OUT, "answered 408"),
        (Fault.CONFLICT, "answered 409"),
        (Fault.TOO_EARLY, "answered 425"),
        (Fault.SERVER_ERROR, "answered 500"),
        (Fault.BAD_GATEWAY, "answered 502"),
        (Fault.RESET_BEFORE, "connection failed"),
        (Fault.RESET_AFTER, "connection failed|ended after"),
        (Fault.TRUNCATED, "not JSON"),
        (Fault.NOT_JSON, "not JSON"),
    ],
)
def test_what_may_succeed_later_is_marked_retryable(fault: Fault, said: str) -> None:
    with pytest.raises(ProviderError, match=said) as caught:
        fail_with(fault)
    assert caught.value.retryable


@pytest.mark.parametrize(("fault", "status"), [(Fault.BAD_REQUEST, 400), (Fault.UNAUTHORIZED, 401)])
def test_what_is_wrong_with_the_request_itself_is_not_tried_again(fault: Fault, status: int) -> None:
    with pytest.raises((ProviderError, SetupError), match=f"answered {status}") as caught:
        fail_with(fault)
    assert not getattr(caught.value, "retryable", False)


@pytest.mark.parametrize("fault", [Fault.RATE_LIMIT, Fault.OVERLOADED])
def test_a_refusal_for_load_is_told_from_other_errors_with_the_wait_that_was_asked_for(fault: Fault) -> None:
    with pytest.raises(RateLimitedError) as caught:
        fail_with(fault, Behaviour(retry_after="7"))
    assert (caught.value.retryable, caught.value.retry_after_seconds) == (True, 7.0)


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.DRIP])
def test_the_time_for_the_whole_answer_is_limited_also_when_bytes_keep_coming(fault: Fault) -> None:
    with pytest.raises(ProviderError, match=r"no complete answer within 0\.4 s") as caught:
        fail_with(fault, timeout_seconds=0.4)
    assert caught.value.retryable


@pytest.mark.parametrize("fault", [Fault.GZIP_BOMB, Fault.HUGE])
def test_an_answer_that_would_fill_the_memory_is_cut_off(fault: Fault) -> None:
    with pytest.raises(ProviderError, match="larger than 16 MiB") as caught:
        fail_with(fault)
    assert not caught.value.retryable


def test_an_answer_that_is_packed_all_the_same_is_read() -> None:
    assert fail_with(None, Behaviour(gzip=True)).text == "Hello?"


def test_a_large_body_arrives_whole() -> None:
    async def run() -> int:
        async with ProtocolServer() as server:
            endpoint = HttpEndpoint(base_url=server.url, headers={}, timeout_seconds=20, connections=1, environ={})
            document = {"model": "m", "input": "a" * 3_000_000}
            assert (await endpoint.post("/embeddings", json.dumps(document).encode())).status == 200
            await endpoint.close()
            assert "content-length" in server.received[0].headers, "vendors refuse uploads of unknown length"
            return len(server.received[0].body["input"])

    assert asyncio.run(run()) == 3_000_000


def test_an_answer_that_is_not_packed_as_it_says_may_be_asked_for_again() -> None:
    with pytest.raises(ProviderError, match="packed as 'gzip', and is not") as caught:
        fail_with(None, Behaviour(headers={"content-encoding": "gzip"}))
    assert caught.value.retryable


def test_a_header_that_comes_twice_is_one_list() -> None:
    async def run() -> str:
        async with ProtocolServer(Behaviour(headers={"x-request-id": "a\r\nX-Request-Id: b"})) as server:
            endpoint = HttpEndpoint(base_url=server.url, headers={}, timeout_seconds=20, connections=1, environ={})
            answer = await endpoint.post("/embeddings", b'{"model": "m", "input": "a"}')
            await endpoint.close()
            return answer.headers["x-request-id"]

    assert asyncio.run(run()) == "a, b"


def test_a_packing_that_was_not_asked_for_is_an_error() -> None:
    with pytest.raises(ProviderError, match="packed as 'br'"):
        fail_with(None, Behaviour(headers={"content-encoding": "br"}))


def test_a_redirect_is_not_followed_and_the_key_does_not_arrive_elsewhere() -> None:
    async def run() -> int:
        async with ProtocolServer() as thief, ProtocolServer(Behaviour(redirect_to=thief.url)) as server:
            server.script([Fault.REDIRECT])
            provider = open_openai_chat(context_for("openai", server.url))
            with pytest.raises(ProviderError, match=r"redirects \(307\)") as caught:
                await provider.complete(ask(model="p/m"))
            await provider.close()
            assert caught.value.hint == "Put the final address into base_url."
            return thief.count

    assert asyncio.run(run()) == 0


def test_cookies_of_an_answer_are_not_sent_back() -> None:
    async def run() -> None:
        async with ProtocolServer(Behaviour(headers={"set-cookie": "a=b"})) as server:
            provider = open_openai_chat(context_for("openai", server.url))
            for _ in range(2):
                await provider.complete(ask(model="p/m"))
            await provider.close()
            assert [("cookie" in each.headers) for each in server.received] == [False, False]
            assert server.received[0].headers["host"] == server.url.removeprefix("http://")

    asyncio.run(run())


def test_a_host_that_is_not_there_is_retryable_and_named_without_its_path() -> None:
    async def run() -> ProviderError:
        endpoint = HttpEndpoint(
            base_url="http://127.0.0.1:1/v1?key=hunter2",
            headers={},
            timeout_seconds=5,
            connections=1,
            environ={},
        )
        with pytest.raises(ProviderError) as caught:
            await endpoint.post("/x", b"{}")
        await endpoint.close()
        return caught.value

    error = asyncio.run(run())
    assert error.retryable
    assert "hunter2" not in str(error)


def test_connections_are_used_again() -> None:
    async def run() -> int:
        async with ProtocolServer() as server:
            provider = open_openai_chat(context_for("openai", server.url))
            for _ in range(3):
                await provider.complete(ask(model="p/m"))
            connections = len(server.connections)
            await provider.close()
            return connections

    assert asyncio.run(run()) == 1


def test_a_proxy_gets_the_whole_address_and_the_answer_comes_through_it() -> None:
    async def run() -> str:
        async with ProtocolServer() as proxy:
            endpoint = HttpEndpoint(
                base_url="http://model.example/v1",
                headers={},
                timeout_seconds=20,
                connections=1,
                environ={"HTTP_PROXY": proxy.url},
            )
            answer = await endpoint.post("/embeddings", b'{"model": "m", "input": "a"}')
            await endpoint.close()
            assert answer.status == 200
            return proxy.received[0].path

    assert asyncio.run(run()) == "http://model.example/v1/embeddings"


def ask_over_tls(*names: str, until: datetime | None = None, authority: trustme.CA | None = None) -> str:
    """Ask a server with a certificate for `names`; where no authority is given, of one that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (authority or trustme.CA()).issue_cert(*names, not_after=until).configure_cert(context)

    async def run() -> str:
        async with ProtocolServer(tls=context) as server:
            provider = open_openai_chat(context_for("openai", server.url))
            try:
                return (await provider.complete(ask(model="p/m"))).text
            finally:
                await provider.close()

    return asyncio.run(run())


def test_a_certificate_of_the_authority_that_the_environment_names_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert ask_over_tls("127.0.0.1", authority=authority) == "Hello?"
    for names, until, said in (
        (["model.example"], None, "its certificate is for another name"),
        (["127.0.0.1"], datetime.now(UTC) - timedelta(days=1), "its certificate has expired"),
    ):
        with pytest.raises(SetupError, match=f"not trusted: {said}"):
            ask_over_tls(*names, until=until, authority=authority)


def test_a_certificate_of_an_authority_that_nobody_knows_ends_the_run_and_says_what_to_do() -> None:
    with pytest.raises(SetupError, match="issued by an authority that is not known here") as caught:
        ask_over_tls("127.0.0.1")
    assert caught.value.hint == "Is base_url right? SSL_CERT_FILE names a file with an authority of your own."


@pytest.mark.parametrize(("name", "text"), [("missing.pem", None), ("broken.pem", "no certificate")])
def test_certificates_that_cannot_be_read_are_said_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str | None
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / name))
    with pytest.raises(SetupError, match="certificates to trust cannot be read") as caught:
        ask_over_tls("127.0.0.1")
    assert caught.value.where == "SSL_CERT_FILE"


def test_tls_where_the_provider_speaks_none_is_named() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        writer.close()

    async def run() -> None:
        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            provider = open_openai_chat(context_for("openai", url))
            with pytest.raises(ProviderError, match=r"connection failed \(it does not speak TLS there\)"):
                await provider.complete(ask(model="p/m"))
            await provider.close()

    asyncio.run(run())


def test_a_name_without_an_address_and_a_port_without_a_server_are_told_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def ask_at(url: str) -> ProviderError:
        provider = open_openai_chat(context_for("openai", url))
        with pytest.raises(ProviderError) as caught:
            await provider.complete(ask(model="p/m"))
        await provider.close()
        assert caught.value.retryable
        return caught.value

    with socket.socket() as held:
        # bound, and not listening: nobody else gets the port either
        held.bind(("127.0.0.1", 0))
        refused = asyncio.run(ask_at(f"http://127.0.0.1:{held.getsockname()[1]}"))
    assert refused.message == "the connection was refused: nothing listens there."

    def no_address(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # what every resolver says of this name (RFC 6761), without asking one
    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    unknown = asyncio.run(ask_at("https://no-such-host.invalid"))
    assert unknown.message == "no address is known for this name."
    assert "base_url" in (unknown.hint or "")


def test_a_key_comes_from_its_variable_and_goes_only_where_it_belongs() -> None:
    environ = {"OPENAI_API_KEY": " k1 \n", "MY_KEY": "k2", "BROKEN": "a\nb"}
    assert read_key(None, "https://x.example", environ) is None
    assert read_key("OPENAI_API_KEY", "https://api.openai.com/v1", environ) == "k1"
    assert read_key("MY_KEY", "https://proxy.example", environ) == "k2"
    assert read_key("OPENAI_API_KEY", "http://127.0.0.1:4000", environ) == "k1"
    with pytest.raises(SetupError, match=r"belongs to api\.openai\.com and is not sent to evil\.example") as caught:
        read_key("OPENAI_API_KEY", "https://evil.example/api.openai.com", environ)
    assert "LLMOPS_KEY_HOSTS=OPENAI_API_KEY=evil.example" in (caught.value.hint or "")
    allowed = environ | {"LLMOPS_KEY_HOSTS": "OTHER=x.example, OPENAI_API_KEY=proxy.example"}
    assert read_key("OPENAI_API_KEY", "https://proxy.example", allowed) == "k1"
    with pytest.raises(SetupError, match="in clear text"):
        read_key("MY_KEY", "http://proxy.example", environ)
    with pytest.raises(SetupError, match="is not set"):
        read_key("NO_KEY", "https://proxy.example", environ)
    with pytest.raises(SetupError, match="characters that no key has"):
        read_key("BROKEN", "https://proxy.example", environ)


def test_words_that_could_be_keys_are_masked_and_others_stay() -> None:
    text = "Incorrect API key provided: sk-abc123def456ghi7. Model gpt-5-mini is fine, internationalization too."
    assert without_keys(text) == ("Incorrect API key provided: … Model gpt-5-mini is fine, internationalization too.")


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("https://api.example/v1", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://api.example/v1", {"https_proxy": "p:1"}, "http://p:1"),
        ("https://api.example/v1", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("https://api.example/v1", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example"}, None),
        ("https://api.example/v1", {"HTTPS_PROXY": "http://p:1", "no_proxy": "*"}, None),
        ("https://api.example/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://api.example/v1", {"HTTP_PROXY": "http://p:1"}, "http://p:1"),
        ("http://api.example/v1", {"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, None),
        ("http://127.0.0.1:8000/v1", {"ALL_PROXY": "http://p:1"}, None),
    ],
)
def test_the_usual_proxy_variables_hold(url: str, environ: dict[str, str], proxy: str | None) -> None:
    assert proxy_for(url, environ) == proxy


@pytest.mark.parametrize(
    ("open_provider", "protocol", "suffix", "path"),
    [
        (open_anthropic, "anthropic", "", "/v1/messages"),
        (open_anthropic, "anthropic", "/v1", "/v1/messages"),
        (open_anthropic, "anthropic", "/proxy/v1/", "/proxy/v1/messages"),
        (open_gemini, "gemini", "/v1beta", "/v1beta/models/m:generateContent"),
        (open_openai_chat, "openai", "/v1", "/v1/chat/completions"),
    ],
)
def test_a_base_url_may_end_in_the_version_that_the_paths_begin_with(
    open_provider: Callable[[ProviderContext], HttpProvider], protocol: str, suffix: str, path: str
) -> None:
    async def run() -> str:
        async with ProtocolServer() as server:
            context = context_for(protocol, server.url)
            settings = replace(context.settings, base_url=server.url + suffix)
            provider = open_provider(replace(context, settings=settings))
            with suppress(ProviderError):  # the server knows no proxy's paths
                await provider.complete(ask(model="p/m"))
            await provider.close()
            return server.received[0].path

    assert asyncio.run(run()) == path
