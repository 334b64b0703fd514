"""The exit codes of the command line: a public contract, one meaning each, never reused."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """What a finished command says to the shell and to CI."""

    PASS = 0, "everything asked for was done and is fine"
    GATE_FAILED = 1, "a regression, or a must-have is broken"
    USAGE = 2, "the command line itself is wrong"
    INVALID_FILE = 3, "a file has errors; every one of them is listed"
    SETUP_MISSING = 4, "something on this machine is missing: Git, a key, an extra, a permission"
    PROVIDER_FAILED = 5, "a provider or judge failed; no verdict is possible"
    NOT_RUN = 6, "nothing matched, so nothing was run"
    INCOMPARABLE = 7, "there is no usable baseline to compare with"
    REFUSED = 8, "the change is refused or conflicts with a newer one"
    TARGET_FAILED = 9, "the place where releases go failed"
    INCONCLUSIVE = 10, "too few cases, too noisy, or the budget was reached"
    BUG = 70, "a defect in llmops; the report file says where"
    INTERRUPTED = 130, "stopped by Ctrl-C or SIGTERM; what is done is kept"

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """Give each number the sentence that help texts and docs print."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member
