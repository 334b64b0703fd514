"""How the semantic metrics agree with people: SummEval's expert ratings of 16 systems.

    python benchmarks/semantic_on_summeval.py [summeval.jsonl]

Without an argument it reads the ten documents in `tests/data/summeval`. The best of a document's reference summaries
counts. Two figures: Spearman's rho over all outputs, and Kendall's tau over the systems' means.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from scipy.stats import kendalltau, spearmanr

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.semantic_models import METRICS, models, scorer, values

DATA = Path(__file__).parents[1] / "tests" / "data" / "summeval" / "summeval-10.jsonl"
RATINGS = ("coherence", "consistency", "fluency", "relevance")


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    documents = [as_ours(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    names = sorted(documents[0]["systems"])
    outputs = [(document, name) for document in documents for name in names]
    pairs = [(d["systems"][name]["output"], tuple(d["references"])) for d, name in outputs]
    ratings = {r: [d["systems"][name]["scores"][r] for d, name in outputs] for r in RATINGS}
    using = models()
    print(f"{len(documents)} documents, {len(names)} systems, {len(documents[0]['references'])} references\n")
    print("| metric | " + " | ".join(f"{r}: outputs | systems" for r in RATINGS) + " |")
    print("|---|" + "---|" * 2 * len(RATINGS))
    for metric in METRICS:
        found = values(scorer(metric, using), pairs)
        cells = []
        for rating in RATINGS:
            cells.append(float(spearmanr(found, ratings[rating]).statistic))
            ours, theirs = (by_system(numbers, len(names)) for numbers in (found, ratings[rating]))
            cells.append(float(kendalltau(ours, theirs).statistic))
        print(f"| {metric} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")


def by_system(numbers: list[float], systems: int) -> list[float]:
    return [sum(numbers[start::systems]) / len(numbers[start::systems]) for start in range(systems)]


def as_ours(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document of the published file in the shape of ours."""
    if "systems" in document:
        return document
    systems = {k: {"output": v["sys_summ"], "scores": v["scores"]} for k, v in document["sys_summs"].items()}
    return {"id": document["id"], "references": document["ref_summs"], "systems": systems}


main()
