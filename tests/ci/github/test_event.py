"""The event that started a workflow: 60 real payloads, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.ci.github.event import EventKind, load_event, parse_event
from llmops_cli.core.errors import SetupError, UsageError

PAYLOADS = Path(__file__).parent / "events"
REAL = sorted(PAYLOADS.glob("*/*.json"))
UNDERSTOOD = {kind.value for kind in EventKind}
HELLO = "Codertocat/Hello-World"
ONE = "1" * 40
TWO = "2" * 40


def pull_request(**changes: Any) -> dict[str, Any]:
    head = {"sha": TWO, "repo": {"full_name": "owner/repo"}}
    request = {"number": 7, "user": {"login": "ada"}, "base": {"sha": ONE, "ref": "main"}, "head": head}
    return {"number": 7, "pull_request": request | changes, "repository": {"full_name": "owner/repo"}}


def parsed(name: str, payload: object) -> Any:
    return parse_event(name, json.dumps(payload).encode())


def test_all_real_payloads_are_here() -> None:
    assert len(REAL) == 60


@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_real_payload_is_read_or_refused_by_its_event(path: Path) -> None:
    name, data = path.parent.name, path.read_bytes()
    payload = json.loads(data)
    if name not in UNDERSTOOD:
        with pytest.raises(UsageError, match=name):
            parse_event(name, data)
        return

    event = parse_event(name, data)

    assert event.kind == name
    assert event.repository == payload["repository"]["full_name"]
    if name == "pull_request":
        request = payload["pull_request"]
        assert (event.base, event.head) == (request["base"]["sha"], request["head"]["sha"])
        assert (event.pull_request, event.author) == (request["number"], request["user"]["login"])
        assert not event.from_fork
    elif name == "push":
        zeros = "0" * 40
        assert event.base == (None if payload["before"] == zeros else payload["before"])
        assert event.head == (None if payload["after"] == zeros else payload["after"])
        assert (event.deleted, event.tag) == (payload["deleted"], payload["ref"].startswith("refs/tags/"))
    elif name == "merge_group":
        assert (event.base, event.head) == (payload["merge_group"]["base_sha"], payload["merge_group"]["head_sha"])
        assert (event.pull_request, event.base_branch) == (104, "main")
    else:
        assert (event.base, event.head) == (None, None)


def test_a_head_in_another_repository_comes_from_a_fork() -> None:
    payload = pull_request(head={"sha": TWO, "repo": {"full_name": "someone/repo"}})

    assert parsed("pull_request", payload).from_fork


def test_a_head_whose_repository_is_gone_comes_from_a_fork() -> None:
    assert parsed("pull_request", pull_request(head={"sha": TWO, "repo": None})).from_fork


def test_the_name_of_a_repository_is_the_same_in_any_case() -> None:
    payload = pull_request(head={"sha": TWO, "repo": {"full_name": "Owner/Repo"}})

    assert not parsed("pull_request", payload).from_fork


def test_a_schedule_names_no_commits() -> None:
    event = parse_event("schedule", b'{"schedule": "0 3 * * *"}', repository="owner/repo")

    assert (event.kind, event.base, event.head) == (EventKind.SCHEDULE, None, None)


@pytest.mark.parametrize("name", ["pull_request_target", "workflow_run"])
def test_events_that_hand_secrets_to_a_fork_are_refused_with_the_reason(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsed(name, pull_request())
    assert refused.value.hint is not None
    assert "use pull_request" in refused.value.hint


@pytest.mark.parametrize(
    "payload",
    [
        [],
        {},
        pull_request(base={"sha": "main; rm -rf /"}),
        pull_request(base={"sha": "0" * 40}),
        pull_request(head={"repo": None}),
        pull_request() | {"number": True, "pull_request": {"number": -1}},
        pull_request() | {"repository": {"full_name": "../../evil"}},
        pull_request() | {"repository": {"full_name": "owner/repo/issues?x="}},
    ],
)
def test_what_github_never_sends_is_refused(payload: object) -> None:
    with pytest.raises(SetupError, match="not what GitHub sends"):
        parsed("pull_request", payload)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_bytes_that_are_no_json_are_refused(data: bytes) -> None:
    with pytest.raises(SetupError, match="its JSON"):
        parse_event("push", data)


def test_outside_of_github_the_error_says_what_to_run_instead() -> None:
    with pytest.raises(SetupError) as refused:
        load_event({})
    assert refused.value.hint is not None
    assert "llmops gate" in refused.value.hint


def test_a_file_that_is_not_there_is_a_set_up_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        load_event({"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(tmp_path / "none.json")})
