"""Clients of other makers, unchanged, read from a running service: OpenFeature (Python, JS), flagd, Langfuse."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from langfuse import Langfuse
from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from release.running import Running, running
from release.samples import NAME, StillClock, intent, publish, release

from llmops_cli.core.canary import gets_candidate
from llmops_cli.core.release_events import Change, EventKind
from llmops_cli.release.apply import apply
from llmops_cli.release.canary_plans import plan_start
from llmops_cli.release.plan import Plan
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.targets.file import FileTarget
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVIRONMENT = "production"
TEXT = "Summarise for {{ name }}."
SCRIPTS = Path(__file__).parent / "js"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    store = SqliteTarget(tmp_path / "releases.db")
    publish(store, release(1, TEXT, variables=["name"]))
    store.close()
    with running(tmp_path / "releases.db", tokens=tmp_path / "tokens.json") as found:
        yield found


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of package.json, 21 MB, from the registry that npm is configured for."""
    if shutil.which("npm") is None:
        pytest.fail("these tests need Node.js 20 with npm")
    folder = tmp_path_factory.mktemp("js")
    shutil.copytree(SCRIPTS, folder, dirs_exist_ok=True)
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def start_canary(service: Running, weight: int) -> None:
    state = load_state(service.target, ENVIRONMENT)
    candidate = release(2)
    plan = Plan(
        environment=ENVIRONMENT,
        revision=state.revision,
        kind=EventKind.CANARY_START,
        intent=intent(),
        changes=(
            Change(
                prompt_id=NAME, before=state.prompts[NAME].stable, after=candidate.ref(), weight=weight, salt="tenth"
            ),
        ),
        releases=(candidate,),
        sentences=("canary",),
    )
    shown(service, apply(plan, service.target, StillClock()).event.revision)


def shown(service: Running, revision: int) -> None:
    while service.hub.revision(ENVIRONMENT) < revision:
        pass


def test_the_openfeature_sdk_for_python_reads_prompts(service: Running) -> None:
    token = service.token("read:production")
    provider = OFREPProvider(
        f"{service.url}/e/{ENVIRONMENT}", headers_factory=lambda: {"Authorization": f"Bearer {token}"}
    )
    api.set_provider(provider)
    client = api.get_client()
    found = client.get_object_details(NAME, {})
    assert (found.variant, str(found.reason), found.error_code) == ("v1", "STATIC", None)
    value: Any = found.value
    assert value["messages"] == [{"role": "user", "content": TEXT}]
    assert found.flag_metadata["revision"] == 1
    start_canary(service, 10)
    for number in range(100):
        key = f"user-{number}"
        details = client.get_object_details(NAME, {}, EvaluationContext(targeting_key=key))
        assert (details.variant == "v2") == gets_candidate("tenth", key, 10)
        assert str(details.reason) == "SPLIT"
    missing = client.get_object_details("no-such-prompt", {"version": "default"})
    assert missing.value == {"version": "default"}
    assert missing.error_code is not None
    api.clear_providers()
    provider.session.close()


def test_the_langfuse_sdk_reads_prompts_with_only_its_host_changed(service: Running) -> None:
    langfuse = Langfuse(
        # the SDK keeps one client per public key and process, with the host that it saw first
        public_key=f"any-{urlsplit(service.url).port}",
        secret_key=service.token("read:*"),
        host=service.url,
        tracing_enabled=False,
    )
    try:
        prompt = langfuse.get_prompt(NAME, type="chat", cache_ttl_seconds=0)
        assert (prompt.version, prompt.labels) == (1, [ENVIRONMENT])
        compiled: Any = prompt.compile(name="Ada")
        assert [(message["role"], message["content"]) for message in compiled] == [("user", "Summarise for Ada.")]
        shown(service, publish(service.target, release(2)).event.revision)
        assert langfuse.get_prompt(NAME, type="chat", label=ENVIRONMENT, cache_ttl_seconds=0).version == 2
        plan = plan_rollback(load_state(service.target, ENVIRONMENT), NAME, service.target, intent())
        shown(service, apply(plan, service.target, StillClock()).event.revision)
        assert langfuse.get_prompt(NAME, type="chat", cache_ttl_seconds=0).version == 1
        assert langfuse.get_prompt(NAME, type="chat", version=2, cache_ttl_seconds=0).labels == []
        fallback: Any = [{"role": "user", "content": "default"}]
        unknown = langfuse.get_prompt("no-such-prompt", type="chat", fallback=fallback, max_retries=0)
        assert unknown.is_fallback
    finally:
        langfuse.shutdown()


