"""How long a read from the client's memory takes, and 100,000 mutated answers.

    python benchmarks/client_read.py [--mutations 100000]

Figures of design: a read from memory under 5 µs; no crash and no wrong prompt.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import timeit
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from release.mutations import mutated
from release.samples import NAME, publish, release

from llmops_cli.client import PromptClient, Source
from llmops_cli.core.snapshot import parse_snapshot
from llmops_cli.core.strict_document import DocumentError
from llmops_cli.release.snapshots import load_snapshot
from llmops_cli.release.targets.sqlite import SqliteTarget

READS = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mutations", type=int, default=100_000)
    mutations = parser.parse_args().mutations
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteTarget(Path(folder) / "releases.db")
        publish(store, *(release(1, name=f"prompt-{n}x") for n in range(999)), release(1))
        data = load_snapshot(store, "production").data()
        bundle = Path(folder) / "bundle"
        bundle.write_bytes(data)
        small = SqliteTarget(Path(folder) / "small.db")
        publish(small, release(1), release(1, name="other"))
        few = load_snapshot(small, "production")
        store.close()
        small.close()
        with PromptClient("http://127.0.0.1:9", bundle=bundle, use_disk=False) as client:
            assert client.get(NAME).source is Source.BUNDLE
            taken = min(timeit.repeat(lambda: client.get(NAME), number=READS // 5, repeat=5)) / (READS // 5)
            print(f"a read among 1,000 prompts: {taken * 1e6:.2f} µs (goal: under 5)")
        seconds = min(timeit.repeat(lambda: parse_snapshot(data, "production"), number=1, repeat=3))
        print(f"checking a snapshot of 1,000 prompts ({len(data) / 1e6:.1f} MB): {seconds:.2f} s, in the background")
        hostile(few.data(), {item.digest for item in few.releases.values()}, mutations)


def hostile(data: bytes, allowed: set[str], count: int) -> None:
    source = random.Random(11)  # noqa: S311 - to repeat it
    taken_over = 0
    for _ in range(count):
        try:
            found = parse_snapshot(mutated(data, source), "production")
        except DocumentError:
            continue
        taken_over += 1
        assert {item.digest for item in found.releases.values()} <= allowed
    print(f"{count} mutated answers: no crash, no wrong prompt; {taken_over} were whole and right after all")


if __name__ == "__main__":
    main()
