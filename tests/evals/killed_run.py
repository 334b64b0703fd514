"""A run in a process of its own, to be killed: `python killed_run.py FOLDER CALLS CASES CONCURRENCY [PAUSE]`.

Every call of the model is written to the file CALLS before the model answers, as a paid call would be.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from evals.eval_world import Echo, World, cases_of, job_of

if TYPE_CHECKING:
    from llmops_cli.core.completions import Completion, CompletionRequest


class Counted(Echo):
    """Pays, waits, answers."""

    def __init__(self, calls: Path, pause_seconds: float) -> None:
        super().__init__()
        self._calls = os.open(calls, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._pause = pause_seconds

    async def complete(self, request: CompletionRequest) -> Completion:
        os.write(self._calls, f"{request.messages[-1].content}#{request.trial}\n".encode())
        await asyncio.sleep(self._pause)
        return await super().complete(request)


def main(folder: str, calls: str, cases: str, concurrency: str, pause: str = "0.001") -> None:
    job = job_of(cases_of(int(cases), wrong_every=7), repeats=2, concurrency=int(concurrency))
    World(Path(folder)).run(job, Counted(Path(calls), float(pause)))


if __name__ == "__main__":
    main(*sys.argv[1:])
