"""Sources of fence markers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.evals.judges.judge import Markers
    from llmops_cli.evals.judges.judge_request import Material

MARKER_DIGITS = 32
"""Hexadecimal digits: 128 bits."""


def random_markers(token: Callable[[int], str]) -> Markers:
    """Return fresh markers for every call; `token` gives the hexadecimal digits of so many random bytes."""
    return lambda _material: lambda: token(MARKER_DIGITS // 2)


def repeatable_markers() -> Markers:
    """Return markers made of the texts themselves, so that a recorded reply is found again.

    Nobody can write a text that holds its own SHA-256, so these cannot be forged either.
    """

    def markers(material: Material) -> Callable[[], str]:
        draws = 0

        def draw() -> str:
            nonlocal draws
            draws += 1
            digest = digest_of({"draw": draws, "texts": material.as_json()})
            return digest.removeprefix("sha256:")[:MARKER_DIGITS]

        return draw

    return markers
