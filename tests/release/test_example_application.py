"""The example application of the docs, through a publish, a rollback and an outage."""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from release.running import running
from release.samples import intent, publish, release

from llmops_cli.release.apply import apply
from llmops_cli.release.clock import SystemClock
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "summary_service.py"


def example() -> Any:
    spec = importlib.util.spec_from_file_location("summary_service", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def application(environ: dict[str, str]) -> Iterator[httpx.Client]:
    """Run the application on a port of its own; the second step ends it."""
    server = uvicorn.Server(
        uvicorn.Config(example().create_app(environ), port=0, log_level="critical", ws="none", lifespan="on")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as http:
        yield http
    server.should_exit = True
    thread.join(20)
    yield http


def asked(http: httpx.Client) -> tuple[int, str, str]:
    told = http.post("/summaries", json={"email": "Dear all"}).json()
    return told["prompt"]["version"], told["prompt"]["source"], told["messages"][0]["content"]


def test_the_example_goes_through_a_publish_a_rollback_and_an_outage(tmp_path: Path) -> None:
    first = release(1, "One: {{ email }}", variables=["email"])
    store = SqliteTarget(tmp_path / "releases.db")
    publish(store, first)
    store.close()
    environ = {"PROMPTS_CACHE": str(tmp_path / "cache")}
    with running(tmp_path / "releases.db") as service:
        environ["PROMPTS_URL"] = service.url
        app = application(environ)
        http = next(app)
        assert asked(http) == (1, "service", "One: Dear all")
        publish(service.target, release(2, "Two: {{ email }}", variables=["email"]))
        while asked(http)[0] == 1:
            pass
        assert asked(http) == (2, "service", "Two: Dear all")
        plan = plan_rollback(load_state(service.target, "production"), first.prompt_id, service.target, intent())
        apply(plan, service.target, SystemClock())
        while asked(http)[0] == 2:
            pass
        assert asked(http) == (1, "service", "One: Dear all")
    assert asked(http) == (1, "service", "One: Dear all"), "the service is gone, the prompt is not"
    while not http.get("/health").json()["problem"]:
        pass
    next(app)
    restarted = application(environ)
    http = next(restarted)
    assert asked(http) == (1, "disk", "One: Dear all")
    next(restarted)
    elsewhere = application({**environ, "PROMPTS_CACHE": str(tmp_path / "nothing")})
    http = next(elsewhere)
    assert asked(http) == (0, "code", "Summarise this e-mail in one sentence:\nDear all")
    next(elsewhere)
