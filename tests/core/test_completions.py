"""Completions survive the journey through JSON; requests have a key that means the same everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.completion_json import completion_as_json, completion_from_json
from llmops_cli.core.completions import (
    Completion,
    CompletionRequest,
    CompletionSource,
    FinishReason,
    TokenLogprob,
    ToolCall,
    Usage,
)
from llmops_cli.core.prompts import Message, ModelSettings, OutputContract, Role

COMPLETIONS = st.builds(
    Completion,
    text=st.text(),
    usage=st.builds(
        Usage,
        input_tokens=st.integers(0, 10**9),
        output_tokens=st.integers(0, 10**9),
        cached_input_tokens=st.integers(0, 10**6),
        estimated=st.booleans(),
    ),
    finish_reason=st.sampled_from(FinishReason),
    tool_calls=st.lists(st.builds(ToolCall, name=st.text(), arguments=st.text()), max_size=2).map(tuple),
    model_served=st.text(),
    fingerprint=st.text(),
    latency_seconds=st.floats(0, 1e6),
    cost_usd=st.none() | st.floats(0, 1e6),
    source=st.sampled_from(CompletionSource),
    logprobs=st.lists(
        st.builds(TokenLogprob, token=st.text(), logprob=st.floats(-100, 0), alternatives=st.just((("a", -0.5),))),
        max_size=2,
    ).map(tuple),
)


@given(COMPLETIONS)
def test_a_completion_is_the_same_after_json(completion: Completion) -> None:
    assert completion_from_json(completion_as_json(completion)) == completion


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"text": 1, "usage": {"input_tokens": 1, "output_tokens": 1}},
        {"text": "a", "usage": {"input_tokens": -1, "output_tokens": 1}},
        {"text": "a", "usage": {"input_tokens": True, "output_tokens": 1}},
        {"text": "a", "usage": {"input_tokens": 1, "output_tokens": 1}, "cost_usd": "free"},
        {"text": "a", "usage": {"input_tokens": 1, "output_tokens": 1}, "source": "dream"},
    ],
)
def test_a_document_that_is_no_completion_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        completion_from_json(broken)  # type: ignore[arg-type]


def request(text: str = "Hi", trial: int = 0, **settings: object) -> CompletionRequest:
    return CompletionRequest(
        messages=(Message(role=Role.USER, content=text),),
        model=ModelSettings(name="echo/plain", **settings),  # type: ignore[arg-type]
        output=OutputContract(),
        trial=trial,
    )


def test_the_key_of_a_request_is_what_decides_the_answer() -> None:
    same = request().digest()
    assert request(trial=4).digest() == same
    assert request(fallbacks=("echo/other",)).digest() == same
    assert request(text="Hi!").digest() != same
    assert request(temperature=0.0).digest() != same
    assert request(stop=("\n",)).digest() != same
