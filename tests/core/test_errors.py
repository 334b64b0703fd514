"""Errors say what, where and what next, and own their exit codes."""

from __future__ import annotations

import pytest

from llmops_cli.core import errors
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.verdicts import VerdictKind


def test_an_error_reads_as_one_line() -> None:
    error = errors.UsageError("unknown prompt 'summarise-email'.", where="llmops eval", hint="Did you mean 'x'?")
    assert str(error) == "llmops eval: unknown prompt 'summarise-email'. Did you mean 'x'?"


def test_every_error_class_owns_its_exit_code() -> None:
    groups: list[type[errors.LlmopsError]] = [errors.LlmopsError, *errors.LlmopsError.__subclasses__()]
    codes = [group.exit_code for group in groups if group.__module__ == errors.__name__]
    assert len(codes) == len(set(codes))


def test_the_exit_codes_are_the_published_ones() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "PASS": 0,
        "GATE_FAILED": 1,
        "USAGE": 2,
        "INVALID_FILE": 3,
        "SETUP_MISSING": 4,
        "PROVIDER_FAILED": 5,
        "NOT_RUN": 6,
        "INCOMPARABLE": 7,
        "REFUSED": 8,
        "TARGET_FAILED": 9,
        "INCONCLUSIVE": 10,
        "BUG": 70,
        "INTERRUPTED": 130,
    }
    assert all(code.meaning for code in ExitCode)


@pytest.mark.parametrize("kind", VerdictKind)
def test_only_a_pass_exits_with_zero(kind: VerdictKind) -> None:
    assert (kind.exit_code == 0) == (kind is VerdictKind.PASS)
