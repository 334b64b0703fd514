"""A deterministic evaluation against a model in the process: CPU per case, and memory by the number of cases.

Run: `python benchmarks/eval_deterministic.py`. Each row is a process of its own; "CPU" is the processor time of the
whole process after start-up (imports and the cases themselves), from the first trial to the written `run.json`.
The floor is the bare loop in the same process: render and echo, nothing kept.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llmops_cli.core.completions import Completion, CompletionRequest, Usage
from llmops_cli.core.prompts import ModelSettings, Prompt, Role, Template, Variable
from llmops_cli.core.suites import Case, MetricSpec, Suite
from llmops_cli.evals.engine import evaluate
from llmops_cli.evals.job import EvalJob
from llmops_cli.evals.measuring.metric_table import bind
from llmops_cli.evals.ports import EvalPorts
from llmops_cli.evals.runs.journal import read_entries
from llmops_cli.evals.runs.run_folder import RunFolders
from llmops_cli.evals.runs.summary_builder import summarize
from llmops_cli.registry.templates.template import render_messages

TARGET_MS = 0.5
TARGET_MEMORY_RATIO = 1.3
SIZES = (1_000, 10_000)
ROUNDS = 3


def measure(count: int) -> dict[str, float]:

    class Echo:
        async def complete(self, request: CompletionRequest) -> Completion:
            return Completion(
                text=request.messages[-1].content, usage=Usage(input_tokens=9, output_tokens=9), cost_usd=0.0
            )

    settings = ModelSettings(name="echo/echo", temperature=0.0)
    text = "Answer the customer: {{ question }}"
    prompt = Prompt(
        id="echo",
        version=1,
        path="prompts/echo.yaml",
        model=settings,
        messages=(Template(role=Role.USER, source=text, resolved=text),),
        variables=(Variable(name="question"),),
    )
    cases = tuple(
        Case(id=f"case-{n:06d}", variables={"question": f"where is order {n}?"}, expected=f"order {n}?")
        for n in range(count)
    )
    suite = Suite(
        prompt_id="echo", path="evals/echo.yaml", cases=cases, metrics=(MetricSpec(metric="contains", name="contains"),)
    )
    job = EvalJob(prompt=prompt, suite=suite, model=settings, cases=cases, concurrency=50)

    async def bare() -> None:
        model = Echo()
        for case in cases:
            await model.complete(job.request(render_messages(prompt, case.variables), 0))

    render_messages(prompt, cases[0].variables)  # the template is compiled once, in start-up
    started = time.process_time()
    asyncio.run(bare())
    floor = time.process_time() - started
    with tempfile.TemporaryDirectory() as root:
        folders = RunFolders(Path(root), now=lambda: datetime.now(UTC), clock=time.monotonic)
        started = time.process_time()
        run = folders.open(job)
        ports = EvalPorts(
            model=Echo(),
            render=render_messages,
            bind=bind,
            clock=time.monotonic,
            journal=run.journal,
            progress=lambda _: None,
        )
        end = asyncio.run(evaluate(job, ports))
        summary = summarize(job, read_entries(run.journal.path))
        folders.finish(run, summary, end)
        spent = time.process_time() - started
    assert summary.cases.passed == count
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"floor_ms": floor / count * 1000, "ms": spent / count * 1000, "peak_mib": peak}


def best(count: int) -> dict[str, float]:
    rounds: list[dict[str, Any]] = [
        json.loads(subprocess.run([sys.executable, __file__, str(count)], check=True, capture_output=True).stdout)
        for _ in range(ROUNDS)
    ]
    return {name: min(result[name] for result in rounds) for name in rounds[0]}


def main() -> int:
    results = {count: best(count) for count in SIZES}
    print(f"{'cases':>8} {'bare loop ms':>13} {'eval ms':>9} {'over it':>8} {'peak MiB':>9}")
    for count, result in results.items():
        ratio = result["ms"] / result["floor_ms"]
        print(f"{count:>8,} {result['floor_ms']:>13.3f} {result['ms']:>9.3f} {ratio:>7.1f}x {result['peak_mib']:>9.1f}")
    memory = results[SIZES[1]]["peak_mib"] / results[SIZES[0]]["peak_mib"]
    cpu = results[SIZES[1]]["ms"]
    print(f"CPU per case at {SIZES[1]:,}: {cpu:.3f} ms (target under {TARGET_MS})")
    print(f"memory of {SIZES[1]:,} over {SIZES[0]:,}: {memory:.2f}x (target at most {TARGET_MEMORY_RATIO})")
    return 0 if cpu < TARGET_MS and memory <= TARGET_MEMORY_RATIO else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        sys.exit(main())
