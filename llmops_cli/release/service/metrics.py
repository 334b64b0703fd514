"""What Prometheus reads from `/metrics`: requests, streams, revisions, changes, refusals, memory."""

from __future__ import annotations

import resource
from bisect import bisect_left
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_cli import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmops_cli.core.release_events import EventKind
    from llmops_cli.release.service.callers import Doorkeeper
    from llmops_cli.release.service.hub import Hub

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; long polls and streams are not measured, they last as long as their readers want."""

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters of one process. Labels come from the route table and the store, never from a request."""

    def __init__(self) -> None:
        """Start at zero."""
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self._seconds: Counter[str] = Counter()
        self._changes: Counter[tuple[str, str]] = Counter()

    def answered(self, route: str, method: str, status: int, seconds: float | None) -> None:
        """Count a request; `seconds` is None for one that waited on purpose."""
        self._requests[route, method, status] += 1
        if seconds is not None:
            counts = self._buckets.setdefault(route, [0] * (len(BUCKETS) + 1))
            counts[bisect_left(BUCKETS, seconds)] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]  # a Counter of seconds

    def changed(self, environment: str, kind: EventKind, *, repeated: bool) -> None:
        """Count a change that was made; a repeated one was counted when it was."""
        if not repeated:
            self._changes[environment, kind.value] += 1

    def text(self, hub: Hub, door: Doorkeeper, environments: Iterable[str]) -> str:
        """Return everything in the text format of Prometheus; environments are those that the caller may see."""
        shown = tuple(environments)
        return "\n".join([*self._request_lines(), *self._service_lines(hub, door, shown), ""])

    def _request_lines(self) -> Iterator[str]:
        yield from _head("llmops_http_requests_total", "counter", "Requests by route, method and status.")
        for (route, method, status), count in sorted(self._requests.items()):
            labels = _labels(route=route, method=method, status=str(status))
            yield f"llmops_http_requests_total{labels} {count}"
        yield from _head("llmops_http_request_seconds", "histogram", "Time to answer, without waiting on purpose.")
        for route, counts in sorted(self._buckets.items()):
            total = 0
            for limit, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
                total += count
                yield f"llmops_http_request_seconds_bucket{_labels(route=route, le=limit)} {total}"
            yield f"llmops_http_request_seconds_sum{_labels(route=route)} {self._seconds[route]:.6f}"
            yield f"llmops_http_request_seconds_count{_labels(route=route)} {total}"

    def _service_lines(self, hub: Hub, door: Doorkeeper, environments: tuple[str, ...]) -> Iterator[str]:
        yield from _head("llmops_environment_revision", "gauge", "The revision that is served.")
        for name in environments:
            yield f"llmops_environment_revision{_labels(environment=name)} {hub.revision(name)}"
        yield from _head("llmops_unusable_releases", "gauge", "Releases that are named and cannot be served.")
        for name in environments:
            view = hub.views.get(name)
            yield f"llmops_unusable_releases{_labels(environment=name)} {len(view.problems) if view else 0}"
        yield from _head("llmops_streams", "gauge", "Open streams of changes.")
        streams = hub.roster.streams()
        for name in environments:
            yield f"llmops_streams{_labels(environment=name)} {streams.get(name, 0)}"
        yield from _head("llmops_clients_current", "gauge", "Connected clients that serve the newest revision.")
        for name in environments:
            current, _ = hub.roster.clients_at(name, hub.revision(name))
            yield f"llmops_clients_current{_labels(environment=name)} {current}"
        yield from _head("llmops_changes_total", "counter", "Changes made through this process.")
        for (name, kind), count in sorted(self._changes.items()):
            if name in environments:
                yield f"llmops_changes_total{_labels(environment=name, kind=kind)} {count}"
        yield from _head("llmops_refused_tokens_total", "counter", "Requests without a valid token.")
        yield f"llmops_refused_tokens_total {door.failed}"
        yield from _head("llmops_store_up", "gauge", "Whether the store could be read when it was last asked.")
        yield f"llmops_store_up {0 if hub.problem else 1}"
        yield from _head("process_resident_memory_bytes", "gauge", "Memory of this process.")
        yield f"process_resident_memory_bytes {resident_bytes()}"
        yield from _head("llmops_build_info", "gauge", "The version that runs.")
        yield f"llmops_build_info{_labels(version=__version__)} 1"


def resident_bytes() -> int:
    """Return the memory of this process; its peak where the system does not tell the present."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _labels(**labels: str) -> str:
    quoted = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(quoted) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