def test_the_openfeature_sdk_for_servers_in_javascript_reads_prompts(service: Running, node_modules: Path) -> None:
    arguments = ["node", "read.mjs", "server", service.url, ENVIRONMENT, NAME, service.token("read:production")]
    done = subprocess.run(arguments, cwd=node_modules, capture_output=True, text=True, timeout=60, check=True)
    first, missing = map(json.loads, done.stdout.splitlines())
    assert first == {"version": 1, "variant": "v1", "reason": "STATIC"}
    assert missing["version"] == "default"


def test_the_openfeature_sdk_for_browsers_hears_of_a_rollback(service: Running, node_modules: Path) -> None:
    arguments = ["node", "read.mjs", "web", service.url, ENVIRONMENT, NAME, service.token("read:production")]
    with subprocess.Popen(
        arguments, cwd=node_modules, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["version"] == 1
        while not service.hub.roster.streams().get(ENVIRONMENT):
            pass
        publish(service.target, release(2))
        assert json.loads(process.stdout.readline())["version"] == 2
        apply(
            plan_rollback(load_state(service.target, ENVIRONMENT), NAME, service.target, intent()),
            service.target,
            StillClock(),
        )
        assert json.loads(process.stdout.readline())["version"] == 1
        process.stdin.close()


def test_the_flagd_provider_keeps_a_canary_of_a_tenth_sticky_without_a_server(
    service: Running, node_modules: Path, tmp_path: Path
) -> None:
    start_canary(service, 10)
    with service.http(service.token("read:*")) as http:
        path = tmp_path / "flagd.json"
        path.write_bytes(http.get(f"/v1/environments/{ENVIRONMENT}/flagd.json").content)
    arguments = ["node", "flagd.mjs", str(path), NAME, "1000"]
    done = subprocess.run(arguments, cwd=node_modules, capture_output=True, text=True, timeout=60, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    # this provider hashes by flagd's older rule (no CBOR): the same share, not the same users as the service's
    assert (told["sticky"], told["without"]) == (True, "v1")
    assert set(told["variants"]) == {"v1", "v2"}
    assert 70 < told["variants"].count("v2") < 130


def test_the_flagd_provider_for_python_reads_the_folder_and_divides_users_as_the_service_does(tmp_path: Path) -> None:
    target = FileTarget(tmp_path)
    publish(target, release(1))
    state = load_state(target, ENVIRONMENT)
    apply(plan_start(state, release(2), 10, intent()), target, StillClock())
    candidate = load_state(target, ENVIRONMENT).prompts[NAME].candidate
    assert candidate is not None
    path = tmp_path / "environments" / ENVIRONMENT / "flagd.json"
    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(path))
    api.set_provider(provider)
    client = api.get_client()
    try:
        while client.get_object_details(NAME, {}).variant != "v1":
            pass
        keys = [f"user-{number}" for number in range(2000)]
        variants: list[str | None] = []
        for _ in range(2):
            variants = [
                client.get_object_details(NAME, {}, EvaluationContext(targeting_key=key)).variant for key in keys
            ]
            assert [variant == "v2" for variant in variants] == [
                gets_candidate(candidate.salt, key, candidate.weight) for key in keys
            ], "the same users, whoever decides"
        assert 0.07 < variants.count("v2") / len(keys) < 0.13
        apply(plan_rollback(load_state(target, ENVIRONMENT), NAME, target, intent(), to=1), target, StillClock())
        key = keys[variants.index("v2")]
        while client.get_object_details(NAME, {}, EvaluationContext(targeting_key=key)).variant != "v1":
            pass
    finally:
        api.clear_providers()
