"""The client through everything: changes, canaries, outages, damaged files, hostile answers."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from release.mutations import mutated
from release.reliability.hostile_server import Good, hostile_server
from release.running import Running, running
from release.samples import NAME, StillClock, intent, publish, release

from llmops_cli.client import AsyncPromptClient, PromptClient, PromptUnavailableError, Source, code_prompt
from llmops_cli.client.disk import DiskCopy
from llmops_cli.client.follower import LONGEST_PAUSE_SECONDS, Follower
from llmops_cli.client.transport import Answer, FetchError, Transport
from llmops_cli.core.errors import InvalidFileError, UsageError
from llmops_cli.core.release_events import Change, EventKind
from llmops_cli.core.snapshot import Snapshot, parse_snapshot
from llmops_cli.core.strict_document import DocumentError
from llmops_cli.release.apply import apply
from llmops_cli.release.plan import Plan
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.snapshots import load_snapshot
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from llmops_cli.core.release_target import Target

ENVIRONMENT = "production"


def change(target: Target, kind: EventKind, item: Change, *releases: object) -> int:
    state = load_state(target, ENVIRONMENT)
    plan = Plan(
        environment=ENVIRONMENT,
        revision=state.revision,
        kind=kind,
        intent=intent(),
        changes=(item,),
        releases=releases,  # type: ignore[arg-type]
        sentences=("change",),
    )
    return apply(plan, target, StillClock()).event.revision


def roll_back(target: Target) -> int:
    plan = plan_rollback(load_state(target, ENVIRONMENT), NAME, target, intent())
    return apply(plan, target, StillClock()).event.revision


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    store = SqliteTarget(tmp_path / "releases.db")
    publish(store, release(1, "Hello {{ name }}", variables=["name"]))
    store.close()
    with running(tmp_path / "releases.db", heartbeat_seconds=0.2) as found:
        yield found


def test_a_publish_and_a_rollback_reach_the_application_while_it_runs(service: Running, tmp_path: Path) -> None:
    with PromptClient(service.url, cache_folder=tmp_path / "cache") as client:
        first = client.get(NAME)
        assert (first.version, first.revision, first.source) == (1, 1, Source.SERVICE)
        assert first.digest == release(1, "Hello {{ name }}", variables=["name"]).digest
        assert [message.content for message in first.render(name="Ada")] == ["Hello Ada"]
        publish(service.target, release(2))
        assert client.wait_for(2, 10)
        assert client.get(NAME).version == 2
        assert client.wait_for(roll_back(service.target), 10)
        assert client.get(NAME).version == 1
        assert first.version == 1, "what an application holds does not change under its hands"
        with service.http() as http:
            while True:
                told = http.get(f"/v1/environments/{ENVIRONMENT}/clients").json()
                if told == {"confirmed": 1, "connected": 1, "revision": 3}:
                    break


def test_rendering_is_strict(service: Running) -> None:
    with PromptClient(service.url) as client:
        prompt = client.get(NAME)
        with pytest.raises(InvalidFileError, match="no value"):
            prompt.render()
        with pytest.raises(InvalidFileError, match="no variable"):
            prompt.render(name="Ada", nam="Ada")
        with pytest.raises(InvalidFileError, match="type string"):
            prompt.render(name=7)


def test_a_canary_is_sticky_and_as_large_as_asked(service: Running) -> None:
    candidate = release(2)
    stable = load_state(service.target, ENVIRONMENT).prompts[NAME].stable
    item = Change(prompt_id=NAME, before=stable, after=candidate.ref(), weight=10, salt="salt")
    change(service.target, EventKind.CANARY_START, item, candidate)
    with PromptClient(service.url) as client:
        assert client.wait_for(2, 10)
        given = {f"user-{n}": client.get(NAME, targeting_key=f"user-{n}").version for n in range(2000)}
        assert 0.07 < sum(version == 2 for version in given.values()) / len(given) < 0.13
        assert all(client.get(NAME, targeting_key=key).version == version for key, version in given.items())
        assert client.get(NAME).version == 1, "without a key the stable release"
        with service.http() as http:
            for key in list(given)[:50]:
                path = f"/v1/environments/{ENVIRONMENT}/prompts/{NAME}"
                told = http.get(path, params={"targeting_key": key}).json()["release"]["version"]
                assert told == given[key]


def test_the_kill_switch_gives_the_default_of_the_code(service: Running) -> None:
    default = code_prompt(NAME, ("user", "Hi {{ name }}"), model="local/tiny", variables=["name"])
    with PromptClient(service.url) as client:
        assert client.get(NAME, default=default).source is Source.SERVICE
        client.wait_for(change(service.target, EventKind.DISABLE, Change(prompt_id=NAME)), 10)
        assert client.get(NAME, default=default).source is Source.CODE
        assert client.get(NAME, default=default).render(name="Ada")[0].content == "Hi Ada"
        with pytest.raises(PromptUnavailableError, match="disabled"):
            client.get(NAME)
        client.wait_for(change(service.target, EventKind.ENABLE, Change(prompt_id=NAME)), 10)
        assert client.get(NAME).source is Source.SERVICE


def test_an_unknown_prompt_gets_a_name_that_is_near(service: Running) -> None:
    with PromptClient(service.url) as client, pytest.raises(PromptUnavailableError, match=NAME):
        client.get("summarise-email")


async def _async_reads(url: str) -> int:
    async with AsyncPromptClient(url) as client:
        assert await client.wait_for(1, 10)
        assert client.status().source is Source.SERVICE
        return (await client.get(NAME)).version


def test_the_async_client_reads_the_same(service: Running) -> None:
    assert asyncio.run(_async_reads(service.url)) == 1


def test_an_outage_changes_nothing_and_a_restart_starts_from_disk(service: Running, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with PromptClient(service.url, cache_folder=cache) as client:
        assert client.get(NAME).source is Source.SERVICE
    with PromptClient("http://127.0.0.1:9", cache_folder=cache) as other, pytest.raises(PromptUnavailableError):
        other.get(NAME)
    kept = next(cache.iterdir())
    dead = DiskCopy.of(cache, "http://127.0.0.1:9", ENVIRONMENT).path
    kept.rename(dead)
    with PromptClient("http://127.0.0.1:9", cache_folder=cache) as client:
        prompt = client.get(NAME)
        assert (prompt.source, prompt.version, prompt.render(name="Ada")[0].content) == (Source.DISK, 1, "Hello Ada")
        assert prompt.age_seconds >= 0
        client.wait_until_loaded(10)
        assert "cannot be reached" in client.status().problem


def test_a_cold_start_without_service_and_disk_reads_the_bundle(service: Running, tmp_path: Path) -> None:
    bundle = tmp_path / "prompts.bundle"
    bundle.write_bytes(load_snapshot(service.target, ENVIRONMENT).data())
    with PromptClient("http://127.0.0.1:9", cache_folder=tmp_path / "none", bundle=bundle) as client:
        assert (client.get(NAME).source, client.get(NAME).version) == (Source.BUNDLE, 1)
    bundle.write_bytes(bundle.read_bytes()[:-5])
    with PromptClient("http://127.0.0.1:9", use_disk=False, bundle=bundle) as client:
        default = code_prompt(NAME, ("user", "x"), model="local/tiny")
        assert client.get(NAME, default=default).source is Source.CODE
        assert "the bundle is not used" in client.status().problem


def test_a_copy_damaged_at_any_byte_is_not_used(service: Running, tmp_path: Path) -> None:
    copy = DiskCopy(tmp_path / "copy.snapshot", ENVIRONMENT)
    copy.write(load_snapshot(service.target, ENVIRONMENT), 1000.0)
    whole = copy.path.read_bytes()
    good = copy.read()
    assert good is not None
    random_bytes = random.Random(5)  # noqa: S311 - to repeat it
    for at in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << random_bytes.randrange(8)
        copy.path.write_bytes(damaged)
        try:
            found = copy.read()
        except DocumentError:
            continue
        assert found is not None
        # the time alone is not covered by the hash: it is for people
        assert found.snapshot == good.snapshot
    for length in range(0, len(whole), 7):
        copy.path.write_bytes(whole[:length])
        with pytest.raises(DocumentError):
            copy.read()


class Wire(Transport):
    """A transport that answers what a test says."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        super().__init__("http://127.0.0.1:1", None)
        self.answers = dict(answers)
        self.down = False
        self.asked = 0
        self.tag = '"x"'

    def get(self, path: str, *, headers: Mapping[str, str], largest: int, wait_seconds: float = 0.0) -> Answer:  # noqa: ARG002 - the port
        self.asked += 1
        if self.down:
            message = "the service cannot be reached (ConnectError)"
            raise FetchError(message)
        body = self.answers[path.rpartition("/")[2].partition("?")[0]]
        if len(body) > largest:
            message = "the answer is larger"
            raise FetchError(message)
        return Answer(status=200, etag=self.tag, body=body)


