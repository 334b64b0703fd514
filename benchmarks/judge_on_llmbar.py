"""Order consistency and accuracy of recorded real judges, computed by this project's pairwise code.

Run: python benchmarks/judge_on_llmbar.py. Reads tests/data/llmbar/verdicts.jsonl (LLMBar, MIT) and prints a Markdown
table; every figure that the authors published is reproduced or the script ends with 1.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

from llmops_cli.evals.compare.wilson import wilson_interval
from llmops_cli.evals.judges.form import CHOICE
from llmops_cli.evals.judges.judgement import Judgement
from llmops_cli.evals.judges.pairwise_judge import FIRST, SECOND, TIE, preference

VERDICTS = Path(__file__).parents[1] / "tests/data/llmbar/verdicts.jsonl"


@dataclass(frozen=True, slots=True)
class Row:
    subset: str
    judge: str
    strategy: str
    pairs: int
    agree: int
    first: int
    second: int
    right: int
    both_right: int
    published_equal: int
    published_right: float


def verdict(place: str) -> Judgement:
    return Judgement(answers={CHOICE: place}, score=0.5, reason="", source="recorded")


def measured(line: dict[str, Any]) -> Row:
    agree = first = second = right = both = 0
    for gold, given, swapped in zip(line["label"], line["as_given"], line["swapped"], strict=True):
        # output 1 is the text under test: first as given, second when swapped
        forward = {"1": FIRST, "2": SECOND}.get(given, TIE)
        backward = {"1": SECOND, "2": FIRST}.get(swapped, TIE)
        found = preference(verdict(forward), verdict(backward))
        agree += found.orders_agree
        if not found.orders_agree:
            first += forward == FIRST
            second += forward == SECOND
        right += (given == gold) + (swapped == gold)
        both += given == swapped == gold
    published = line["published"]
    return Row(
        line["subset"],
        line["judge"],
        line["strategy"],
        len(line["label"]),
        agree,
        first,
        second,
        right,
        both,
        int(published["equal"].split(" / ")[0]),
        float(published["correct_average"].rstrip("%")),
    )


def position_p(first: int, second: int) -> float:
    """Two-sided exact binomial test that neither place is preferred."""
    total = first + second
    tail: float = sum(comb(total, k) for k in range(max(first, second), total + 1)) / 2**total
    return min(1.0, 2 * tail)


def rows() -> list[Row]:
    return [measured(json.loads(line)) for line in VERDICTS.read_text(encoding="utf-8").splitlines()]


def pooled(of: list[Row], judge: str, strategy: str) -> Row:
    same = [row for row in of if (row.judge, row.strategy) == (judge, strategy)]
    total = sum(row.pairs for row in same)
    counts = [
        sum(getattr(row, name) for row in same)
        for name in ("agree", "first", "second", "right", "both_right", "published_equal")
    ]
    agree, first, second, right, both, equal = counts
    return Row("all three", judge, strategy, total, agree, first, second, right, both, equal, 100 * right / (2 * total))


def table(of: list[Row]) -> str:
    lines = [
        "| judge | asked | subset | pairs | same in both | 95% | first / second | p | right | right in both |",
        "| --- | --- | --- | ---: | ---: | --- | --- | ---: | ---: | ---: |",
    ]
    for row in of:
        interval = wilson_interval(row.agree, row.pairs)
        lines.append(
            f"| {row.judge} | {row.strategy} | {row.subset} | {row.pairs} | {row.agree / row.pairs:.3f} "
            f"| {interval.lower:.2f} to {interval.upper:.2f} | {row.first} / {row.second} "
            f"| {position_p(row.first, row.second):.2g} | {row.right / (2 * row.pairs):.3f} "
            f"| {row.both_right / row.pairs:.3f} |"
        )
    return "\n".join(lines)


def reproduced(row: Row) -> bool:
    return row.agree == row.published_equal and abs(100 * row.right / (2 * row.pairs) - row.published_right) < 1e-9


def main() -> int:
    found = rows()
    everything = [*found, *(pooled(found, "GPT-4", name) for name in ("Vanilla", "Vanilla_NoRules", "CoT"))]
    print(table(everything))
    wrong = [row for row in found if not reproduced(row)]
    print(f"\n{len(found) - len(wrong)} of {len(found)} rows are the authors' published figures.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
