"""Bytes → text: encoding, size, line breaks, and the states in which Git leaves a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.findings import Position, Severity
from llmops_cli.registry.documents.text_policy import describe

if TYPE_CHECKING:
    from llmops_cli.registry.documents.file_findings import FileFindings

MAX_BYTES = 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_LFS = b"version https://git-lfs.github.com/spec/"
_CONFLICT = re.compile(r"^(?:<<<<<<<|>>>>>>>)(?: .*)?\r?$", re.MULTILINE)
_STRANGE_BREAK = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
_LEAD_OF_SURROGATE = 0xED
_FIRST_SURROGATE_BYTE = 0xA0


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file, without a byte order mark, line breaks as they are."""

    text: str

    def position(self, offset: int) -> Position:
        """Return the line and column of the character at `offset`."""
        start = self.text.rfind("\n", 0, offset) + 1
        return Position(self.text.count("\n", 0, offset) + 1, offset - start + 1)


def read_source(data: bytes, findings: FileFindings, *, max_bytes: int = MAX_BYTES) -> Source | None:
    """Return the text of a file, or None when it cannot be read; the findings say why."""
    if len(data) > max_bytes:
        message = f"The file has {len(data):,} bytes; at most {max_bytes:,} are read."
        findings.add("file-too-large", message, Position(), hint="Move data to a dataset, or split the file.")
        return None
    text = _decode(data, findings)
    if text is None:
        return None
    if not text or text.isspace():
        findings.add("empty-file", "The file is empty.", Position(), hint="Write its content, or delete it.")
        return None
    if data.startswith(_LFS):
        message = "This is a Git LFS pointer, not the file itself."
        findings.add("lfs-pointer", message, Position(), hint="Run: git lfs pull")
        return None
    source = Source(text)
    return None if _in_conflict(source, findings) else source


def check_line_breaks(source: Source, findings: FileFindings) -> bool:
    """Report every break that is neither LF nor CRLF; True when there is a bare CR, which hides all lines.

    YAML 1.1 breaks lines at U+0085, U+2028 and U+2029, editors and code review do not: a key could hide
    behind them.
    """
    bare_returns = 0
    for match in _STRANGE_BREAK.finditer(source.text):
        character = match.group()
        bare_returns += character == "\r"
        if character == "\r" and bare_returns > 1:
            continue
        message = f"{describe(ord(character))} breaks a line for some tools and not for others."
        hint = "Convert the line ends to LF." if character == "\r" else "Put a line feed or a space in its place."
        findings.add("line-break", message, source.position(match.start()), hint=hint)
    return bool(bare_returns)


def _decode(data: bytes, findings: FileFindings) -> str | None:
    for mark, encoding in _WIDE_BOMS:
        if data.startswith(mark):
            message = f"The file is {encoding} (it starts with its byte order mark), not UTF-8."
            hint = f"Convert it: iconv -f {encoding} -t UTF-8 old-file > new-file"
            findings.add("not-utf8", message, Position(), hint=hint)
            return None
    if data.startswith(_BOM):
        message = "The file starts with a UTF-8 byte order mark, which is left out."
        findings.add("byte-order-mark", message, Position(), hint="Save it without.", severity=Severity.WARNING)
        data = data[len(_BOM) :]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        _report_bad_byte(data, error, findings)
        return None


def _report_bad_byte(data: bytes, error: UnicodeDecodeError, findings: FileFindings) -> None:
    line_start = data.rfind(b"\n", 0, error.start) + 1
    column = len(data[line_start : error.start].decode("utf-8", "replace")) + 1
    position = Position(data.count(b"\n", 0, error.start) + 1, column)
    message = f"Byte {error.start} (0x{data[error.start]:02x}) is not UTF-8: {_why(data, error.start)}."
    hint = "Save the file as UTF-8. If it is Latin-1: iconv -f WINDOWS-1252 -t UTF-8 old-file > new-file"
    findings.add("not-utf8", message, position, hint=hint)


def _why(data: bytes, start: int) -> str:
    lead, following = data[start], data[start + 1] if start + 1 < len(data) else 0
    if lead == _LEAD_OF_SURROGATE and following >= _FIRST_SURROGATE_BYTE:
        return "it starts an encoded surrogate, which is not a character"
    if lead in {0xC0, 0xC1} or (lead, following & 0xE0) == (0xE0, 0x80) or (lead, following & 0xF0) == (0xF0, 0x80):
        return "it starts an overlong form of a shorter character"
    return "it fits no character here"


def _in_conflict(source: Source, findings: FileFindings) -> bool:
    if "<<<<<<<" not in source.text and ">>>>>>>" not in source.text:
        return False
    match = _CONFLICT.search(source.text)
    if match is None:
        return False
    message = "An unresolved merge conflict starts here."
    hint = "Keep one side (or both), remove the markers, and run validate again."
    findings.add("merge-conflict", message, source.position(match.start()), hint=hint)
    return True