def follower_on(wire: Wire, clock: list[float]) -> Follower:
    jitter = random.Random(1).random  # noqa: S311 - to repeat it
    found = Follower(environment=ENVIRONMENT, transport=wire, disk=None, clock=lambda: clock[0], jitter=jitter)
    found._streams = False
    return found


def snapshots(folder: Path, count: int) -> list[Snapshot]:
    store = SqliteTarget(folder / "made.db")
    made = []
    for version in range(1, count + 1):
        publish(store, release(version), release(version, name="other"))
        made.append(load_snapshot(store, ENVIRONMENT))
    store.close()
    return made


def answers_of(snapshot: Snapshot) -> dict[str, bytes]:
    releases = {str(item.version): item.data() for item in snapshot.releases.values() if item.prompt_id == NAME}
    return {"snapshot": snapshot.data(), "state": snapshot.state.data(), **releases}


def test_an_outage_of_72_hours_is_survived_and_ends_within_a_minute(tmp_path: Path) -> None:
    first, second = snapshots(tmp_path, 2)
    wire, clock = Wire(answers_of(first)), [1_000_000.0]
    follower = follower_on(wire, clock)
    follower.attempt()
    wire.down = True
    asked = wire.asked
    end = clock[0] + 72 * 3600
    while clock[0] < end:
        clock[0] += follower.attempt()
        assert follower.memory.plain[NAME].version == 1
        assert follower.memory.plain[NAME].source is Source.SERVICE
    assert follower.memory.plain[NAME].age_seconds >= 72 * 3600
    assert wire.asked - asked < 72 * 3600 / (LONGEST_PAUSE_SECONDS / 2) + 20
    wire.down = False
    wire.answers = answers_of(second)
    follower.memory = replace(follower.memory, releases=second.releases)
    back = clock[0]
    while follower.memory.floor < 2:
        clock[0] += follower.attempt()
    assert clock[0] - back < 60
    assert follower.memory.plain[NAME].age_seconds < 60


