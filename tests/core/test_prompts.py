"""A digest is made of what reaches a model or an application, and of nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmops_cli.core.prompts import (
    ModelSettings,
    OutputContract,
    OutputFormat,
    Prompt,
    PromptBudget,
    Role,
    Template,
    Traffic,
    Variable,
    VariableType,
)

PROMPT = Prompt(
    id="summarize-email",
    version=3,
    path="prompts/summarize-email.yaml",
    model=ModelSettings(name="openai/gpt-5-mini-2026-08-07", temperature=0.2, stop=("\n\n",)),
    messages=(Template(role=Role.USER, source='{% include "tone" %} {{ email }}', resolved="Be brief. {{ email }}"),),
    variables=(Variable(name="email"), Variable(name="audience", enum=("agent",), default="agent", has_default=True)),
)


def test_people_call_a_prompt_by_id_and_version() -> None:
    assert PROMPT.identifier == "summarize-email-v3"
    assert [v.name for v in PROMPT.variables if v.required] == ["email"]
    assert PROMPT.by_name["audience"].default == "agent"


@pytest.mark.parametrize(
    "changed",
    [
        replace(PROMPT, description="other", owner="else", tags=("x",), version=4, path="prompts/a.yaml"),
        replace(PROMPT, budget=PromptBudget(prompt_tokens=3), traffic=Traffic(calls_per_day=9), rollback_to=1),
        replace(PROMPT, messages=(replace(PROMPT.messages[0], source="the partial, written out"),)),
        replace(PROMPT, variables=(replace(PROMPT.variables[0], description="words"), PROMPT.variables[1])),
    ],
)
def test_what_no_model_sees_is_not_in_the_digest(changed: Prompt) -> None:
    assert changed.digest() == PROMPT.digest()


@pytest.mark.parametrize(
    "changed",
    [
        replace(PROMPT, messages=(replace(PROMPT.messages[0], resolved="Be brief! {{ email }}"),)),
        replace(PROMPT, messages=(replace(PROMPT.messages[0], role=Role.SYSTEM),)),
        replace(PROMPT, model=replace(PROMPT.model, temperature=0.0)),
        replace(PROMPT, model=replace(PROMPT.model, temperature=None)),
        replace(PROMPT, model=replace(PROMPT.model, fallbacks=("echo/plain",))),
        replace(PROMPT, variables=(replace(PROMPT.variables[0], type=VariableType.INTEGER), PROMPT.variables[1])),
        replace(PROMPT, variables=(PROMPT.variables[0], replace(PROMPT.variables[1], default=None))),
        replace(PROMPT, output=OutputContract(format=OutputFormat.JSON)),
        replace(PROMPT, tools=({"name": "look_up"},)),
    ],
)
def test_what_a_model_or_a_caller_sees_is_in_the_digest(changed: Prompt) -> None:
    assert changed.digest() != PROMPT.digest()


def test_a_default_of_null_is_a_default() -> None:
    optional = Variable(name="note", default=None, has_default=True)
    assert not optional.required
    assert optional.as_json() == {"type": "string", "default": None}
