"""An answer that was paid for is found again, by every process, until the limit pushes it out."""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
import threading
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import pytest
from gateway.requests_for_tests import answer, ask

from llmops_cli.core.canonical_json import canonical_json
from llmops_cli.core.completions import CompletionSource, FinishReason
from llmops_cli.core.errors import SetupError
from llmops_cli.gateway.middleware.cache import CachedModel
from llmops_cli.gateway.response_cache import ResponseCache, cache_key

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.core.completions import Completion, CompletionRequest
    from llmops_cli.core.json_value import JsonObject

ECHO: JsonObject = {"protocol": "echo"}


class CountingModel:
    """Answers with its own count, so that a second answer is told from a kept one."""

    def __init__(self, finish_reason: FinishReason = FinishReason.STOP) -> None:
        self.calls = 0
        self.finish_reason = finish_reason

    async def complete(self, request: CompletionRequest) -> Completion:
        del request
        self.calls += 1
        return replace(answer(str(self.calls)), finish_reason=self.finish_reason, cost_usd=0.5)


def keep(cache: ResponseCache, request: CompletionRequest, completion: Completion) -> str:
    key = cache_key(request, canonical_json(ECHO))
    cache.put(key, completion)
    cache.write()
    return key.text


def test_a_kept_answer_comes_back_as_it_was_and_marked(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "x" / "cache.sqlite")
    model = CountingModel()
    cached = CachedModel(model, cache, lambda _request: ECHO)
    first = asyncio.run(cached.complete(ask()))
    second = asyncio.run(cached.complete(ask()))
    assert (first.source, first.cost_usd) == (CompletionSource.LIVE, 0.5)
    assert second == replace(first, source=CompletionSource.CACHE)
    assert model.calls == 1
    cache.close()


def test_repeats_and_other_providers_have_answers_of_their_own(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "cache.sqlite")
    model = CountingModel()
    cached = CachedModel(model, cache, lambda _request: {"endpoint": "a"})
    elsewhere = CachedModel(model, cache, lambda _request: {"endpoint": "b"})
    texts = [asyncio.run(cached.complete(ask(trial=trial))).text for trial in (0, 1, 0)]
    texts.append(asyncio.run(elsewhere.complete(ask())).text)
    assert texts == ["1", "2", "1", "3"]
    cache.close()


def test_without_reading_answers_are_only_kept_and_filtered_ones_never(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "cache.sqlite")
    write_only = CachedModel(CountingModel(), cache, lambda _request: ECHO, read=False)
    assert [asyncio.run(write_only.complete(ask())).text for _ in range(2)] == ["1", "2"]
    filtered = CachedModel(CountingModel(FinishReason.CONTENT_FILTER), cache, lambda _request: ECHO)
    assert [asyncio.run(filtered.complete(ask("Bad?"))).text for _ in range(2)] == ["1", "2"]
    cache.close()


def test_a_provider_that_cannot_be_named_here_is_not_cached(tmp_path: Path) -> None:
    def identity(_request: CompletionRequest) -> JsonObject:
        message = "not installed"
        raise SetupError(message)

    cache = ResponseCache(tmp_path / "cache.sqlite")
    assert asyncio.run(CachedModel(CountingModel(), cache, identity).complete(ask())).text == "1"
    assert not cache.path.exists()


def test_the_least_recently_used_answers_go_first(tmp_path: Path) -> None:
    ticks = count()
    cache = ResponseCache(tmp_path / "cache.sqlite", limit_bytes=5000, clock=lambda: float(next(ticks)))
    keys = [keep(cache, ask(str(n)), answer("x" * 1000)) for n in range(3)]
    assert cache.get(keys[0]) is not None
    keys += [keep(cache, ask(str(n)), answer("x" * 1000)) for n in range(3, 5)]
    assert [cache.get(key) is not None for key in keys] == [True, False, False, True, True]
    assert cache.summary().size_bytes <= 5000
    cache.close()


def test_the_cache_explains_itself_and_can_be_emptied(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "cache.sqlite", clock=lambda: 7.0)
    assert (cache.summary().answers, cache.explain("sha256:ab"), cache.clear()) == (0, (), 0)
    assert not cache.path.exists()
    keep(cache, ask(), answer())
    keep(cache, ask(trial=1), answer())
    assert dict(cache.summary().by_model) == {"echo/any": 2}
    rows = cache.explain(ask().digest()[:19])
    assert [(row.trial, row.model, row.provider, row.stored_at) for row in rows] == [
        (0, "echo/any", ECHO, 7.0),
        (1, "echo/any", ECHO, 7.0),
    ]
    assert cache.explain("sha256:%") != ()
    assert cache.clear() == 2
    assert cache.summary().answers == 0
    cache.close()


@pytest.mark.parametrize("data", [b"not a database, but longer than the header of one is" * 40, None])
def test_a_damaged_file_or_one_of_another_version_is_started_afresh(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "cache.sqlite"
    if data is not None:
        path.write_bytes(data)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
    cache = ResponseCache(path)
    key = keep(cache, ask(), answer())
    assert cache.get(key) is not None
    cache.close()


def test_answers_that_are_not_written_yet_are_there_already(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "cache.sqlite")
    key = cache_key(ask(), canonical_json(ECHO))
    cache.put(key, answer())
    assert not cache.path.exists()
    assert cache.get(key.text) == replace(answer(), source=CompletionSource.CACHE)
    assert cache.summary().answers == 1
    for number in range(16):
        cache.put(cache_key(ask(str(number)), canonical_json(ECHO)), answer())
    other = ResponseCache(cache.path)
    assert other.summary().answers == 17
    other.close()
    cache.close()


def test_a_row_that_cannot_be_read_is_a_miss(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "cache.sqlite")
    key = keep(cache, ask(), answer())
    cache.close()
    with sqlite3.connect(cache.path) as connection:
        connection.execute("UPDATE answers SET completion = '{}'")
    connection.close()
    assert cache.get(key) is None
    cache.close()


def test_a_place_that_cannot_hold_a_cache_is_a_set_up_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = ResponseCache(tmp_path / "file" / "cache.sqlite")
    with pytest.raises(SetupError, match="cache cannot be used"):
        keep(cache, ask(), answer())


def _write_many(path: Path, worker: int) -> None:
    cache = ResponseCache(path, limit_bytes=200_000)
    for n in range(200):
        key = keep(cache, ask(f"{worker} {n % 120}"), answer(f"{worker} {n % 120}" + "x" * 500))
        kept = cache.get(key)
        assert kept is None or kept.text.startswith(f"{worker} {n % 120}")
    cache.close()


def test_two_processes_share_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=partial(_write_many, path, worker)) for worker in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    cache = ResponseCache(path, limit_bytes=200_000)
    assert 0 < cache.summary().size_bytes <= 200_000 + 1000
    cache.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_file_that_another_process_is_making_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE something (value INTEGER)")
    releasing = threading.Timer(0.3, other.execute, ["COMMIT"])
    releasing.start()
    cache = ResponseCache(path)
    key = cache_key(ask(), canonical_json(ECHO))
    cache.put(key, answer())
    cache.write()
    assert cache.get(key.text) is not None
    releasing.join()
    cache.close()
    other.close()
