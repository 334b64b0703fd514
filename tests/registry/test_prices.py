from __future__ import annotations

import hashlib
import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.completions import Usage
from llmops_cli.registry.costs.model_names import is_floating_alias, maker_of, split_model
from llmops_cli.registry.costs.prices import Price, cost_usd, own_prices, price_of
from llmops_cli.registry.costs.tokens import RANKS_SHA256
from llmops_cli.registry.project_file import ModelAlias, ProjectSettings

COUNTS = st.integers(min_value=0, max_value=10**9)
DOLLARS = st.floats(min_value=0, max_value=1000, allow_nan=False)


def test_a_listed_model_has_its_list_price_with_day_and_source() -> None:
    price = price_of("openai/gpt-5-mini-2025-08-07")
    assert price == Price(
        input_usd_per_million=0.25,
        output_usd_per_million=2.0,
        cached_input_usd_per_million=0.025,
        as_of="2026-11-12",
        source="litellm 1.109.1",
    )


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("anthropic/claude-haiku-4-5-20251001", (1.0, 5.0)),
        ("gemini/gemini-3.7-flash", (0.75, 3.75)),
        ("groq/openai/gpt-oss-120b", (0.15, 0.6)),
        ("cohere/command-r-08-2024", (0.15, 0.6)),
        ("mistral/mistral-small-2603", (0.15, 0.6)),
    ],
)
def test_vendors_are_found_under_their_own_names(model: str, dollars: tuple[float, float]) -> None:
    price = price_of(model)
    assert price is not None
    assert (price.input_usd_per_million, price.output_usd_per_million) == dollars


@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-5-mini-2031-08-07",
        "anthropic/claude-haiku-5",
        "openai/claude-haiku-4-5",
        "proxy/gpt-5-mini",
        "gpt-5-mini",
        "openai/",
        "",
        "sample_spec",
    ],
)
def test_an_unlisted_name_has_no_price_rather_than_a_guessed_one(model: str) -> None:
    assert price_of(model) is None


@pytest.mark.parametrize("model", ["local/smollm2-135m", "echo/any", "replay/openai/gpt-5"])
def test_what_runs_on_this_machine_costs_nothing_and_says_why(model: str) -> None:
    price = price_of(model)
    assert price is not None
    assert (price.input_usd_per_million, price.output_usd_per_million) == (0.0, 0.0)
    assert "cost nothing" in price.source


def test_prices_of_the_project_go_first() -> None:
    settings = ProjectSettings(
        models={
            "fast": ModelAlias(
                name="fast", target="openai/gpt-5-mini-2025-08-07", input_usd_per_million=9, output_usd_per_million=10
            ),
            "plain": ModelAlias(name="plain", target="openai/gpt-5"),
        },
    )
    prices = own_prices(settings)
    assert set(prices) == {"fast", "openai/gpt-5-mini-2025-08-07"}
    price = price_of("openai/gpt-5-mini-2025-08-07", prices)
    assert price is not None
    assert (price.input_usd_per_million, price.source) == (9, "llmops.yaml")


def test_two_hundred_tokens_a_hundred_thousand_times_a_day_at_ten_dollars_are_two_hundred_dollars() -> None:
    price = Price(input_usd_per_million=10.0, output_usd_per_million=30.0)
    assert cost_usd(price, Usage(input_tokens=200)) * 100_000 == pytest.approx(200.0)


def test_cached_input_is_part_of_the_input_and_has_its_own_price() -> None:
    usage = Usage(input_tokens=1_000_000, cached_input_tokens=400_000, output_tokens=100_000)
    price = Price(input_usd_per_million=1.0, output_usd_per_million=5.0, cached_input_usd_per_million=0.1)
    assert cost_usd(price, usage) == pytest.approx(0.6 + 0.04 + 0.5)


def test_cached_input_without_a_price_costs_what_input_costs() -> None:
    usage = Usage(input_tokens=1_000_000, cached_input_tokens=400_000)
    assert cost_usd(Price(input_usd_per_million=1.0, output_usd_per_million=5.0), usage) == pytest.approx(1.0)


@given(COUNTS, COUNTS, COUNTS, DOLLARS, DOLLARS)
def test_a_cost_is_never_negative_and_never_falls_with_more_output(
    sent: int, cached: int, answered: int, cheap: float, dear: float
) -> None:
    price = Price(input_usd_per_million=cheap, output_usd_per_million=dear, cached_input_usd_per_million=cheap / 10)
    less = cost_usd(price, Usage(input_tokens=sent, cached_input_tokens=cached, output_tokens=answered))
    more = cost_usd(price, Usage(input_tokens=sent, cached_input_tokens=cached, output_tokens=answered + 1))
    assert 0 <= less <= more


def test_every_entry_of_the_snapshot_is_a_price_above_zero() -> None:
    snapshot = json.loads(files("llmops_cli.registry").joinpath("data/prices.json").read_text(encoding="utf-8"))
    assert len(snapshot["models"]) > 100
    for name, entry in snapshot["models"].items():
        assert entry["input_cost_per_token"] > 0, name
        assert entry["output_cost_per_token"] > 0, name


def test_the_readme_of_the_data_names_the_hashes_that_the_code_pins() -> None:
    data = files("llmops_cli.registry").joinpath("data")
    readme = data.joinpath("README.md").read_text(encoding="utf-8")
    snapshot = json.loads(data.joinpath("prices.json").read_text(encoding="utf-8"))
    assert RANKS_SHA256 in readme
    assert snapshot["source_sha256"] in readme
    assert snapshot["as_of"] in readme
    assert len(hashlib.sha256().hexdigest()) == len(RANKS_SHA256)


@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-5-mini",
        "openai/o3",
        "azure/gpt-5",
        "openai/chatgpt-4o-latest",
        "anthropic/claude-haiku-4-5",
        "anthropic/claude-3-5-sonnet-latest",
        "gemini/gemini-flash-latest",
        "mistral/mistral-small",
        "mistral/mistral-large-latest",
        "xai/grok-4",
        "cohere/command-r",
        "deepseek/deepseek-chat",
        "ollama/llama3:latest",
    ],
)
def test_a_name_that_its_maker_moves_is_floating(model: str) -> None:
    assert is_floating_alias(model)


@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-5-mini-2026-08-07",
        "openai/gpt-4-0613",
        "openai/ft:gpt-4o-mini-2024-07-18:acme::abc",
        "anthropic/claude-haiku-5",
        "anthropic/claude-opus-4-6",
        "anthropic/claude-haiku-4-5-20251001",
        "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0",
        "vertex/claude-haiku-4-5@20251001",
        "gemini/gemini-2.5-flash",
        "mistral/mistral-small-2603",
        "xai/grok-4.20-0309-reasoning",
        "cohere/command-a-03-2025",
        "deepseek/deepseek-v3.2",
        "groq/openai/gpt-oss-120b",
        "local/smollm2-135m",
        "replay/openai/gpt-5-mini",
        "echo/latest",
        "company/own-model",
    ],
)
def test_a_name_of_one_fixed_model_is_not_floating(model: str) -> None:
    assert not is_floating_alias(model)


def test_the_maker_shows_behind_any_provider() -> None:
    assert maker_of("openrouter/anthropic/claude-haiku-5") == "anthropic"
    assert maker_of("local/smollm2-135m") == ""
    assert split_model("alias") == ("", "alias")
    assert split_model("openrouter/openai/gpt-5") == ("openrouter", "openai/gpt-5")


@given(st.text(max_size=60))
def test_any_text_has_an_answer(name: str) -> None:
    assert isinstance(is_floating_alias(name), bool)
    assert price_of(name) is None or "/" in name
