"""Trials on a real Ray of two nodes with a worker each: the run is the one that this process would have made."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmops_cli.commands._eval_executor import RemoteWork, remote_work, shared_limits
from llmops_cli.commands._eval_options import EvalOptions
from llmops_cli.commands._eval_plan import plan_runs
from llmops_cli.commands._gateway_settings import gateway_settings
from llmops_cli.commands._invocation import Invocation
from llmops_cli.commands._workspace import Workspace
from llmops_cli.core.errors import LlmopsError, ProviderError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.evals.selection import Selection
from llmops_cli.gateway.assembly import open_gateway
from llmops_cli.gateway.gateway_settings import AnswerMode
from llmops_cli.registry.project_file import ProjectSettings, ProviderSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmops_cli.evals.job import EvalJob

HAS_RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="Ray is 80 MB and an extra: .ci/ray installs it and runs these")

KEY = "sk-a-secret-of-this-test"

PROMPT = """\
id: shout
version: 1
model:
  name: {model}
  temperature: 0
variables:
  text: {{type: string}}
messages:
  - role: user
    content: "{{{{ text }}}}"
"""

SUITE = """\
prompt: shout
cases: cases/shout.jsonl
metrics:
  - metric: equals
  - metric: max_words
    limit: 4
"""

PROGRAM = """\
import json, os, pathlib, signal, sys, time
request = json.load(sys.stdin)
text = request["messages"][-1]["content"]
time.sleep(float(os.environ.get("PAUSE", "0")))
# who asked, and on which node: a worker's parent is the daemon of its node
node = pathlib.Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1]
with pathlib.Path(os.environ["LLMOPS_TEST_CALLS"]).open("a") as calls:
    calls.write(f"{os.getppid()}/{node} {text}\\n")
if text.startswith("kill"):
    os.kill(os.getppid(), 9)
print(json.dumps({"text": text}))
"""


class Place:
    """A repository beside a Ray cluster of two nodes."""

    def __init__(self, root: Path, environ: dict[str, str], address: str) -> None:
        self.root = root
        self.environ = environ
        self.address = address

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def command(self, *arguments: str, executor: str) -> list[str]:
        on = ["--executor", "ray", "--ray-address", self.address] if executor == "ray" else []
        return [sys.executable, "-m", "llmops_cli", "eval", "--allow-unknown-price", *on, *arguments]

    def eval(self, *arguments: str, executor: str = "ray", **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments, executor=executor),
            cwd=self.root,
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    def figures(self) -> bytes:
        """Return the figures of the only run, and forget the run."""
        (path,) = (self.root / ".llmops" / "runs").glob("*/run.json")
        figures = path.read_bytes()
        shutil.rmtree(self.root / ".llmops")
        return figures

    def trials(self) -> list[dict[str, object]]:
        (path,) = (self.root / ".llmops" / "runs").glob("*/journal.jsonl")
        return [json.loads(line) for line in path.read_bytes().splitlines()[1:]]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Start a cluster of two nodes, one CPU each, with a home of its own: there Ray keeps the token that lets a run in.

    Both nodes are on this machine, each with a daemon, an object store and a worker of its own.
    """
    home = tmp_path_factory.mktemp("ray-home")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "LLMOPS_"))},
        "HOME": str(home),
        "RAY_USAGE_STATS_ENABLED": "0",
        "LLMOPS_TEST_CALLS": str(home / "calls"),
        "LLMOPS_COMMAND_OWN": f"{sys.executable} program.py",
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # a short path: Ray's sockets are below it, and their names may have 107 letters
    folder = tmp_path_factory.mktemp("r")
    address = f"127.0.0.1:{port}"
    head = ["--head", "--port", str(port), "--include-dashboard", "false"]
    log = (home / "log").open("wb")
    nodes: list[subprocess.Popen[bytes]] = []
    here = {**environ, "TMPDIR": str(folder)}
    try:
        for place in (head, ["--address", address]):
            start = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *place]
            options = ["--num-cpus", "1", "--object-store-memory", "100000000"]
            nodes.append(subprocess.Popen([*start, *options], env=here, stdout=log, stderr=log))
            _until(lambda: len(_alive(address, here)) == len(nodes), nodes, home / "log")
        yield address, environ
    finally:
        for node in reversed(nodes):
            node.terminate()
            node.wait(timeout=60)
        log.close()


