"""Trials as JUnit XML, which every CI system shows; errors are errors there, not failures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.reports.trial_rows import TrialRow

LONGEST_TEXT = 20_000

# what XML 1.0 cannot hold even escaped: most controls, surrogates, U+FFFE and U+FFFF
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def eval_junit(suites: Sequence[Sequence[TrialRow]]) -> str:
    """Return one `<testsuite>` per run and one `<testcase>` per trial."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites name="llmops">']
    for rows in suites:
        lines += _suite(rows)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(rows: Sequence[TrialRow]) -> Iterator[str]:
    if not rows:
        return
    states = [row.state for row in rows]
    name = f"{rows[0].prompt} on {rows[0].model}"
    yield (
        f'  <testsuite name={xml_attribute(name)} tests="{len(rows)}" failures="{states.count("fail")}"'
        f' errors="{states.count("error")}" skipped="{states.count("not run")}"'
        f' time="{sum(row.seconds for row in rows):.3f}">'
    )
    for row in rows:
        yield from _case(row, several=any(other.trial for other in rows))
    yield "  </testsuite>"


def _case(row: TrialRow, *, several: bool) -> Iterator[str]:
    name = f"{row.case_id} [trial {row.trial + 1}]" if several else row.case_id
    place = f" file={xml_attribute(row.path)}" + f' line="{row.line}"' if row.path else ""
    names = f"classname={xml_attribute(row.prompt)} name={xml_attribute(name)}"
    head = f'    <testcase {names} time="{row.seconds:.3f}"{place}'
    if row.state == "pass" and not row.warnings:
        yield f"{head}/>"
        return
    yield f"{head}>"
    if row.state == "not run":
        yield '      <skipped message="not run: the run stopped early"/>'
    elif row.state != "pass":
        tag = "failure" if row.state == "fail" else "error"
        first = row.why[0] if row.why else row.state
        body = "\n".join([*row.why, f"expected: {row.expected}", f"got: {row.got}"])
        yield f"      <{tag} message={xml_attribute(first)}>{xml_body(body)}</{tag}>"
    if row.warnings:
        # no failure: a judge without a licence decides nothing, and CI systems show this beside the case
        told = "\n".join(f"only warns: {warning}" for warning in row.warnings)
        yield f"      <system-out>{xml_body(told)}</system-out>"
    yield "    </testcase>"


def _text(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", safe_text(text))[:LONGEST_TEXT]


def xml_body(text: str) -> str:
    """Return any text as the content of an element, without anything that a CI runner takes for a command."""
    # as character references, what a CI runner would take for commands is the same to an XML reader
    escaped = escape(_text(text)).replace("##[", "#&#35;[")
    return re.sub(r"(?m)^(\s*)::", r"\1&#58;:", escaped)


def xml_attribute(text: str) -> str:
    """Return any text as the quoted value of an attribute."""
    return quoteattr(_text(safe_text(text, one_line=True)))
