"""Published outputs of real models, run as suites through replay: our accuracies beside those that were published.

    python benchmarks/replay_public_outputs.py DIRECTORY [--rows N]

DIRECTORY holds, with the paths of their sources:

- `gsm8k/grade_school_math/data/example_model_solutions.jsonl` (openai/grade-school-math, MIT): school problems, the
  solutions of four models, and for each `is_correct`;
- `llmdrift/generation/LEETCODE_EASY_EVAL.csv` (lchen001/LLMDrift, Apache-2.0): programs of four models, what
  LeetCode said to each as it was (`Code_Submit`), and `Directly Usable`;
- `summarization/summeval.docs-0-49.jsonl` (SummEval by way of neulab/BARTScore, Apache-2.0): news articles, reference
  summaries, the summaries of 16 systems, and what people thought of their relevance.

What is missing there is left out. For each, a registry is made in a scratch folder (prompt, suite, cases, recordings),
and `llmops eval --replay` runs it: nothing is asked of any model.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_cli import cli
from llmops_cli.core.completions import Completion, CompletionRequest, Usage
from llmops_cli.gateway.recordings import Recordings
from llmops_cli.registry.catalog import Catalog
from llmops_cli.registry.project_file import load_project
from llmops_cli.registry.templates.template import render_messages
from llmops_cli.registry.work_tree import WorkTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PROVIDER = "public"
PROJECT = f"providers:\n  {PROVIDER}: {{protocol: replay}}\ngate: {{min_cases: 1}}\n"


@dataclass(frozen=True, kw_only=True)
class Published:
    """A task: its cases, its metrics, per model the answers by case, and what was published about each."""

    id: str
    template: str
    metrics: Sequence[str]
    cases: Sequence[Mapping[str, Any]]
    answers: Mapping[str, Mapping[str, str]]
    right: Mapping[str, Mapping[str, bool]]


def gsm8k(path: Path, rows: int | None) -> Published:
    loaded = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][:rows]
    models = [name for name, value in loaded[0].items() if isinstance(value, dict)]
    named = {f"row-{number:03d}": row for number, row in enumerate(loaded)}
    return Published(
        id="gsm8k",
        template="Solve the problem. End with a line `A: ` and the number.\n\n{{ question }}",
        metrics=["{metric: number_close, extract: last, required: true}"],
        cases=[
            {
                "id": name,
                "variables": {"question": row["question"]},
                "expected": row["ground_truth"].rpartition("A: ")[2].strip(),
            }
            for name, row in named.items()
        ],
        answers={model: {name: row[model]["solution"] for name, row in named.items()} for model in models},
        right={model: {name: row[model]["is_correct"] for name, row in named.items()} for model in models},
    )


def leetcode(path: Path, rows: int | None) -> Published:
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8", newline="") as file:
        loaded = list(csv.DictReader(file))
    by_model: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for row in loaded:
        by_model[row["model"].partition("/")[2]][row["id"]] = row
    ids = list(next(iter(by_model.values())))[:rows]
    first = next(iter(by_model.values()))
    return Published(
        id="leetcode-judged",
        template="{{ problem }}",
        metrics=['{metric: contains, expected: "✔ Accepted", required: true}'],
        cases=[{"id": name, "variables": {"problem": first[name]["query"]}} for name in ids],
        # the judge's reply to the program: what was measured is whether the answer runs as it is
        answers={model: {name: rows[name]["Code_Submit"] for name in ids} for model, rows in by_model.items()},
        right={model: {name: rows[name]["Directly Usable"] == "1" for name in ids} for model, rows in by_model.items()},
    )


def summeval(path: Path, rows: int | None) -> tuple[Published, Mapping[str, float]]:
    loaded = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][:rows]
    systems = list(loaded[0]["sys_summs"])
    named = {f"doc-{number:02d}": row for number, row in enumerate(loaded)}
    task = Published(
        id="summeval",
        template="Summarise the article.\n\n{{ article }}",
        metrics=["{metric: rouge_1, min: 0.3}", "{metric: rouge_l, min: 0.2}"],
        cases=[
            {"id": name, "variables": {"article": row["src"]}, "expected": row["ref_summs"]}
            for name, row in named.items()
        ],
        answers={
            system: {name: row["sys_summs"][system]["sys_summ"] for name, row in named.items()} for system in systems
        },
        right={},
    )
    relevance = {
        system: sum(row["sys_summs"][system]["scores"]["relevance"] for row in loaded) / len(loaded)
        for system in systems
    }
    return task, relevance


def build(task: Published, folder: Path) -> None:
    """Write the registry of a task: project, prompt, suite, cases, recordings."""
    model = f"{PROVIDER}/{next(iter(task.answers))}"
    for path, text in {
        "llmops.yaml": PROJECT,
        f"prompts/{task.id}.yaml": prompt_text(task, model),
        f"evals/{task.id}.yaml": "\n".join(
            [
                f"prompt: {task.id}",
                f"cases: cases/{task.id}.jsonl",
                "metrics:",
                *(f"  - {each}" for each in task.metrics),
                "",
            ]
        ),
        f"evals/cases/{task.id}.jsonl": "".join(f"{json.dumps(case)}\n" for case in task.cases),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    tree = WorkTree(folder)
    prompt = Catalog(tree, load_project(tree).settings).prompt(task.id)
    recordings = Recordings(folder / "evals/recordings")
    for name, answers in task.answers.items():
        settings = replace(prompt.model, name=f"{PROVIDER}/{name}")
        for case in task.cases:
            messages = render_messages(prompt, case["variables"])
            request = CompletionRequest(messages=messages, model=settings, output=prompt.output, tools=prompt.tools)
            recordings.add(
                request, Completion(text=answers[case["id"]], usage=Usage(estimated=True), model_served=name)
            )
    recordings.close()


def prompt_text(task: Published, model: str) -> str:
    (name,) = task.cases[0]["variables"]
    return "\n".join(
        [
            f"id: {task.id}",
            "version: 1",
            "description: Answers of real models, as they were published.",
            "owner: benchmarks",
            f"model: {{name: {model}, temperature: 0, max_tokens: 2000}}",
            f"template: {json.dumps(task.template)}",
            "variables:",
            f"  {name}: {{type: string, description: The input as it was published.}}",
            "",
        ]
    )


def evaluate(task: Published, folder: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, bool]]]:
    """Yield per model the run as `eval --format json` says it, and which cases passed."""
    build(task, folder)
    models = [word for name in task.answers for word in ("--model", f"{PROVIDER}/{name}")]
    document = json.loads(llmops(folder, "eval", task.id, "--replay", "--format", "json", *models))
    for run in document["runs"]:
        assert run["trials"]["errored"] == 0, run["errors"][:1]
        name = run["model"].partition("/")[2]
        lines = llmops(folder, "report", run["run"].rpartition("/")[2], "--format", "jsonl").splitlines()
        trials = [json.loads(line) for line in lines]
        yield name, run, {trial["case"]: trial["state"] == "pass" for trial in trials}


def llmops(folder: Path, *words: str) -> str:
    out, before = io.StringIO(), Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out):
            cli.main([*words, "-q"])
    finally:
        os.chdir(before)
    return out.getvalue()


def print_accuracies(task: Published) -> bool:
    """Print a row per model; tell whether every verdict is the published one."""
    agree = True
    with tempfile.TemporaryDirectory() as folder:
        for name, _, passed in evaluate(task, Path(folder)):
            stated = task.right[name]
            differing = sum(passed[case] != stated[case] for case in stated)
            agree &= not differing
            ours, theirs = sum(passed.values()) / len(passed), sum(stated.values()) / len(stated)
            print(f"| {task.id} | {name} | {len(passed)} | {ours:.4f} | {theirs:.4f} | {differing} |")
    return agree


def print_summaries(task: Published, relevance: Mapping[str, float]) -> None:
    """Print what people thought beside what the metrics measure, and how far the orders of systems agree."""
    means: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, run, _ in evaluate(task, Path(folder)):
            means[name] = {metric["name"]: metric["mean"] for metric in run["metrics"]}
    metrics = list(next(iter(means.values())))
    print(f"\n| system | relevance (people, 1-5) | {' | '.join(metrics)} |")
    print(f"| --- | ---: |{' ---: |' * len(metrics)}")
    for name in sorted(means, key=lambda each: -relevance[each]):
        print(f"| {name} | {relevance[name]:.2f} | {' | '.join(f'{means[name][metric]:.4f}' for metric in metrics)} |")
    told = [
        f"{metric} {concordance([relevance[name] for name in means], [means[name][metric] for name in means]):+.2f}"
        for metric in metrics
    ]
    print(f"\nKendall's tau with people's order of the {len(means)} systems: {', '.join(told)}")


def concordance(left: Sequence[float], right: Sequence[float]) -> float:
    """Return Kendall's tau-a."""
    pairs = [(i, j) for i in range(len(left)) for j in range(i)]
    signs = [(left[i] - left[j]) * (right[i] - right[j]) for i, j in pairs]
    return (sum(sign > 0 for sign in signs) - sum(sign < 0 for sign in signs)) / len(pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rows", type=int, default=None)
    arguments = parser.parse_args()
    places = {
        gsm8k: arguments.directory / "gsm8k/grade_school_math/data/example_model_solutions.jsonl",
        leetcode: arguments.directory / "llmdrift/generation/LEETCODE_EASY_EVAL.csv",
    }
    agree = True
    print("| task | model | cases | accuracy here | published | cases that differ |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for load, path in places.items():
        if path.exists():
            agree &= print_accuracies(load(path, arguments.rows))
    summaries = arguments.directory / "summarization/summeval.docs-0-49.jsonl"
    if summaries.exists():
        print_summaries(*summeval(summaries, arguments.rows))
    return 0 if agree else 1


if __name__ == "__main__":
    raise SystemExit(main())
