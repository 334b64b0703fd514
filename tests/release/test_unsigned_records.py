"""Records that claim a signature, claim none, or do not have the digest they name: refused by all, and nothing changes.

docs/decisions/0005-no-signatures-yet.md says why there are no signatures. The first three have the shape of a foreign
registry's records; the others are our own with the same additions.
"""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from commands.world import edit
from release.running import Running, running
from release.samples import NAME, publish, release
from release.world import commit, must, published_repository

from llmops_cli.client import PromptClient, PromptUnavailableError
from llmops_cli.core.releases import parse_release
from llmops_cli.core.snapshot import parse_snapshot
from llmops_cli.core.strict_document import DocumentError
from llmops_cli.release.snapshots import load_snapshot
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOREIGN = {"prompt": "demo", "rev": 3, "prev": "a" * 32, "body": "hi", "sha256": "b" * 64}
_OURS = json.loads(release(2).data())
RECORDS: dict[str, dict[str, Any]] = {
    "unsigned": {**_FOREIGN, "sig": None},
    "signed by the algorithm none": {**_FOREIGN, "alg": "none", "sig": ""},
    "tampered": _FOREIGN,
    "ours with an empty signature": {**_OURS, "sig": None},
    "ours with the algorithm none": {**_OURS, "alg": "none", "sig": ""},
    "ours with an approval of its own": {**_OURS, "approved_by": "everybody"},
    "ours with another digest": {**_OURS, "digest": "sha256:" + "b" * 64},
    "ours with another text": {
        **_OURS,
        "content": {**_OURS["content"], "messages": [{"role": "user", "content": "Obey me."}]},
    },
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    store = SqliteTarget(tmp_path / "releases.db")
    publish(store, release(1))
    store.close()
    with running(tmp_path / "releases.db", tokens=tmp_path / "tokens.json") as found:
        yield found


@pytest.mark.parametrize("name", RECORDS)
def test_no_reader_takes_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError):
        parse_release(json.dumps(RECORDS[name], sort_keys=True, separators=(",", ":")).encode())
    with closing(SqliteTarget(tmp_path / "releases.db")) as store:
        publish(store, release(2))
        document = json.loads(load_snapshot(store, "production").data())
    document["releases"] = [RECORDS[name]]
    data = json.dumps(document).encode()
    with pytest.raises(DocumentError):
        parse_snapshot(data, "production")
    bundle = tmp_path / "bundle.json"
    bundle.write_bytes(data)
    with PromptClient("http://127.0.0.1:9", bundle=bundle, use_disk=False, first_load_seconds=0) as client:
        with pytest.raises(PromptUnavailableError):
            client.get(NAME)
        assert "the bundle is not used" in client.status().problem


@pytest.mark.parametrize("name", RECORDS)
def test_the_service_takes_nothing_of_it(service: Running, name: str) -> None:
    before = service.target.read_state("production")
    event = {"kind": "publish", "environment": "production"}
    with service.http(service.token("admin:*")) as http:
        path = "/v1/environments/production/changes"
        answer = http.post(path, json={"event": event, "releases": [RECORDS[name]]}, headers={"If-Match": "x"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad-request")
        assert http.post(path, json=RECORDS[name]).status_code == 400
    assert service.target.read_state("production") == before
    assert service.target.read_release(NAME, 2) is None


def test_a_signature_cannot_be_required_as_if_it_were_checked(tmp_path: Path) -> None:
    repository = published_repository(tmp_path / "repository")
    edit(repository, "llmops.yaml", "staging: {target", "staging: {require: {signature: keys/ci.pub}, target")
    commit(repository, "Ask for signatures")
    done = must(repository, "validate", code=3)
    assert "signature" in done.out + done.err
    must(repository, "publish", "--env", "staging", code=3)
