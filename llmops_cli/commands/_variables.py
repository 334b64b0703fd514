"""Values for a prompt's variables, from `--var`, `--var-file` and `--case`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from llmops_cli.core.errors import InvalidFileError, UsageError
from llmops_cli.core.prompts import VariableType
from llmops_cli.core.safe_text import safe_text
from llmops_cli.core.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.suites import Suite


def values_of_options(pairs: Sequence[str], prompt: Prompt) -> dict[str, JsonValue]:
    """Return the values of `name=value` options; a variable that is not a string is read as JSON.

    Raises:
        UsageError: when a pair has no `=`, a name stands twice, or a value is not JSON of its type.
    """
    values: dict[str, JsonValue] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            message = f"--var takes NAME=VALUE, not '{safe_text(pair, one_line=True)}'."
            raise UsageError(message, hint="For example: --var email='Dear team, …'")
        if name in values:
            message = f"--var {safe_text(name, one_line=True)} is given twice."
            raise UsageError(message)
        variable = prompt.by_name.get(name)
        is_text = variable is None or variable.type is VariableType.STRING
        values[name] = text if is_text else _json_value(name, text)
    return values


def values_of_file(path: Path) -> dict[str, JsonValue]:
    """Return the object in a JSON or YAML file.

    Raises:
        UsageError: when the file cannot be read.
        InvalidFileError: when it does not hold an object.
    """
    from llmops_cli.registry.documents.yaml_document import parse_yaml_document  # noqa: PLC0415 - only when the command runs

    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"the file of --var-file cannot be read: {error.strerror}."
        raise UsageError(message, where=str(path)) from error
    # JSON is YAML, as far as an object of values goes
    document = parse_yaml_document(data, str(path))
    if document.root is None or any(finding.is_error for finding in document.findings):
        message = "the file of --var-file holds no object of values."
        raise InvalidFileError(message, where=str(path), findings=document.findings)
    return dict(document.root)


def values_of_case(suite: Suite, case_id: str) -> JsonObject:
    """Return the variables of one case.

    Raises:
        UsageError: when the suite has no such case.
    """
    by_id = {case.id: case for case in suite.cases}
    if case_id not in by_id:
        message = f"there is no case '{safe_text(case_id, one_line=True)}'."
        some = ", ".join(safe_text(name, one_line=True) for name in list(by_id)[:5])
        raise UsageError(message, where=suite.path, hint=did_you_mean(case_id, by_id) or f"There are: {some}, …")
    return by_id[case_id].variables


def _json_value(name: str, text: str) -> JsonValue:
    try:
        return cast("JsonValue", json.loads(text))
    except ValueError as error:
        message = f"the value of '{safe_text(name, one_line=True)}' is not JSON: {error}."
        raise UsageError(message, hint="Numbers, true, false, [...] and {...} are written as JSON.") from error
