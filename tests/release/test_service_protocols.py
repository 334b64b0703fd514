"""The native protocol: tags, long polls, streams that resume, refused changes, pages, an orderly end."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families
from release.running import Running, running
from release.samples import NAME, intent, publish, publish_plan, release

from llmops_cli.client.event_stream import revisions
from llmops_cli.core.release_events import Change, EventKind
from llmops_cli.release.apply import event_of
from llmops_cli.release.plan import Plan
from llmops_cli.release.reading import load_state
from llmops_cli.release.service.routes import ROUTES
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from llmops_cli.core.json_value import JsonObject

STATE = "/v1/environments/production/state"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    store = SqliteTarget(tmp_path / "releases.db")
    publish(store, release(1))
    store.close()
    with running(tmp_path / "releases.db", tokens=tmp_path / "tokens.json", heartbeat_seconds=0.1) as found:
        yield found


def test_a_tag_saves_the_body_until_something_changes(service: Running) -> None:
    with service.http(service.token("read:*")) as http:
        for path in ("state", "snapshot", "flagd.json", f"prompts/{NAME}"):
            answer = http.get(f"/v1/environments/production/{path}")
            assert answer.headers["etag"] == '"production.1"'
            assert "stale-if-error" in answer.headers["cache-control"]
            again = http.get(f"/v1/environments/production/{path}", headers={"If-None-Match": '"production.1"'})
            assert (again.status_code, again.content) == (304, b"")
        publish(service.target, release(2))
        while http.get(STATE, headers={"If-None-Match": '"production.1"'}).status_code == 304:
            pass
        assert http.get(STATE).headers["etag"] == '"production.2"'


def test_a_long_poll_answers_with_the_next_revision(service: Running) -> None:
    with service.http(service.token("read:*")) as http:
        assert http.get(f"{STATE}?after=1&wait=1").status_code == 304
        timer = threading.Timer(0.2, publish, (service.target, release(2)))
        timer.start()
        assert http.get(f"{STATE}?after=1&wait=20").json()["revision"] == 2
        timer.join()


def test_a_stream_tells_of_each_revision_beats_and_resumes(service: Running) -> None:
    with service.http(service.token("read:*")) as http:
        path = "/v1/environments/production/events"
        with http.stream("GET", path) as stream:
            told = revisions(stream.iter_raw())
            assert next(told) == 1
            assert next(told) == 1, "a heartbeat"
            publish(service.target, release(2))
            assert next(revision for revision in told if revision != 1) == 2
        publish(service.target, release(3))
        with http.stream("GET", path, headers={"Last-Event-ID": "2"}) as stream:
            assert next(revision for revision in revisions(stream.iter_raw()) if revision != 2) == 3


def test_streams_and_polls_end_when_the_service_does(service: Running) -> None:
    with (
        service.http(service.token("read:*")) as http,
        http.stream("GET", "/v1/environments/production/events") as stream,
    ):
        service.server.should_exit = True
        assert b"".join(stream.iter_raw()).startswith(b"retry:")


def send(http: httpx.Client, service: Running, plan: Plan, **changed: str) -> httpx.Response:
    event = event_of(plan, load_state(service.target, plan.environment), at="2026-11-23T03:00:00.000Z")
    body: JsonObject = {"event": event.as_json(), "releases": [item.as_json() for item in plan.releases]}
    headers = {"If-Match": f'"production.{event.revision - 1}"', "Idempotency-Key": event.key, **changed}
    return http.post("/v1/environments/production/changes", json=body, headers=headers)


def plan_of(service: Running, kind: EventKind, *changes: Change, **rest: object) -> Plan:
    revision = load_state(service.target, "production").revision
    return Plan(
        environment="production",
        revision=revision,
        kind=kind,
        intent=intent(),
        changes=changes,
        sentences=("change",),
        **rest,  # type: ignore[arg-type]
    )


def test_a_change_is_made_once_and_told_again(service: Running) -> None:
    with service.http(service.token("publish:production")) as http:
        plan = publish_plan(service.target, release(2))
        event = event_of(plan, load_state(service.target, "production"), at="2026-11-23T03:00:00.000Z")
        body: JsonObject = {"event": event.as_json(), "releases": [item.as_json() for item in plan.releases]}
        headers = {"If-Match": '"production.1"', "Idempotency-Key": event.key}
        path = "/v1/environments/production/changes"
        first, second = (http.post(path, json=body, headers=headers) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json()["head"] == second.json()["head"] == event.digest()
        assert second.json()["repeated"] is True
        other = http.post(path, json={**body, "event": {**event.as_json(), "reason": "other"}}, headers=headers)
        assert other.status_code == 409
        assert other.json()["error"]["revision"] == 2


def test_a_change_that_breaks_a_rule_changes_nothing(service: Running) -> None:
    before = service.target.read_state("production")
    stable = load_state(service.target, "production").prompts[NAME].stable
    never = release(9)
    with service.http(service.token("admin:production")) as http:
        unmeasured = release(2)
        object.__setattr__(unmeasured, "evidence", None)
        refused = send(http, service, publish_plan(service.target, unmeasured))
        assert refused.status_code == 422
        assert "no passing eval" in refused.json()["error"]["message"]
        back = plan_of(service, EventKind.ROLLBACK, Change(prompt_id=NAME, before=stable, after=never.ref()))
        assert send(http, service, back).status_code in (422, 503)
        missing = plan_of(service, EventKind.PUBLISH, Change(prompt_id=NAME, before=stable, after=never.ref()))
        assert send(http, service, missing).status_code == 503
        change = Change(prompt_id=NAME, before=stable, after=never.ref())
        stray = plan_of(service, EventKind.PUBLISH, change, releases=(never, release(8, name="stray")))
        assert send(http, service, stray).status_code == 422
        reused = release(1, "other content")
        assert send(http, service, publish_plan(service.target, reused)).status_code == 422
        good = publish_plan(service.target, release(2))
        assert send(http, service, good, **{"If-Match": '"production.7"'}).status_code == 400
        assert send(http, service, good, **{"Idempotency-Key": "another"}).status_code == 400
    assert service.target.read_state("production") == before


def test_whoever_is_on_call_rolls_back_and_publishes_nothing(service: Running) -> None:
    publish(service.target, release(2))
    with service.http(service.token("rollback:production:summarize-*")) as http:
        assert send(http, service, publish_plan(service.target, release(3))).status_code == 403
        freeze = plan_of(service, EventKind.FREEZE)
        assert send(http, service, freeze).status_code == 403, "the whole environment is more than its prompts"
        assert send(http, service, plan_of(service, EventKind.DISABLE, Change(prompt_id=NAME))).status_code == 201
        assert send(http, service, plan_of(service, EventKind.ENABLE, Change(prompt_id=NAME))).status_code == 403


def test_the_pages_show_what_is_live_and_run_nothing(service: Running) -> None:
    publish(service.target, release(2, "<script>alert(1)</script> \u202e Summarise, version 2."))
    with service.http(service.token("read:*")) as http:
        while "v2" not in http.get("/").text:
            pass
        page, history = http.get("/"), http.get(f"/status/production/{NAME}")
    for answer in (page, history):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text
        assert "Ada" in answer.text
    assert "0.900" in page.text
    assert "&lt;script&gt;" in history.text
    assert "&lt;U+202E&gt;" in history.text
    assert "<del>" in history.text or "<ins>" in history.text


def test_a_damaged_release_is_left_out_and_told(service: Running, tmp_path: Path) -> None:
    publish(service.target, release(1, name="other"))
    with sqlite3.connect(tmp_path / "releases.db") as connection:
        connection.execute(
            "UPDATE releases SET data = CAST(replace(data, 'Summarise', 'Ignore') AS BLOB) WHERE prompt_id = 'other'"
        )
    connection.close()
    with running(tmp_path / "releases.db") as second, second.http() as http:
        prompts = http.get(STATE).json()["prompts"]
        assert set(prompts) == {NAME}
        assert http.get("/readyz").json()["unusable_releases"] == 1
        assert "cannot be served" in http.get("/").text.lower()
        assert http.get("/v1/prompts/other/releases/1").status_code == 503


def test_the_openapi_document_is_valid_and_has_every_route(service: Running) -> None:
    with service.http(service.token("read:*")) as http:
        document = http.get("/openapi.json").json()
    validate(document)
    assert document["openapi"].startswith("3.1")
    for entry in ROUTES:
        assert entry.method.lower() in document["paths"][entry.path.replace(":path", "")]


def test_prometheus_reads_the_metrics(service: Running) -> None:
    with service.http(service.token("admin:*")) as http:
        http.get(STATE)
        assert send(http, service, publish_plan(service.target, release(2))).status_code == 201
        answer = http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    kinds = {name: family.type for name, family in families.items()}
    assert kinds["llmops_http_requests"] == "counter"
    assert kinds["llmops_http_request_seconds"] == "histogram"
    values = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert values["llmops_environment_revision", "production"] == 2
    assert values["llmops_changes_total", "production", "publish"] == 1
    assert values["llmops_store_up",] == 1
    assert all(family.documentation for family in families.values())
    for name in [name for name, *_ in values if name.endswith("_bucket")]:
        assert name == "llmops_http_request_seconds_bucket"
    # long polls and streams wait on purpose, and are not timed
    state = "/v1/environments/{environment}/changes"
    total = values["llmops_http_request_seconds_count", state]
    assert values["llmops_http_request_seconds_bucket", *sorted(["+Inf", state])] == total >= 1