def _alive(address: str, environ: dict[str, str]) -> list[str]:
    """Return the nodes of the cluster that are up."""
    asked = "import ray, sys; ray.init(sys.argv[1]); print(*(n['NodeID'] for n in ray.nodes() if n['Alive']))"
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) != 0:
            return []
    done = subprocess.run(
        [sys.executable, "-c", asked, address], env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout.split()


def _until(ready: Callable[[], bool], nodes: list[subprocess.Popen[bytes]], log: Path) -> None:
    for _ in range(100):
        assert all(node.poll() is None for node in nodes), log.read_text()
        if ready():
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture
def place(cluster: tuple[str, dict[str, str]], tmp_path: Path) -> Place:
    address, environ = cluster
    root = tmp_path / "repository"
    place = Place(root, environ, address)
    place.write("llmops.yaml", project())
    place.write("prompts/shout.yaml", PROMPT.format(model="echo/echo"))
    place.write("evals/shout.yaml", SUITE)
    place.write("evals/cases/shout.jsonl", cases([f"say {number}" for number in range(40)]))
    (root / ".git").mkdir()
    return place


def project(**providers: dict[str, object]) -> str:
    return json.dumps({"providers": providers}) if providers else "{}"


def cases(texts: list[str]) -> str:
    rows = (
        {"id": f"case-{n:03d}", "variables": {"text": text}, "expected": "else" if n % 7 == 0 else text}
        for n, text in enumerate(texts)
    )
    return "".join(json.dumps(row) + "\n" for row in rows)


def with_program(place: Place, texts: list[str]) -> Path:
    """Make the prompt's model a program that keeps who asked it what; return where."""
    place.write("program.py", PROGRAM)
    place.write("llmops.yaml", project(own={"protocol": "command", "concurrency": 4}))
    place.write("prompts/shout.yaml", PROMPT.format(model="own/program"))
    place.write("evals/cases/shout.jsonl", cases(texts))
    calls = Path(place.environ["LLMOPS_TEST_CALLS"])
    calls.unlink(missing_ok=True)
    return calls


@needs_ray
@pytest.mark.ray
def test_a_run_on_two_workers_has_the_bytes_of_a_run_in_one_process(place: Place) -> None:
    here = place.eval("--repeats", "2", executor="async")
    figures = place.figures()
    there = place.eval("--repeats", "2")
    assert "Ray: 2 workers, 2 CPUs on 2 nodes" in there.stderr
    assert place.figures() == figures
    assert there.returncode == here.returncode == ExitCode.INCOMPARABLE


@needs_ray
@pytest.mark.ray
def test_both_nodes_take_part_and_what_is_under_way_stays_within_the_providers_concurrency(place: Place) -> None:
    calls = with_program(place, [f"say {number}" for number in range(12)])
    there = place.eval("--no-cache")
    assert there.returncode == ExitCode.INCOMPARABLE, there.stderr
    asked = [line.split(" ", 1) for line in calls.read_text().splitlines()]
    assert sorted(text for _, text in asked) == sorted(f"say {number}" for number in range(12))
    workers = {tuple(who.split("/")) for who, _ in asked}
    assert len({worker for worker, _ in workers}) == len({node for _, node in workers}) == 2, asked


@needs_ray
@pytest.mark.ray
def test_a_missing_recording_is_the_same_errored_trial_there_as_here(place: Place) -> None:
    with_program(place, [f"say {number}" for number in range(6)])
    assert place.eval("--record", executor="async").returncode == ExitCode.INCOMPARABLE
    shutil.rmtree(place.root / ".llmops")
    place.write("evals/cases/shout.jsonl", cases([f"say {number}" for number in range(8)]))
    here = place.eval("--replay", executor="async")
    errors = {str(trial) for trial in place.trials() if "error" in trial}
    figures = place.figures()
    there = place.eval("--replay")
    assert len(errors) == 2
    assert {str(trial) for trial in place.trials() if "error" in trial} == errors
    assert place.figures() == figures
    assert (there.returncode, there.stdout.splitlines()[-1]) == (here.returncode, here.stdout.splitlines()[-1])


@needs_ray
@pytest.mark.ray
def test_a_worker_without_the_key_ends_the_run_with_a_setup_error_and_no_key_is_sent(place: Place) -> None:
    place.write(
        "llmops.yaml",
        project(far={"protocol": "openai", "base_url": "http://127.0.0.1:9/v1", "api_key": {"env": "FAR_KEY"}}),
    )
    place.write("prompts/shout.yaml", PROMPT.format(model="far/model"))
    done = place.eval(FAR_KEY=KEY)
    assert done.returncode == ExitCode.SETUP_MISSING, done.stderr
    assert "the environment variable FAR_KEY is not set" in done.stderr
    assert "keys are not sent" in " ".join(done.stderr.split())
    assert KEY not in done.stderr + done.stdout
    # nothing was measured, so nothing is there to be resumed wrongly
    assert place.trials() == []


@needs_ray
@pytest.mark.ray
def test_a_budget_stops_a_run_on_the_cluster_and_the_same_command_goes_on(place: Place) -> None:
    calls = with_program(place, [f"say {number}" for number in range(12)])
    place.eval("--no-cache", executor="async")
    figures = without_latencies(place.figures())
    calls.unlink()
    stopped = place.eval("--no-cache", "--max-calls", "5")
    assert stopped.returncode == ExitCode.INCONCLUSIVE, stopped.stderr
    assert len(calls.read_text().splitlines()) == 5
    assert place.eval("--no-cache").returncode == ExitCode.INCOMPARABLE
    assert len(calls.read_text().splitlines()) == 12
    assert without_latencies(place.figures()) == figures


@needs_ray
@pytest.mark.ray
def test_ctrl_c_ends_the_calls_that_are_under_way_and_the_same_command_goes_on(place: Place) -> None:
    calls = with_program(place, [f"say {number}" for number in range(12)])
    place.write("program.py", PROGRAM.replace("time.sleep(", "time.sleep(1 + "))
    process = subprocess.Popen(
        place.command("--no-cache", executor="ray"),
        cwd=place.root,
        env=place.environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not calls.exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "the same command goes on" in said
    before = len(calls.read_text().splitlines())
    time.sleep(1.5)  # programs that were under way would have written by now
    assert len(calls.read_text().splitlines()) == before < 12
    assert place.eval("--no-cache").returncode == ExitCode.INCOMPARABLE
    assert len(place.trials()) == 12


@needs_ray
@pytest.mark.ray
def test_a_lost_worker_costs_its_own_trials_only(place: Place) -> None:
    with_program(place, [*(f"say {number}" for number in range(9)), "kill"])
    done = place.eval("--no-cache", "--concurrency", "2")
    lost = [trial for trial in place.trials() if "the Ray worker that had this trial was lost" in str(trial)]
    assert "Traceback" not in done.stderr
    assert len(place.trials()) == 10
    assert 1 <= len(lost) <= 2


@needs_ray
@pytest.mark.ray
def test_an_address_where_nobody_answers_is_found_out_at_once(place: Place) -> None:
    place.address = "127.0.0.1:9"
    done = place.eval()
    assert done.returncode == ExitCode.SETUP_MISSING
    assert "no Ray cluster answers" in done.stderr


def without_latencies(figures: bytes) -> object:
    """Return the figures without what really differs between two runs of a program: how long it took."""

    def bare(value: object) -> object:
        if isinstance(value, dict):
            return {name: bare(each) for name, each in value.items() if "latenc" not in name}
        return [bare(each) for each in value] if isinstance(value, list) else value

    return bare(json.loads(figures))


@pytest.mark.skipif(HAS_RAY, reason="Ray is installed here")
def test_without_ray_the_next_step_is_said(tmp_path: Path) -> None:
    place = Place(tmp_path, dict(os.environ), "local")
    place.write("prompts/shout.yaml", PROMPT.format(model="echo/echo"))
    place.write("evals/shout.yaml", SUITE)
    place.write("evals/cases/shout.jsonl", cases(["say it"]))
    done = place.eval()
    assert done.returncode == ExitCode.SETUP_MISSING
    assert 'pip install "llmops-cli[ray]"' in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--executor", "ray"], "needs a cluster"),
        (["--ray-address", "local"], "--ray-address needs --executor ray"),
        (["--executor", "ray", "--ray-address", "local", "--record"], "leave --record"),
        (["--executor", "ray", "--ray-address", "ray://head:10001"], "is no address of a Ray cluster"),
    ],
)
def test_what_cannot_be_asked_for_is_a_usage_error(tmp_path: Path, arguments: list[str], said: str) -> None:
    place = Place(tmp_path, {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}, "")
    place.write("prompts/shout.yaml", PROMPT.format(model="echo/echo"))
    place.write("evals/shout.yaml", SUITE)
    place.write("evals/cases/shout.jsonl", cases(["say it"]))
    done = place.eval(*arguments, executor="async")
    assert (done.returncode, said in " ".join(done.stderr.split())) == (ExitCode.USAGE, True), done.stderr


