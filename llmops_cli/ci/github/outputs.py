"""What a step hands to the runner: outputs, the step summary, and a log whose lines are no commands.

Outputs have fixed forms, so that nothing that others wrote can travel through them into a shell.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PATH = r"[^\r\n]{0,1000}"

OUTPUTS: Mapping[str, tuple[str, str]] = {
    "conclusion": ("What the check says.", "success|failure|action_required|neutral"),
    "exit-code": ("The exit code of the gate, as `llmops gate` would end.", r"\d{1,3}"),
    "held": ("Whether the change loosens its own gate and nobody approved that.", "true|false"),
    "affected": ("Ids of the affected prompts, separated by blanks.", "(?:[a-z0-9]+(?:-[a-z0-9]+)*(?: (?!$)|$))*"),
    "score": (
        "The score of the suite at the head in percent, of the prompt with the lowest; empty when none was measured.",
        r"(?:\d{1,3}\.\d)?",
    ),
    "cost-usd": ("What live calls of this check cost, in US dollars.", r"\d{1,9}\.\d{4}"),
    "report-path": ("The whole report as JSON.", _PATH),
    "comment-path": ("The comment as Markdown.", _PATH),
    "sarif-path": ("All remarks on lines as SARIF.", _PATH),
}
"""Name → what it says, and the form that a value has to have."""


@dataclass(frozen=True, slots=True)
class StepFiles:
    """The files that the runner reads after the step; empty where there is none (outside of GitHub)."""

    output: str = ""
    summary: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> StepFiles:
        """Take the files that the runner names."""
        return cls(output=environ.get("GITHUB_OUTPUT", ""), summary=environ.get("GITHUB_STEP_SUMMARY", ""))


def output_lines(values: Mapping[str, str], token: Callable[[], str]) -> str:
    """Return the text for GITHUB_OUTPUT, each value between delimiters that nobody can foresee.

    Raises:
        ValueError: when a name is unknown or a value has another form than its output.
    """
    text = ""
    for name, value in values.items():
        _, form = OUTPUTS[name]
        if not re.fullmatch(form, value, re.ASCII):
            message = f"the output '{name}' cannot be {value!r}"
            raise ValueError(message)
        delimiter = f"llmops-{token()}"
        text += f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
    return text


def append(path: str, text: str) -> None:
    """Add text to a file of the runner; nothing happens where it named none.

    Raises:
        SetupError: when the file cannot be written.
    """
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - the runner names a file
            file.write(text)
    except OSError as error:
        message = f"a file of the runner cannot be written: {error.strerror}."
        raise SetupError(message) from error


@contextmanager
def without_commands(write: Callable[[str], None], token: Callable[[], str]) -> Iterator[None]:
    """Let the runner take no line for a command until the end; only who knows the token can end it."""
    word = f"llmops-{token()}"
    write(f"::stop-commands::{word}")
    try:
        yield
    finally:
        write(f"::{word}::")
