"""What a call costs: a dated snapshot of list prices, prices of the project's own, and nothing made up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypedDict, cast

from llmops_cli.registry.costs.model_names import FREE_PROVIDERS, split_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.completions import Usage
    from llmops_cli.registry.project_file import ProjectSettings

_MILLION = 1_000_000

_NAMES_IN_SNAPSHOT = {"cohere": "cohere_chat"}
"""Providers whose name in the snapshot is not the name of the vendor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per million tokens, with the day they were read and where.

    `cached_input_usd_per_million` is None when the source gives no price for cached input: it then costs
    what other input costs.
    """

    input_usd_per_million: float
    output_usd_per_million: float
    cached_input_usd_per_million: float | None = None
    as_of: str = ""
    source: str = ""


class _Entry(TypedDict, total=False):
    litellm_provider: str
    input_cost_per_token: float
    output_cost_per_token: float
    cache_read_input_token_cost: float


class _Snapshot(TypedDict):
    as_of: str
    source: str
    models: dict[str, _Entry]


def price_of(model: str, overrides: Mapping[str, Price] = {}) -> Price | None:
    """Return the price of `provider/model`, or None when it is unknown; unknown is never 0.

    The project's own prices go first. Models of `local`, `echo` and `replay` cost 0 because they run on
    this machine. The snapshot speaks for exactly the names it lists: a dated model that it does not list
    is unknown even where it lists the undated name, since a price belongs to a model and not to a family
    (`gpt-4o-2024-05-13` costs twice what `gpt-4o` does).
    """
    if model in overrides:
        return overrides[model]
    provider, name = split_model(model)
    if provider in FREE_PROVIDERS:
        return Price(input_usd_per_million=0.0, output_usd_per_million=0.0, source=f"{provider} models cost nothing")
    snapshot = _snapshot()
    entry = snapshot["models"].get(model) or snapshot["models"].get(name)
    if entry is None or entry["litellm_provider"] != _NAMES_IN_SNAPSHOT.get(provider, provider):
        return None
    cached = entry.get("cache_read_input_token_cost")
    return Price(
        input_usd_per_million=_per_million(entry["input_cost_per_token"]),
        output_usd_per_million=_per_million(entry["output_cost_per_token"]),
        cached_input_usd_per_million=None if cached is None else _per_million(cached),
        as_of=snapshot["as_of"],
        source=snapshot["source"],
    )


def own_prices(settings: ProjectSettings) -> Mapping[str, Price]:
    """Return the prices that `llmops.yaml` sets, by alias and by the model behind it, for `price_of`."""
    prices: dict[str, Price] = {}
    for alias in settings.models.values():
        if alias.input_usd_per_million is None or alias.output_usd_per_million is None:
            continue
        price = Price(
            input_usd_per_million=alias.input_usd_per_million,
            output_usd_per_million=alias.output_usd_per_million,
            cached_input_usd_per_million=alias.cached_input_usd_per_million,
            source="llmops.yaml",
        )
        prices[alias.name] = price
        prices.setdefault(alias.target, price)
    return prices


def cost_usd(price: Price, usage: Usage) -> float:
    """Return what the usage costs in US dollars; cached input tokens are part of the input tokens."""
    cached = min(usage.cached_input_tokens, usage.input_tokens)
    cached_price = price.cached_input_usd_per_million
    if cached_price is None:
        cached_price = price.input_usd_per_million
    total = (
        (usage.input_tokens - cached) * price.input_usd_per_million
        + cached * cached_price
        + usage.output_tokens * price.output_usd_per_million
    )
    return total / _MILLION


def _per_million(usd_per_token: float) -> float:
    # 2.5e-07 × 10^6 is 0.24999999999999997 in doubles; no list price has more than nine digits
    return round(usd_per_token * _MILLION, 9)


@cache
def _snapshot() -> _Snapshot:
    text = files("llmops_cli.registry").joinpath("data/prices.json").read_text(encoding="utf-8")
    return cast("_Snapshot", json.loads(text))
