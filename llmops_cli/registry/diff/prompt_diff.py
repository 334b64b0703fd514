"""What changed between two versions of a prompt, in the words of those who decide about it.

Words of the messages (with partials put in: what the model reads), settings, variables, what callers rely
on, tokens, dollars. All values; reports turn them into text, and make invisible characters visible there
(`core.safe_text`).
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING

from llmops_cli.registry.diff.interface import interface_changes
from llmops_cli.registry.diff.prompt_costs import cost_delta, token_delta
from llmops_cli.registry.diff.value_changes import value_changes
from llmops_cli.registry.diff.word_diff import diff_words, is_changed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.core.prompts import Prompt, Role, Template
    from llmops_cli.registry.diff.interface import InterfaceChange
    from llmops_cli.registry.diff.prompt_costs import CostDelta, CountMessages, PriceOf, TokenDelta
    from llmops_cli.registry.diff.value_changes import ValueChange
    from llmops_cli.registry.diff.word_diff import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDiff:
    """One message on both sides; a role of None means that this side has no such message."""

    old_role: Role | None
    new_role: Role | None
    pieces: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        """Whether the role or a word differs."""
        return self.old_role != self.new_role or is_changed(self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptDiff:
    """Everything that differs between two prompts; None on one side means that it was not there.

    `settings` are what reaches the model beside the messages (model, engine, output, tools), `variables`
    what callers fill in, `interface` what that means for callers, `metadata` what reaches neither
    (version, description, owner, tags, budget, traffic, rollback pointer).
    """

    old: Prompt | None
    new: Prompt | None
    messages: tuple[MessageDiff, ...]
    settings: tuple[ValueChange, ...]
    variables: tuple[ValueChange, ...]
    interface: tuple[InterfaceChange, ...]
    metadata: tuple[ValueChange, ...]
    tokens: TokenDelta
    cost: CostDelta

    @property
    def meaning_changed(self) -> bool:
        """Whether the digests differ: comments, layout, line ends and metadata do not count."""
        digests = [prompt.digest() if prompt else None for prompt in (self.old, self.new)]
        return digests[0] != digests[1]

    @property
    def breaking(self) -> bool:
        """Whether a caller of the old prompt would fail with the new one."""
        return any(change.breaking for change in self.interface)

    def headline(self) -> str:
        """Say in one sentence what kind of change this is."""
        if self.old is None or self.new is None:
            known = self.new or self.old
            name = known.identifier if known else "the prompt"
            return f"{name} is new." if self.new else f"{name} is gone." if self.old else "There is nothing to compare."
        if not self.meaning_changed:
            return "No semantic change: the model and the callers get exactly the same."
        moved = f"{self.old.identifier} → {self.new.identifier}"
        if self.old.identifier == self.new.identifier:
            moved = f"{self.new.identifier} changed under the same version"
        return f"{moved}, breaking for callers." if self.breaking else f"{moved}."


def diff_prompts(
    old: Prompt | None, new: Prompt | None, *, count_messages: CountMessages, price_of: PriceOf
) -> PromptDiff:
    """Compare two versions of a prompt.

    `count_messages` counts tokens (`tokens.count_messages`), `price_of` gives the price of a model by its
    name in the prompt file, or None when it is unknown.
    """
    tokens = token_delta(old, new, count_messages)
    return PromptDiff(
        old=old,
        new=new,
        messages=tuple(_message_diffs(old.messages if old else (), new.messages if new else ())),
        settings=tuple(value_changes(_settings(old), _settings(new))),
        variables=tuple(value_changes(_variables(old), _variables(new))),
        interface=interface_changes(old, new) if old and new else (),
        metadata=tuple(value_changes(_metadata(old), _metadata(new))),
        tokens=tokens,
        cost=cost_delta(old, new, tokens, price_of),
    )


def _message_diffs(old: Sequence[Template], new: Sequence[Template]) -> Iterator[MessageDiff]:
    """Pair equal messages, then those of the same role in between, then by place."""
    left, right = ([(message.role, message.resolved) for message in side] for side in (old, new))
    for _, old_from, old_to, new_from, new_to in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        pairs = _paired(old[old_from:old_to], new[new_from:new_to])
        yield from (_message_diff(before, after) for before, after in pairs)


def _paired(old: Sequence[Template], new: Sequence[Template]) -> Iterator[tuple[Template | None, Template | None]]:
    left, right = ([message.role for message in side] for side in (old, new))
    for _, old_from, old_to, new_from, new_to in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        yield from zip_longest(old[old_from:old_to], new[new_from:new_to])


def _message_diff(old: Template | None, new: Template | None) -> MessageDiff:
    return MessageDiff(
        old_role=old.role if old else None,
        new_role=new.role if new else None,
        pieces=diff_words(old.resolved if old else "", new.resolved if new else ""),
    )


def _settings(prompt: Prompt | None) -> dict[str, JsonValue]:
    if prompt is None:
        return {}
    content = prompt.content()
    settings = {name: content[name] for name in ("engine", "model", "output")}
    return {**settings, "tools": content["tools"]} if prompt.tools else settings


def _variables(prompt: Prompt | None) -> dict[str, JsonValue]:
    return {f"variables.{name}": value.as_json() for name, value in prompt.by_name.items()} if prompt else {}


def _metadata(prompt: Prompt | None) -> dict[str, JsonValue]:
    if prompt is None:
        return {}
    known: dict[str, JsonValue] = {
        "version": prompt.version,
        "description": prompt.description or None,
        "owner": prompt.owner or None,
        "tags": list(prompt.tags) or None,
        "budget.prompt_tokens": prompt.budget.prompt_tokens,
        "budget.cost_usd_per_call": prompt.budget.cost_usd_per_call,
        "traffic.calls_per_day": prompt.traffic.calls_per_day if prompt.traffic else None,
        "rollback_to": prompt.rollback_to,
    }
    return {name: value for name, value in known.items() if value is not None}
