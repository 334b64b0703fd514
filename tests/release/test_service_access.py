"""Every route, every scope, every state of a token; hostile paths, hosts and bodies. The store never changes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from release.running import Running, running
from release.samples import NAME, publish, release

from llmops_cli.core.release_events import EventKind
from llmops_cli.release.service.entry import Access, Entry
from llmops_cli.release.service.grants import SCOPE_OF_EVENT, Scope
from llmops_cli.release.service.routes import ROUTES
from llmops_cli.release.service.token_file import revoke_token
from llmops_cli.release.service.tokens import looks_like_token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

PARTS = {"environment": "production", "prompt": NAME, "version": "1", "key:path": NAME, "name": NAME}
REFUSED = {401, 429}
"""429 after many wrong tokens from one address, which these tests send."""

STATES = ("none", "garbage", "revoked", "expired", "another environment", "another prompt", "good")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("service")
    with running(folder / "releases.db", tokens=folder / "tokens.json", heartbeat_seconds=0.2) as found:
        publish(found.target, release(1), release(1, name="other"))
        publish(found.target, release(1), environment="staging")
        token = found.token("read:*")
        with found.http(token) as http:
            for name in ("production", "staging"):
                while http.get(f"/v1/environments/{name}/state").status_code != 200:
                    pass
        yield found


@pytest.fixture(scope="module")
def secrets_of(service: Running) -> dict[tuple[Scope, str], str]:
    """A token per scope and state."""
    made: dict[tuple[Scope, str], str] = {}
    for scope in Scope:
        made[scope, "none"] = ""
        made[scope, "garbage"] = "llmops_" + "A" * 49
        made[scope, "revoked"] = service.token(f"{scope}:*", name=f"{scope} revoked")
        made[scope, "expired"] = service.token(f"{scope}:*", days=-1)
        made[scope, "another environment"] = service.token(f"{scope}:staging")
        made[scope, "another prompt"] = service.token(f"{scope}:production:other")
        made[scope, "good"] = service.token(f"{scope}:production")
        assert service.tokens is not None
        revoke_token(service.tokens, f"{scope} revoked")
    # the service looks at the file at most once a second
    with service.http(made[Scope.READ, "good"]) as http:
        while http.get("/v1/environments").status_code != 200:
            pass
    return made


def send(http: httpx.Client, entry: Entry) -> int:
    path = entry.path
    for name, value in PARTS.items():
        path = path.replace("{" + name + "}", value)
    if entry.method == "POST":
        return http.post(path, json={}).status_code
    with http.stream("GET", path) as response:
        return response.status_code


def expected(entry: Entry, scope: Scope, state: str) -> set[int]:
    if entry.access is Access.OPEN:
        return {200}
    if state in ("none", "garbage", "revoked", "expired"):
        return REFUSED
    if entry.access is Access.WRITE:
        # an empty body is a bad request for whoever may write at all
        return {400} if scope is not Scope.READ and state != "another environment" else {403}
    if state == "another environment":
        # the environment is in the path, or in the label that is the default
        return {403} if "{environment}" in entry.path or "{name}" in entry.path else {200}
    if state == "another prompt":
        shows_one = "{prompt}" in entry.path or "{key:path}" in entry.path or "{name}" in entry.path
        writes = scope is not Scope.READ
        # 400: whoever writes may read the log, and has to say from where
        return {403, 404} if shows_one else ({400} if writes else {403}) if entry.path.endswith("/log") else {200}
    return {400} if entry.path.endswith("/log") else {200}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scope", list(Scope))
def test_a_route_answers_whom_the_table_says_and_nobody_else(
    service: Running, secrets_of: dict[tuple[Scope, str], str], scope: Scope, state: str
) -> None:
    with service.http(secrets_of[scope, state]) as http:
        for entry in ROUTES:
            assert send(http, entry) in expected(entry, scope, state), (entry.method, entry.path)


def test_a_token_for_some_prompts_sees_no_other_anywhere(
    service: Running, secrets_of: dict[tuple[Scope, str], str]
) -> None:
    with service.http(secrets_of[Scope.READ, "another prompt"]) as http:
        for entry in ROUTES:
            if entry.method == "GET" and "stream" not in entry.media_type and entry.access is not Access.OPEN:
                path = entry.path.replace("{environment}", "production").replace("{version}", "1")
                path = path.replace("{prompt}", "other").replace("{name}", "other")
                answer = http.get(path)
                assert NAME not in answer.text, path
        flags = http.post("/e/production/ofrep/v1/evaluate/flags", json={}).json()["flags"]
        assert [flag["key"] for flag in flags] == ["other"]


def test_every_kind_of_event_needs_a_scope() -> None:
    assert set(SCOPE_OF_EVENT) == set(EventKind)
    on_call = {kind for kind, scope in SCOPE_OF_EVENT.items() if scope is Scope.ROLLBACK}
    assert on_call == {
        EventKind.ROLLBACK,
        EventKind.CANARY_ABORT,
        EventKind.HOLD,
        EventKind.DISABLE,
        EventKind.FREEZE,
    }


def test_basic_authentication_takes_the_token_as_password(service: Running) -> None:
    token = service.token("read:production")
    assert looks_like_token(token)
    with service.http(auth=("anybody", token)) as http:
        assert http.get("/").status_code == 200
    with service.http(auth=(token, "x")) as http:
        answer = http.get("/")
        assert answer.status_code in REFUSED


def test_a_ticket_opens_its_stream_and_nothing_else(service: Running) -> None:
    with service.http(service.token("read:*")) as http:
        streams = http.post("/e/production/ofrep/v1/evaluate/flags", json={}).json()["eventStreams"]
    uri = streams[0]["endpoint"]["requestUri"]
    with service.http() as http:
        with http.stream("GET", uri) as stream:
            assert stream.status_code == 200
        for other in (
            uri.replace("production", "staging"),
            uri.replace("/events", "/state"),
            uri[:-1] + ("0" if uri[-1] != "0" else "1"),
        ):
            assert http.get(other).status_code in REFUSED


def raw(service: Running, request: bytes) -> bytes:
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize(
    "path",
    [
        "/v1/environments/production/prompts/..%2F..%2Fetc%2Fpasswd",
        "/v1/environments/production/prompts/%2e%2e",
        "/v1/environments/production/prompts/summarize-email%00",
        "/v1/environments/production/../production/state",
        "/v1//environments",
        "/v1/environments/",
        "/v1\\environments",
        "/v1/environments/production/prompts/summarize%2Demail",
        "/v1/environments/production/prompts/ä",
        "/" + "a" * 2000,
    ],
)
def test_tricks_in_paths_are_refused(service: Running, path: str) -> None:
    answer = raw(service, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400")), answer[:80]


@pytest.mark.parametrize("host", ["evil.example.org", "localhost.evil.example.org", "", "localhost\r\nHost: localhost"])
def test_other_names_are_not_answered(service: Running, host: str) -> None:
    answer = raw(service, f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith((b"HTTP/1.1 421", b"HTTP/1.1 400")), answer[:80]


BODIES = {
    "nothing": b"",
    "no object": b"[]",
    "no JSON": b"<html>",
    "twice the same key": b'{"context":{},"context":{}}',
    "an unknown field": b'{"contxt":{}}',
    "NaN": b'{"context":{"targetingKey":NaN}}',
    "deep": b'{"context":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "a number for a text": b'{"context":{"targetingKey":7}}',
    "half a surrogate": b'{"context":{"targetingKey":"\\ud800"}}',
    "UTF-16": '{"context":{}}'.encode("utf-16"),
}


@pytest.mark.parametrize("body", BODIES)
def test_hostile_bodies_are_bad_requests(service: Running, body: str) -> None:
    before = service.target.read_state("production")
    headers = {"Content-Type": "application/json"}
    with service.http(service.token("admin:*")) as http:
        for path in ("/e/production/ofrep/v1/evaluate/flags", f"/e/production/ofrep/v1/evaluate/flags/{NAME}"):
            answer = http.post(path, content=BODIES[body], headers=headers)
            assert answer.status_code == 400
            assert answer.json()["errorDetails"]
        answer = http.post("/v1/environments/production/changes", content=BODIES[body], headers=headers)
        assert answer.status_code == 400, answer.text
    assert service.target.read_state("production") == before


def test_bodies_that_are_large_compressed_or_of_another_type_are_refused(service: Running) -> None:
    with service.http(service.token("admin:*")) as http:
        path = "/e/production/ofrep/v1/evaluate/flags"
        kind = {"Content-Type": "application/json"}
        assert http.post(path, content=b" " * (1 << 20) + b"{}", headers=kind).status_code == 413
        assert http.post(path, content=b"{}", headers={**kind, "Content-Encoding": "gzip"}).status_code == 415
        assert http.post(path, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
        assert http.request("GET", "/v1/environments", content=b"{}").status_code == 400
        assert http.get("/v1/environments?x=1").status_code == 400
        assert http.delete("/v1/environments").status_code == 405
        assert http.options("/v1/environments", headers={"Origin": "https://evil.example"}).status_code == 405
        answer = http.post("/v1/environments/production/changes", json={}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_access_log_and_the_metrics_tell_no_secret(service: Running) -> None:
    token = service.token("read:*")
    with service.http(token) as http:
        http.get("/v1/environments/production/state?after=0&secret-in-a-query=1")
        http.get("/" + "x" * 30 + "-not-a-route")
        text = http.get("/metrics").text
    assert "llmops_environment_revision" in text
    for line in [*service.log, text]:
        assert token not in line
        assert "secret-in-a-query" not in line
        assert "not-a-route" not in line
    assert {"at", "method", "route", "status", "milliseconds", "bytes", "client"} <= set(service.lines()[-1])


def test_a_service_without_tokens_reads_and_never_writes(tmp_path: Path) -> None:
    with running(tmp_path / "releases.db") as service, service.http() as http:
        assert http.get("/v1/environments").status_code == 200
        assert http.post("/v1/environments/production/changes", json={}).status_code == 403


def test_too_many_wrong_tokens_are_slowed_down_and_right_ones_are_not(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    with running(tmp_path / "releases.db", tokens=tokens) as service:
        good = service.token("read:*")
        with service.http("wrong") as http:
            answers = [http.get("/v1/environments").status_code for _ in range(40)]
        assert answers[0] == 401
        assert answers[-1] == 429
        with service.http(good) as http:
            while http.get("/v1/environments").status_code != 200:
                pass
