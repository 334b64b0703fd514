"""The numbers by which the gate decides are loosened: in the project file, or in a suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from llmops_cli.ci.gate_change import GateChange
from llmops_cli.ci.guard.context import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.ci.guard.context import GuardContext
    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.core.suites import GatePolicy
    from llmops_cli.registry.documents.document import YamlDocument

KIND = "policy"

_HIGHER_IS_LOOSER = {"margin": True, "resolution": True, "min_cases": False}


def find(context: GuardContext) -> Iterator[GateChange]:
    """Compare the project's policy, then every suite's where it is not just the project's."""
    base, head = context.sides.base.settings.gate, context.sides.head.settings.gate
    yield from _differences(base, head, context.projects[1], "")
    for pair in context.suite_pairs:
        if (pair.base.gate, pair.head.gate) != (base, head):
            yield from _differences(pair.base.gate, pair.head.gate, pair.head_document, pair.prompt_id)


def loosens_policy(name: str, before: JsonValue, after: JsonValue) -> bool:
    """Tell whether another value of one of the policy's numbers may let more changes through."""
    if name in {"on_inconclusive", "hard_breaks", "weak_suite", "own_recordings"}:
        return after != "block"
    if name in _HIGHER_IS_LOOSER:
        higher = cast("float", after) > cast("float", before)
        return higher is _HIGHER_IS_LOOSER[name]
    if name == "looks":
        # more looks ask more often before they decide; anything else may decide on less
        old, new = cast("Sequence[int]", before), cast("Sequence[int]", after)
        return not set(old) <= set(new)
    # alpha: higher passes more easily, lower blocks more rarely
    return True


def _differences(before: GatePolicy, after: GatePolicy, document: YamlDocument, prompt_id: str) -> Iterator[GateChange]:
    old, new = before.as_json(), after.as_json()
    for name, value in old.items():
        if new[name] == value:
            continue
        loosens = loosens_policy(name, value, new[name])
        owner = f"of '{prompt_id}'" if prompt_id else "of the project"
        yield GateChange(
            kind=KIND,
            path=document.path,
            line=document.position_of("gate", name).line,
            loosens=loosens,
            message=f"the gate {owner} {'may be looser' if loosens else 'is stricter'}: {name}.",
            base_value=shown(value),
            head_value=shown(new[name]),
            prompt_id=prompt_id,
        )
