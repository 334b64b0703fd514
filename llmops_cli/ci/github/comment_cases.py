"""Cases to look at, folded one by one: input, expected answer, what the base and what the head answers."""

from __future__ import annotations

import json
from textwrap import indent
from typing import TYPE_CHECKING

from llmops_cli.ci.github.comment_layout import Section
from llmops_cli.ci.github.markup import code, fenced, html_code, prose
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.ci.gate_runs import RegressedCase
    from llmops_cli.ci.prompt_report import PromptReport
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.suites import Expected

MOST_CASES = 50
LONGEST_VALUE = 1500
LONGEST_CASE = 8000
SHORT = 80
"""Characters of an expected object that are shown in one line, as answers mostly come."""

_FIRST_RANK = 10
"""The first cases outlive the tables, the later ones go before anything else."""


def case_sections(prompt: PromptReport) -> Iterator[Section]:
    """Yield one section per case; the first are the last to be left out."""
    run = prompt.decisive or prompt.head_suite
    if run is None or not run.cases:
        return
    yield Section(text="**Cases to look at**", rank=_FIRST_RANK, name="heading")
    for number, case in enumerate(run.cases[:MOST_CASES]):
        yield Section(text=_case(case, shown=number == 0), rank=_FIRST_RANK + number, name="case")
    if len(run.cases) > MOST_CASES:
        told = f"And {len(run.cases) - MOST_CASES} more cases, which the report file has."
        yield Section(text=told, rank=_FIRST_RANK, name="remark")


def _case(case: RegressedCase, *, shown: bool) -> str:
    """Return one case, folded unless it is `shown`: the gravest one answers "what went wrong?" without a click."""
    critical = " (critical)" if case.critical else ""
    before = f", was {case.base_passes} of {case.base_trials}" if case.base_trials else ", not in the baseline"
    counts = f"passes {case.passes} of {case.trials}{before}" if case.trials else f"not measured{before}"
    lines = [f"<details{' open' if shown else ''}><summary>{html_code(case.case_id)}{critical}: {counts}</summary>", ""]
    lines += [f"- {prose(reason)}" for reason in case.reasons]
    lines += [f"- At {code(f'{case.path}:{case.line}')}", ""]
    parts = [("input", _input(case.input)), ("expected", _expected(case.expected))]
    parts += [("answer before", case.base_output), ("answer now", case.head_output)]
    block = "\n".join(_labelled(label, text) for label, text in parts if text is not None)
    return "\n".join([*lines, fenced(block, limit=LONGEST_CASE), "", "</details>"])


def _labelled(label: str, text: str) -> str:
    """Return the text below its label, pushed in, so that no line of it can pass for a label."""
    shown = shortened(safe_text(text or "(empty)"), LONGEST_VALUE)
    return f"{label}\n{indent(shown, '    ', lambda _: True)}"


def _input(values: JsonObject) -> str:
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in values.items()
    )


def _expected(expected: Expected) -> str | None:
    if expected is None or isinstance(expected, str):
        return expected
    if isinstance(expected, tuple):
        return "one of:\n" + "\n".join(expected)
    in_one_line = json.dumps(expected, ensure_ascii=False)
    return in_one_line if len(in_one_line) <= SHORT else json.dumps(expected, ensure_ascii=False, indent=2)
