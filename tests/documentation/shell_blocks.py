"""Shell blocks of Markdown pages: what is typed, what is printed, and how the two are compared.

A fenced block of the language `console` is a transcript. A line `$ command` is typed in a fresh clone of the
repository; a line `# exit 7` after it names the exit code where it is not 0; the lines that follow are what
the command prints, stdout and stderr together, at 80 columns. A line `…` stands for any lines, `…` inside a
line for any text. A block without printed lines only has to run. The comment `<!-- not run: why -->` on the
line before the fence leaves a block out, and has to say why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FENCE = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^>]+) -->\n)?```(?P<language>console|sh|bash|shell)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a block with what it prints."""

    command: str
    exit_code: int
    printed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block; `reason` says why it is not run."""

    page: str
    line: int
    language: str
    reason: str
    steps: tuple[Step, ...]


def blocks_of(page: Path, root: Path) -> list[Block]:
    """Return the shell blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page=page.relative_to(root).as_posix(),
            line=text.count("\n", 0, match.start()) + 1,
            language=match["language"],
            reason=(match["reason"] or "").strip(),
            steps=_steps(match["body"]),
        )
        for match in _FENCE.finditer(text)
    ]


def _steps(body: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for chunk in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, *lines = chunk.rstrip("\n").split("\n")
        while command.endswith("\\"):
            command = command[:-1] + lines.pop(0).removeprefix("> ")
        exit_code = 0
        if lines and (named := re.fullmatch(r"# exit (\d+)", lines[0])):
            exit_code = int(named[1])
            lines.pop(0)
        steps.append(Step(command=command, exit_code=exit_code, printed=tuple(lines)))
    return tuple(steps)


def same_output(expected: tuple[str, ...], printed: str) -> bool:
    """Tell whether a transcript is what was printed; blank lines at either end do not count."""
    told = "\n".join(expected).strip("\n").split("\n")
    lines = [r"(?:.*\n)*" if line.strip() == "…" else _line(line) + r"\n" for line in told]
    return re.fullmatch("".join(lines), printed.strip("\n") + "\n") is not None


def _line(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ \t]*"