def every_error(of: type[LlmopsError] = LlmopsError) -> Iterator[type[LlmopsError]]:
    yield of
    for each in of.__subclasses__():
        yield from every_error(each)


# what asks GitHub or a target of releases never runs on a worker
TRAVELLERS = [
    each
    for each in every_error()
    if not each.__module__.startswith(("llmops_cli.ci.", "llmops_cli.release.", "llmops_cli.core.release_target"))
]


@pytest.mark.parametrize("error_class", TRAVELLERS, ids=lambda each: each.__name__)
def test_every_error_survives_the_trip_between_processes(error_class: type[LlmopsError]) -> None:
    error = error_class("what is wrong.", where="somewhere", hint="What to do.")
    if isinstance(error, ProviderError):
        error.retryable, error.retry_after_seconds = True, 2.5
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - ours
    assert (type(back), str(back), vars(back)) == (error_class, str(error), vars(error))


def test_what_is_sent_to_workers_names_variables_and_holds_no_key(tmp_path: Path) -> None:
    place = Place(tmp_path, {}, "")
    place.write(
        "llmops.yaml",
        project(far={"protocol": "openai", "base_url": "http://127.0.0.1:9/v1", "api_key": {"env": "FAR_KEY"}}),
    )
    place.write("prompts/shout.yaml", PROMPT.format(model="far/model"))
    place.write("evals/shout.yaml", SUITE)
    place.write("evals/cases/shout.jsonl", cases(["say it"]))
    console = io.StringIO()
    workspace = Workspace(Invocation(stdout=console, stderr=console, environ={"FAR_KEY": KEY}, folder=tmp_path))
    options = EvalOptions(
        prompts=("shout",), models=(), selection=Selection(), mode=AnswerMode.AUTO, allow_unknown_price=True
    )

    async def sent() -> tuple[RemoteWork, EvalJob]:
        async with open_gateway(gateway_settings(workspace, options)) as gateway:
            (planned,) = plan_runs(workspace, options, gateway)
            return remote_work(workspace, planned.job, options, gateway), planned.job

    work, job = asyncio.run(sent())
    assert work.usable == ("far/model",)
    assert b"FAR_KEY" in pickle.dumps(work)
    assert KEY.encode() not in pickle.dumps((work, job))


def test_workers_share_what_a_provider_takes() -> None:
    whole = ProviderSettings(name="far", protocol="openai", requests_per_minute=100, concurrency=5)
    part = shared_limits(ProjectSettings(providers={"far": whole}), 3).providers["far"]
    assert (part.requests_per_minute, part.tokens_per_minute, part.concurrency) == (33, None, 2)
