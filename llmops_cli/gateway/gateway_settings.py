"""What a gateway is made from: the project's file, where answers may come from, limits, and the outside."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from llmops_cli.gateway.middleware.retry import RetryPolicy
from llmops_cli.gateway.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from llmops_cli.gateway.middleware.cost import PriceFunction
    from llmops_cli.gateway.provider import Notify
    from llmops_cli.registry.project_file import ProjectSettings


class AnswerMode(StrEnum):
    """Where answers may come from.

    `auto`: the cache, else the provider, else (where the provider cannot be used on this machine) the
    committed recordings. `live`: the provider. `replay`: recordings. `record`: the provider, and recorded.
    """

    AUTO = "auto"
    LIVE = "live"
    REPLAY = "replay"
    RECORD = "record"


def unknown_price(_model: str, _usage: object) -> None:
    """Price nothing: every cost is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """What the gateway is made from; `root` is the repository's root, the outside is passed in.

    `use_fallbacks` is for serving: an evaluation measures the model that was asked for, and no other.
    `concurrency` takes the place of every provider's own, for a caller who says it for one run.
    """

    project: ProjectSettings
    root: Path
    environ: Mapping[str, str]
    mode: AnswerMode = AnswerMode.AUTO
    offline: bool = False
    use_cache: bool = True
    use_fallbacks: bool = False
    allow_commands: bool = True
    concurrency: int | None = None
    max_cost_usd: float | None = None
    max_calls: int | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    timing: Timing = field(default_factory=Timing)
    draw: Callable[[], float] = random.random
    price: PriceFunction = unknown_price
    notify: Notify = field(default=lambda _sentence: None)