def test_an_older_revision_is_never_taken_over(tmp_path: Path) -> None:
    first, second = snapshots(tmp_path, 2)
    wire = Wire(answers_of(second))
    follower = follower_on(wire, [0.0])
    follower.attempt()
    wire.answers = answers_of(first)
    follower.attempt()
    assert follower.memory.plain[NAME].version == 2
    assert "older" in follower.problem
    other = replace(second, state=replace(second.state, head="sha256:" + "0" * 64))
    wire.answers = answers_of(other)
    follower.attempt()
    assert "another one" in follower.problem


def test_what_an_answer_leaves_out_is_kept(tmp_path: Path) -> None:
    first, second = snapshots(tmp_path, 2)
    wire = Wire(answers_of(first))
    follower = follower_on(wire, [0.0])
    follower.attempt()
    prompts = {NAME: second.state.prompts[NAME]}
    part = replace(
        second,
        state=replace(second.state, prompts=prompts),
        releases={record: item for record, item in second.releases.items() if item.prompt_id == NAME},
    )
    wire.answers = answers_of(part)
    follower.attempt()
    assert {name: item.version for name, item in follower.memory.plain.items()} == {NAME: 2, "other": 1}


def test_a_state_that_exchanges_releases_is_refused(tmp_path: Path) -> None:
    first, second = snapshots(tmp_path, 2)
    wire = Wire(answers_of(first))
    follower = follower_on(wire, [0.0])
    follower.attempt()
    known = first.state.prompts
    exchanged = replace(second.state, prompts={NAME: known["other"], "other": known[NAME]})
    wire.answers = {**answers_of(second), "state": exchanged.data()}
    follower.attempt()
    assert "the state names summarize-email-v1 as other-v1" in follower.problem
    assert {name: item.prompt.id for name, item in follower.memory.plain.items()} == {NAME: NAME, "other": "other"}


