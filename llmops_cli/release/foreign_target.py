"""A target of another package: what it raises is an error that names it, what it gives is looked at."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from llmops_cli.core.errors import LlmopsError, TargetError
from llmops_cli.core.release_target import UnknownOutcomeError
from llmops_cli.release.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from llmops_cli.core.release_target import Target, Write

_METHODS = ("environments", "read_state", "read_release", "read_events", "commit", "wait", "close")
_Value = TypeVar("_Value")


def open_foreign_target(scheme: str, make: Callable[[], Target]) -> Target:
    """Return the target that a package's opener makes.

    Raises:
        SetupError: it cannot be opened, or is no target.
    """
    try:
        inner = make()
    except LlmopsError:
        raise
    except (Exception, SystemExit) as error:
        raise TARGETS.broken(scheme, error) from error
    missing = [name for name in _METHODS if not callable(getattr(inner, name, None))]
    if not isinstance(getattr(inner, "label", None), str):
        missing.append("label")
    if missing:
        raise TARGETS.no_such_part(scheme, f"what it opens has no {' and no '.join(missing)}")
    return _ForeignTarget(scheme, inner)


class _ForeignTarget:
    """The target inside of the promises of the port; the meaning of its bytes is checked by who reads them."""

    def __init__(self, scheme: str, inner: Target) -> None:
        self.label = inner.label
        self._scheme = scheme
        self._inner = inner

    def environments(self) -> tuple[str, ...]:
        """Return the environments that were ever written, sorted."""
        with self._named(TargetError):
            return tuple(sorted(self._of_type(name, str) for name in self._inner.environments()))

    def read_state(self, environment: str) -> bytes | None:
        """Return the newest state, None for an environment that was never written."""
        with self._named(TargetError):
            found = self._inner.read_state(environment)
            return None if found is None else self._of_type(found, bytes)

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        """Return a release, None when there is none."""
        with self._named(TargetError):
            found = self._inner.read_release(prompt_id, version)
            return None if found is None else self._of_type(found, bytes)

    def read_events(self, environment: str, revision: int, head: str, *, limit: int = 100) -> Sequence[bytes]:
        """Return the event at `revision` and those before it, newest first."""
        with self._named(TargetError):
            found = self._inner.read_events(environment, revision, head, limit=limit)
            return tuple(self._of_type(event, bytes) for event in found)

    def commit(self, write: Write) -> None:
        """Make the step. A defect in the middle of it leaves unknown whether it was made."""
        with self._named(UnknownOutcomeError):
            self._inner.commit(write)

    def wait(self, environment: str, after: int, timeout_seconds: float) -> int:
        """Return the revision as soon as it is above `after`, or the current one when the time is over."""
        with self._named(TargetError):
            return self._of_type(self._inner.wait(environment, after, timeout_seconds), int)

    def close(self) -> None:
        """Let go of files and connections."""
        with self._named(TargetError):
            self._inner.close()

    @contextmanager
    def _named(self, kind: type[TargetError]) -> Iterator[None]:
        try:
            yield
        except LlmopsError:
            raise
        except (Exception, SystemExit) as error:
            broken = TARGETS.broken(self._scheme, error)
            raise kind(broken.message, where=self.label, hint=broken.hint) from error

    def _of_type(self, value: object, expected: type[_Value]) -> _Value:
        if isinstance(value, expected):
            return value
        why = f"it gave a {type(value).__name__} in place of {expected.__name__}"
        problem = TARGETS.no_such_part(self._scheme, why)
        raise TargetError(problem.message, where=self.label, hint=problem.hint)
