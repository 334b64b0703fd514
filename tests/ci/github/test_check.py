"""What the check says: never green by accident."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from ci.github.gate_reports import change, finding, prompt_report, report

from llmops_cli.ci.github.check import check_of, check_of_error
from llmops_cli.ci.github.outputs import output_lines
from llmops_cli.ci.prompt_report import Conclusion
from llmops_cli.core.errors import InvalidFileError, LlmopsError, ProviderError, SetupError, UsageError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.findings import Severity

GATE_CODES = (
    ExitCode.PASS,
    ExitCode.GATE_FAILED,
    ExitCode.PROVIDER_FAILED,
    ExitCode.NOT_RUN,
    ExitCode.INCOMPARABLE,
    ExitCode.INCONCLUSIVE,
)


def test_green_is_only_what_passed_or_what_the_policy_lets_through() -> None:
    flags = itertools.product((False, True), repeat=3)
    for (one, other), (held, invalid, strict) in itertools.product(itertools.product(GATE_CODES, GATE_CODES), flags):
        value = replace(
            report("word"),
            prompts=(prompt_report("a", code=one), prompt_report("b", code=other)),
            changes=(change("x"),) if held else (),
            findings=(finding("x", Severity.ERROR),) if invalid else (),
            strict=strict,
        )
        check = check_of(value)
        undecided = {one, other} - {ExitCode.PASS}

        assert (check.exit_code is ExitCode.PASS) == (check.conclusion in {Conclusion.SUCCESS, Conclusion.NEUTRAL})
        if held or invalid or (strict and undecided) or undecided - {ExitCode.INCONCLUSIVE}:
            assert check.exit_code is not ExitCode.PASS
        if undecided:
            assert check.conclusion is not Conclusion.SUCCESS


@pytest.mark.parametrize("error", [UsageError("x"), SetupError("x"), ProviderError("x"), LlmopsError("x")])
def test_a_check_that_could_not_be_made_needs_a_person(error: LlmopsError) -> None:
    check = check_of_error(error)

    assert check.conclusion is Conclusion.ACTION_REQUIRED
    assert check.exit_code == error.exit_code != ExitCode.PASS


def test_an_invalid_file_is_a_failure() -> None:
    assert check_of_error(InvalidFileError("x")).conclusion is Conclusion.FAILURE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("affected", "a; rm -rf /"),
        ("affected", "a\nb"),
        ("conclusion", "success\n"),
        ("held", "$(id)"),
        ("score", "nan"),
    ],
)
def test_an_output_of_another_form_is_never_written(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        output_lines({name: value}, lambda: "0")