def test_a_revision_that_its_tag_does_not_name_is_refused(tmp_path: Path) -> None:
    first, second = snapshots(tmp_path, 2)
    for tag, taken in (
        ('"production.2"', True),
        ('W/"production.2"', True),
        ('"production.2.0123456789ab"', True),
        ('"of-a-file-server"', True),
        ("", True),
        ('"production.3"', False),
        ('"staging.2"', False),
    ):
        wire = Wire(answers_of(first))
        follower = follower_on(wire, [0.0])
        follower.attempt()
        # both prompts are new, and the wire knows the releases of one: the whole snapshot is asked for
        follower.memory = replace(follower.memory, releases=second.releases)
        wire.answers, wire.tag = answers_of(second), tag
        follower.attempt()
        assert (follower.memory.floor == 2) is taken, tag
        assert ("entity tag" in follower.problem) is not taken, tag


def _answer(change: Callable[[Good], bytes]) -> Answer:
    good = Good(body=b'{"revision":1}', etag='"production.1"', others=())
    with hostile_server(lambda _: change(good)) as server:
        transport = Transport(server.url, None)
        try:
            return transport.get("/v1", headers={}, largest=100)
        finally:
            transport.close()


def test_an_answer_that_was_damaged_on_its_way_is_refused() -> None:
    assert _answer(Good.whole).body == b'{"revision":1}'
    with pytest.raises(FetchError, match="damaged on its way"):
        _answer(lambda good: good.head(good.body) + b'{"revision":9}')
    # a file server tells no digest, another service one that is not known here
    assert _answer(lambda good: good.head(good.body, Repr_Digest=b"") + good.body).status == 200
    assert _answer(lambda good: good.head(good.body, Repr_Digest=b"sha-512=:AAAA:") + good.body).status == 200


@pytest.mark.parametrize("tag", [b"\xff\xfe", b"production.1", b'"two" "tags"', b'"' + b"x" * 5000 + b'"'])
def test_a_tag_that_is_none_is_not_sent_back(tag: bytes) -> None:
    assert _answer(lambda good: good.head(good.body, ETag=tag) + good.body).etag == ""


def test_thousands_of_mutated_answers_never_make_a_wrong_prompt(tmp_path: Path) -> None:
    first, second = snapshots(tmp_path, 2)
    allowed = {snapshot.releases[record].digest for snapshot in (first, second) for record in snapshot.releases}
    source = random.Random(7)  # noqa: S311 - to repeat it
    good = answers_of(second)
    for _ in range(300):
        wire = Wire(answers_of(first))
        follower = follower_on(wire, [0.0])
        follower.attempt()
        for _ in range(8):
            wire.answers = {
                name: mutated(body, source) if source.random() < 0.6 else body for name, body in good.items()
            }
            follower.attempt()
            for prompt in follower.memory.plain.values():
                assert prompt.digest in allowed
                assert prompt.prompt.digest() == prompt.digest
            assert set(follower.memory.plain) == {NAME, "other"}
    for _ in range(2000):
        data = mutated(good["snapshot"], source)
        try:
            found = parse_snapshot(data, ENVIRONMENT)
        except DocumentError:
            continue
        assert {item.digest for item in found.releases.values()} <= allowed


@pytest.mark.parametrize(
    ("url", "token"),
    [("ftp://x", None), ("http://", None), ("http://u:p@127.0.0.1", None), ("http://prompts.example.org", "secret")],
)
def test_addresses_that_are_none_or_would_leak_are_refused(url: str, token: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        PromptClient(url, token=token)
    assert "secret" not in str(refused.value)


def test_readers_during_publishes_and_rollbacks_see_whole_releases_that_only_move_on(service: Running) -> None:
    publish(service.target, release(2), release(1, name="other"))
    known: dict[int, set[tuple[str, str]]] = {}
    seen: list[tuple[int, str, str]] = []
    with PromptClient(service.url) as client:
        assert client.wait_for(2, 10)
        for version in range(3, 23):
            publish(service.target, release(version), release(version, name="other"))
            if version % 4 == 0:
                roll_back(service.target)
            for _ in range(500):
                memory = client._follower.memory
                prompt, other = memory.plain[NAME], memory.plain["other"]
                assert prompt.revision == other.revision, "one revision at a time"
                seen.append((prompt.revision, prompt.digest, other.digest))
        last = load_state(service.target, ENVIRONMENT).revision
        assert client.wait_for(last, 10)
    for revision, digest, other_digest in seen:
        known.setdefault(revision, set()).add((digest, other_digest))
    assert all(len(pairs) == 1 for pairs in known.values()), "a revision is one state"
    assert [revision for revision, _, _ in seen] == sorted(revision for revision, _, _ in seen)
