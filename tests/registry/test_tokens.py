from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from tiktoken_ext import openai_public  # type: ignore[import-untyped]

from llmops_cli.core.prompts import Message, Role
from llmops_cli.registry.costs import tokens
from llmops_cli.registry.costs.tokens import certainly_at_most, count_messages, count_tokens

REFERENCE = json.loads((Path(__file__).parent / "data/tokens/o200k_counts.json").read_text(encoding="utf-8"))
OPENAI = "openai/gpt-5-mini-2025-08-07"


@pytest.fixture(autouse=True, scope="module")
def _ranks() -> None:
    """Load the ranks before hypothesis looks at its clock."""
    tokens._o200k()


@pytest.mark.parametrize(("text", "expected"), REFERENCE["counts"])
def test_counts_agree_with_an_independent_implementation(text: str, expected: int) -> None:
    assert count_tokens(text, OPENAI) == tokens.TokenCount(tokens=expected, exact=True, error_fraction=0.0)


def test_the_encoding_is_the_one_that_tiktoken_defines(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = tokens._o200k()
    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", lambda *_, **__: ours._mergeable_ranks)
    theirs = tiktoken.Encoding(**openai_public.o200k_base())
    assert (ours._pat_str, ours._special_tokens) == (theirs._pat_str, theirs._special_tokens)
    assert len(ours._mergeable_ranks) == 199_998


def test_what_looks_like_a_control_token_is_counted_as_the_text_it_is() -> None:
    assert count_tokens("<|endoftext|>", OPENAI).tokens > 1


@pytest.mark.parametrize(
    "model",
    ["openai/gpt-4o", "openai/gpt-4.1-nano", "azure/o3-mini", "openrouter/openai/gpt-5.4", "groq/openai/gpt-oss-20b"],
)
def test_models_of_the_family_are_exact_whoever_serves_them(model: str) -> None:
    assert count_tokens("Hello world", model).exact


@pytest.mark.parametrize(
    "model",
    ["anthropic/claude-haiku-5", "gemini/gemini-3.7-flash", "local/smollm2-135m", "openai/gpt-4", "x/unheard-of", ""],
)
@pytest.mark.parametrize("text", ["Hello world", '{"a": [1, 2]}', "Größe über alles"])
def test_other_models_are_estimates_that_say_how_wrong_they_may_be(model: str, text: str) -> None:
    count = count_tokens(text, model)
    assert not count.exact
    assert 0 < count.error_fraction <= 1.3
    assert count.tokens >= 1


def test_empty_text_has_no_tokens() -> None:
    assert count_tokens("", "anthropic/claude-haiku-5").tokens == 0


def test_messages_of_gpt_4o_are_framed_as_openai_documents() -> None:
    messages = (
        Message(role=Role.SYSTEM, content="You are polite."),
        Message(role=Role.USER, content="Hello world"),
    )
    # content 4 + 2, four tokens for each frame, three for the start of the answer
    assert count_messages(messages, "openai/gpt-4o-2024-08-06") == tokens.TokenCount(
        tokens=4 + 2 + 2 * 4 + 3, exact=True, error_fraction=0.0
    )
    estimate = count_messages(messages, OPENAI)
    assert estimate.tokens == 17
    assert not estimate.exact
    assert estimate.error_fraction == pytest.approx(11 / 17)


def test_no_messages_cost_the_start_of_the_answer_only() -> None:
    assert count_messages((), OPENAI).tokens == 3


@given(st.text(max_size=80), st.integers(min_value=0, max_value=200))
def test_the_cheap_bound_never_claims_too_much(text: str, limit: int) -> None:
    for model in (OPENAI, "anthropic/claude-haiku-5", "local/smollm2-135m"):
        if certainly_at_most(text, model, limit):
            assert count_tokens(text, model).tokens <= limit


WORDS = st.sampled_from(
    [*sorted(tokens._frequent_words())[::250], "the", "zzyx", "Größe", "\u0301", "'s", "7", ".", "\n", " ", '"']
)


@given(st.lists(WORDS, max_size=30), st.sampled_from(["", " ", "  ", "\t", " \n "]))
def test_the_bound_over_frequent_words_never_claims_too_much(words: list[str], joint: str) -> None:
    text = joint.join(words)
    count = len(tokens._o200k().encode_ordinary(text))
    known = tokens._frequent_words()
    saved = sum(len(word) for word in tokens._WORD.findall(text) if word in known)
    assert count <= len(text.encode()) - saved


def test_every_frequent_word_is_one_token_after_a_space() -> None:
    words = tokens._frequent_words()
    assert len(words) == 2500
    assert {len(tokens._o200k().encode_ordinary(f" {word}")) for word in words} == {1}


def test_english_prose_is_decided_without_the_ranks() -> None:
    program = (
        "import sys; from llmops_cli.registry.costs.tokens import certainly_at_most as c;"
        "text = 'You answer the questions of our customers in a friendly and helpful way. ' * 27;"
        "print(c(text, 'openai/gpt-5', 900), c(text, 'openai/gpt-5', 300), 'tiktoken' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["True", "False", "False"]


def test_the_cheap_bound_decides_the_common_case() -> None:
    assert certainly_at_most("Greet them.", OPENAI, 900)
    assert not certainly_at_most("Greet them. " * 100, OPENAI, 900)


def test_damaged_ranks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "RANKS_SHA256", "0" * 64)
    with pytest.raises(Exception, match="damaged"):
        tokens._o200k.__wrapped__()


def test_importing_the_module_and_the_bound_loads_neither_tiktoken_nor_the_ranks() -> None:
    program = (
        "import sys; from llmops_cli.registry.costs.tokens import certainly_at_most as c; c('x', 'openai/gpt-5', 9);"
        "print('tiktoken' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
