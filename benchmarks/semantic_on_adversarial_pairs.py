"""How each semantic metric ranks wrong near-copies against right paraphrases: `tests/data/adversarial_pairs.jsonl`.

    python benchmarks/semantic_on_adversarial_pairs.py [--examples]

AUC: the probability that a right answer drawn at random scores above a wrong one (ties count half). `pairwise`: how
often the right answer to a reference scores above the wrong answer to the same one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.semantic_models import METRICS, models, scorer, values

PAIRS = Path(__file__).parents[1] / "tests" / "data" / "adversarial_pairs.jsonl"


def main() -> None:
    rows = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    using = models()
    scores: dict[str, tuple[list[float], list[float]]] = {}
    for metric in METRICS:
        bound = scorer(metric, using)
        right, wrong = (values(bound, [(row[side], row["reference"]) for row in rows]) for side in ("right", "wrong"))
        scores[metric] = (right, wrong)
    likeness, facts = scores["embedding_similarity"], scores["contradiction"]
    both = [[min(pair) for pair in zip(likeness[side], facts[side], strict=True)] for side in (0, 1)]
    scores["the lower of both"] = (both[0], both[1])
    print(f"{len(rows)} references, each with a right paraphrase and a wrong near-copy\n")
    print(f"| metric | AUC | pairwise | right | wrong | {' | '.join(kinds)} |")
    print(f"|---|---|---|---|---|{'---|' * len(kinds)}")
    for metric, (right, wrong) in scores.items():
        by_kind = [
            auc(*([s for s, row in zip(side, rows, strict=True) if row["kind"] == kind] for side in (right, wrong)))
            for kind in kinds
        ]
        cells = [auc(right, wrong), pairwise(right, wrong), mean(right), mean(wrong), *by_kind]
        print(f"| {metric} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")
    if "--examples" in sys.argv:
        for number, row in enumerate(rows):
            print(f"\n{row['id']}: {row['reference']}\n  right: {row['right']}\n  wrong: {row['wrong']}")
            print("  " + ", ".join(f"{m} {r[number]:.2f}/{w[number]:.2f}" for m, (r, w) in scores.items()))


def auc(right: list[float], wrong: list[float]) -> float:
    return mean([1.0 if r > w else 0.5 if r == w else 0.0 for r in right for w in wrong])


def pairwise(right: list[float], wrong: list[float]) -> float:
    return mean([1.0 if r > w else 0.5 if r == w else 0.0 for r, w in zip(right, wrong, strict=True)])


def mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


main()
