"""What a token may do: scopes, by environment and by prompt id. What is not granted is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Self

from llmops_cli.core.errors import UsageError
from llmops_cli.core.release_events import EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATTERN = re.compile(r"[a-z0-9*_-]{1,100}")
_MOST_PARTS = 3


class Scope(StrEnum):
    """A kind of permission. Every scope may also read what it covers; `admin` may do everything there."""

    READ = "read"
    PUBLISH = "publish"
    ROLLBACK = "rollback"
    ADMIN = "admin"


SCOPE_OF_EVENT: Mapping[EventKind, Scope] = {
    EventKind.PUBLISH: Scope.PUBLISH,
    EventKind.PROMOTE: Scope.PUBLISH,
    EventKind.CANARY_START: Scope.PUBLISH,
    EventKind.CANARY_STEP: Scope.PUBLISH,
    EventKind.CANARY_PROMOTE: Scope.PUBLISH,
    # whoever is on call can make things safer, and nothing else
    EventKind.ROLLBACK: Scope.ROLLBACK,
    EventKind.CANARY_ABORT: Scope.ROLLBACK,
    EventKind.HOLD: Scope.ROLLBACK,
    EventKind.DISABLE: Scope.ROLLBACK,
    EventKind.FREEZE: Scope.ROLLBACK,
    EventKind.UNFREEZE: Scope.ADMIN,
    EventKind.UNHOLD: Scope.ADMIN,
    EventKind.ENABLE: Scope.ADMIN,
    EventKind.YANK: Scope.ADMIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One scope over the environments and prompt ids that two patterns match; `*` stands for any letters."""

    scope: Scope
    environments: str
    prompts: str = "*"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `read:production:support-*`; without the third part every prompt is meant.

        Raises:
            UsageError: for another form.
        """
        scope, *patterns = text.split(":")
        if scope not in list(Scope) or not 1 <= len(patterns) < _MOST_PARTS:
            message = f"'{text}' is no permission."
            hint = "Write SCOPE:ENVIRONMENT or SCOPE:ENVIRONMENT:PROMPTS, for example read:production:support-*"
            raise UsageError(message, hint=f"{hint}. Scopes: {', '.join(Scope)}.")
        if not all(_PATTERN.fullmatch(pattern) for pattern in patterns):
            message = f"'{text}' has a pattern with other letters than a-z, 0-9, '-', '_' and '*'."
            raise UsageError(message)
        return cls(scope=Scope(scope), environments=patterns[0], prompts=patterns[1] if len(patterns) > 1 else "*")

    def __str__(self) -> str:
        """Read as it is written on the command line."""
        return f"{self.scope}:{self.environments}:{self.prompts}"

    def covers(self, scope: Scope, environment: str) -> bool:
        """Tell whether it gives `scope` on some prompts of an environment."""
        enough = self.scope is scope or self.scope is Scope.ADMIN or scope is Scope.READ
        return enough and fnmatchcase(environment, self.environments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Everything that one caller may do."""

    grants: tuple[Grant, ...]

    def patterns(self, scope: Scope, environment: str) -> tuple[str, ...]:
        """Return the patterns of the prompts that `scope` covers in an environment; `*` alone means all."""
        found = {grant.prompts for grant in self.grants if grant.covers(scope, environment)}
        return ("*",) if "*" in found else tuple(sorted(found))

    def allows(self, scope: Scope, environment: str, prompt_id: str) -> bool:
        """Tell whether `scope` covers a prompt."""
        return any(fnmatchcase(prompt_id, pattern) for pattern in self.patterns(scope, environment))

    def allows_everywhere_in(self, scope: Scope, environment: str) -> bool:
        """Tell whether `scope` covers the environment as a whole."""
        return self.patterns(scope, environment) == ("*",)

    def reads_release(self, prompt_id: str) -> bool:
        """Tell whether a prompt may be read in any environment: its releases are the same in all."""
        return any(fnmatchcase(prompt_id, grant.prompts) for grant in self.grants)


READ_ONLY = Permissions(grants=(Grant(scope=Scope.READ, environments="*"),))
"""Everybody on this machine, where a service has no token file."""
