"""`validate` on thousands of prompt files: CPU beyond the YAML event scan, and memory.

Run: python benchmarks/validate.py [files]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

FILES = 10_000
FILE_BYTES = 2_048
LIMIT_MILLISECONDS = 1.0
"""What `validate` may cost a file beyond the event scan of the same bytes, in CPU."""

LIMIT_GROWTH = 1.3

PROMPT = """\
id: {id}
version: 1
description: Summarises one customer e-mail in a sentence.
owner: support-platform
tags: [support, summarization]
model:
  name: openai/gpt-5-mini-2026-08-07
  temperature: 0.2
  max_tokens: 120
messages:
  - role: system
    content: |
      You summarise e-mails for a support team. Answer with one sentence.
{filler}
  - role: user
    content: |
      {{% if subject %}}Subject: {{{{ subject }}}}
      {{% endif %}}{{{{ email }}}}
variables:
  email: {{type: string, description: The raw e-mail body., max_tokens: 4000}}
  subject: {{type: string, default: ''}}
budget: {{prompt_tokens: 5000}}
traffic: {{calls_per_day: 1000}}
"""
LINE = "      Keep names, dates and amounts exactly as they are; leave out greetings, thanks and signatures.\n"


def main() -> None:
    """Measure in processes of their own, so that nothing is warm and memory is each one's own."""
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(_measure(sys.argv[2], Path(sys.argv[3]))))
        return
    count = int(sys.argv[1]) if sys.argv[1:] else FILES
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few", Path(folder) / "many"
        _write(few, max(count // 10, 1))
        size = _write(many, count)
        scan = _run("scan", many)
        ours = _run("validate", many)
        small = _run("validate", few)
    extra = (ours["cpu_seconds"] - scan["cpu_seconds"]) / count * 1000
    growth = ours["peak_mib"] / small["peak_mib"]
    print(f"{count:,} prompt files of {size:,} bytes, {ours['findings']:.0f} findings\n")
    print(f"{'':44}{'CPU s':>8}{'ms a file':>11}")
    for name, seconds in (
        ("YAML event scan (libyaml), the floor", scan["cpu_seconds"]),
        ("llmops validate, all rules", ours["cpu_seconds"]),
    ):
        print(f"{name:44}{seconds:8.2f}{seconds / count * 1000:11.3f}")
    print(f"{'difference (limit ' + format(LIMIT_MILLISECONDS, 'g') + ' ms)':44}{'':8}{extra:11.3f}")
    print(f"\npeak memory: {small['peak_mib']:.1f} MiB for a tenth of the files, {ours['peak_mib']:.1f} MiB for all")
    print(f"growth {growth:.2f} times (limit {LIMIT_GROWTH:g})")
    sys.exit(0 if extra < LIMIT_MILLISECONDS and growth < LIMIT_GROWTH else 1)


def _write(root: Path, count: int) -> int:
    prompts = root / "prompts"
    prompts.mkdir(parents=True)
    size = 0
    for number in range(count):
        prompt_id = f"summarize-email-{number:05}-x"
        bare = len(PROMPT.format(id=prompt_id, filler=""))
        text = PROMPT.format(id=prompt_id, filler=(LINE * ((FILE_BYTES - bare) // len(LINE) + 1)).rstrip("\n"))
        (prompts / f"{prompt_id}.yaml").write_text(text, encoding="utf-8")
        size = len(text.encode())
    return size


def _run(what: str, root: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", what, str(root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return cast("dict[str, float]", json.loads(done.stdout))


def _measure(what: str, root: Path) -> dict[str, float]:
    start = time.process_time()
    findings = _scan(root) if what == "scan" else _validate(root)
    return {"cpu_seconds": time.process_time() - start, "peak_mib": _peak_mib(), "findings": findings}


def _scan(root: Path) -> int:
    import yaml  # noqa: PLC0415 - part of what is measured

    for path in sorted((root / "prompts").iterdir()):
        for _ in yaml.parse(path.read_bytes(), Loader=yaml.CSafeLoader):
            pass
    return 0


def _validate(root: Path) -> int:
    from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS  # noqa: PLC0415 - part of what is measured
    from llmops_cli.registry.catalog import Catalog  # noqa: PLC0415
    from llmops_cli.registry.project_file import load_project  # noqa: PLC0415
    from llmops_cli.registry.validation import validate  # noqa: PLC0415
    from llmops_cli.registry.work_tree import WorkTree  # noqa: PLC0415

    tree = WorkTree(root)
    catalog = Catalog(tree, load_project(tree).settings)
    return sum(len(report.findings) for report in validate(catalog, metrics=KNOWN_METRICS))


def _peak_mib() -> float:
    import resource  # noqa: PLC0415 - not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
