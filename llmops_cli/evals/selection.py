"""Which cases of a suite are run: filters, a sample, a shard."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Self, cast

from llmops_cli.core.errors import NothingMatchedError, UsageError
from llmops_cli.core.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.suites import Case, Suite

_CRITICAL = "critical"
_TAG = "tag:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The part `index` (from 1) of `count` parts."""

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2/8`.

        Raises:
            UsageError: when it is no such thing.
        """
        index, slash, count = text.partition("/")
        if not (slash and index.isascii() and index.isdecimal() and count.isascii() and count.isdecimal()):
            message = f"--shard takes a part and a number of parts, as 2/8, not '{text[:40]}'."
            raise UsageError(message)
        shard = cls(index=int(index[:9]), count=int(count[:9]))
        if not 1 <= shard.index <= shard.count:
            message = f"--shard {text[:40]}: the part is from 1 to {shard.count}."
            raise UsageError(message)
        return shard

    def __str__(self) -> str:
        """Read as it is written on the command line."""
        return f"{self.index}/{self.count}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the caller asked for.

    A filter is `critical`, `tag:<glob>`, or a glob over case ids; a case has to match all of them.
    `sample` is a number of cases, the same ones every time for the same data; then the shard is taken.
    """

    filters: tuple[str, ...] = ()
    sample: int | None = None
    shard: Shard = Shard()

    def as_json(self) -> JsonObject:
        """Return the form that stands in a journal's first line."""
        return {"filters": list(self.filters), "sample": self.sample, "shard": str(self.shard)}

    @classmethod
    def from_json(cls, document: JsonObject) -> Self:
        """Return what `as_json` wrote.

        Raises:
            KeyError, TypeError, UsageError: when it is no such thing.
        """
        sample = document["sample"]
        return cls(
            filters=tuple(str(pattern) for pattern in cast("Iterable[JsonValue]", document["filters"])),
            sample=sample if isinstance(sample, int) else None,
            shard=Shard.parse(str(document["shard"])),
        )


def select_cases(suite: Suite, selection: Selection) -> tuple[Case, ...]:
    """Return the selected cases in the suite's order, at least one.

    Raises:
        NothingMatchedError: when no case is left; that is never a pass.
        UsageError: when the sample is not a positive number.
    """
    if not suite.cases:
        message = f"the suite of '{suite.prompt_id}' has no cases."
        raise NothingMatchedError(message, where=suite.path)
    cases = tuple(case for case in suite.cases if all(_matches(case, pattern) for pattern in selection.filters))
    if not cases:
        message = f"no case of '{suite.prompt_id}' matches {' and '.join(selection.filters)[:200]}."
        raise NothingMatchedError(message, where=suite.path, hint=_proposal(suite, selection.filters))
    if selection.sample is not None:
        cases = _sample(cases, suite, selection.sample)
    part = cases[selection.shard.index - 1 :: selection.shard.count]
    if not part:
        message = f"shard {selection.shard.index}/{selection.shard.count} of {len(cases)} cases is empty."
        raise NothingMatchedError(message, where=suite.path, hint="Use fewer shards than cases.")
    return part


def _matches(case: Case, pattern: str) -> bool:
    if pattern == _CRITICAL:
        return case.critical
    if pattern.startswith(_TAG):
        return any(fnmatchcase(tag, pattern.removeprefix(_TAG)) for tag in case.tags)
    return fnmatchcase(case.id, pattern)


def _sample(cases: tuple[Case, ...], suite: Suite, size: int) -> tuple[Case, ...]:
    if size < 1:
        message = f"--sample takes a number of cases from 1, not {size}."
        raise UsageError(message)
    # the digest is the seed: the same data gives the same sample on every machine and in every shard
    seed = suite.dataset_digest()
    chosen = {case.id for case in sorted(cases, key=lambda case: _lot(seed, case.id))[:size]}
    return tuple(case for case in cases if case.id in chosen)


def _lot(seed: str, case_id: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{case_id}".encode("utf-8", "surrogatepass")).digest()


def _proposal(suite: Suite, filters: tuple[str, ...]) -> str:
    tags = sorted({f"{_TAG}{tag}" for case in suite.cases for tag in case.tags})
    known = [*(case.id for case in suite.cases[:1000]), *tags, _CRITICAL]
    if _CRITICAL in filters and not any(case.critical for case in suite.cases):
        return "Must-haves are cases with critical: true."
    for pattern in filters:
        if hint := did_you_mean(pattern, known):
            return hint
    return f"Its tags: {', '.join(tags[:10])}" if tags else ""
