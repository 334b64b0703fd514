"""The pairs on which our BERTScore is compared with the library's."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parents[2] / "data" / "bert_score"

WRITTEN = [
    ("The cat sat on the mat.", "A cat was sitting on a mat."),
    ("Paris", "Berlin"),
    ("same words", "same words"),
    ("naïve café — déjà vu", "naive cafe, deja vu"),
    ("猫が好きです。", "我喜欢猫。"),
    ("🙂🙂", "a smile"),
    ("x" * 150, "a word too long for the vocabulary"),
    ("word " * 700, "word " * 3),
    ("The meeting begins at nine. " * 60, "The meeting begins at nine. " * 90),
    ("line one\nline two\ttabbed", "  line one line two tabbed  "),
    ("!?", "..."),
]


def pairs() -> list[tuple[str, str]]:
    """Return (answer, reference): 80 of the library's own examples, and some with an edge."""
    found = []
    for answers, references in (("hyps", "refs"), ("hyps", "refs2"), ("hyps_long", "refs_long")):
        found += list(zip(_lines(answers), _lines(references), strict=True))
    return found + WRITTEN


def _lines(name: str) -> list[str]:
    return (DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines()
