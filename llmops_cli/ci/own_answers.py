"""Answers by which a change is judged and which the change itself brings: nobody else saw a model give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.guard.recordings import recorded_lines
from llmops_cli.gateway.recording_file import recording_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.ci.sides import Sides
    from llmops_cli.gateway.recording_file import RecordingKey

    Served = Mapping[str, frozenset[RecordingKey]]
    """The keys of recorded answers that were given, by file."""


def own_answers(sides: Sides, served: Served) -> Mapping[str, int]:
    """Count, per file of recordings, the answers given that the base does not have."""
    found = {}
    for path, keys in served.items():
        if path not in sides.files:
            continue
        known = {recording_key(line) for line in recorded_lines(sides, path, at_head=False)}
        found[path] = len(keys - known)
    return {path: number for path, number in found.items() if number}


def own_answers_sentence(found: Mapping[str, int]) -> str:
    """Say whose answers those are."""
    number, files = sum(found.values()), ", ".join(found)
    answers = "1 answer was" if number == 1 else f"{number} answers were"
    return f"{answers} recorded by this change itself ({files}): nobody else saw the model give them."
