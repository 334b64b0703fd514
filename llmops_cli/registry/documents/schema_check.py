"""Is a file of ours valid, and if not: one finding per problem, in words, at its place.

Compiled validators (fastjsonschema) answer the first question 50 times faster than jsonschema, which is
loaded only to explain what is wrong.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from llmops_cli.core.errors import UsageError
from llmops_cli.core.findings import Finding
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.documents.provider_protocols import unknown_protocols
from llmops_cli.registry.documents.schema_findings import explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.registry.documents.document import YamlDocument

SCHEMA_KINDS = ("prompt", "suite", "rubric", "project", "case")
"""The kinds of files that have a schema; `case` is one line of a dataset."""


def check_schema(document: YamlDocument, kind: str) -> tuple[Finding, ...]:
    """Return what is wrong with the document as a file of that kind; nothing when it has no root.

    Raises:
        UsageError: when there is no such kind.
    """
    if document.root is None:
        _known(kind)
        return ()
    found = check_value(document.root, document, kind)
    if kind != "project":
        return found
    said = {finding.position for finding in found}
    unknown = (f for f in unknown_protocols(document.root, schema(kind), document) if f.position not in said)
    return tuple(sorted((*found, *unknown), key=Finding.sort_key))


def check_value(
    value: JsonValue, document: YamlDocument, kind: str, *, place: tuple[str | int, ...] = ()
) -> tuple[Finding, ...]:
    """Return what is wrong with one value (a case) that stands at `place` in `document`."""
    complaint = _complaint(value, kind)
    if complaint is None:
        return ()
    found = explain(value, schema(kind), document, place)
    # both validators follow the same standard; should they ever differ, invalid is the safe answer
    return found or (
        Finding(path=document.path, rule="invalid-format", message=f"The file is not valid: {complaint}."),
    )


def schema_text(kind: str) -> str:
    """Return the JSON Schema of a kind of file, as it is published for editors.

    Raises:
        UsageError: when there is no such kind.
    """
    _known(kind)
    return (files("llmops_cli.registry") / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")


@cache
def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file as a value."""
    return cast("dict[str, Any]", json.loads(schema_text(kind)))


def _known(kind: str) -> None:
    if kind not in SCHEMA_KINDS:
        message = f"there is no schema '{kind}'."
        hint = did_you_mean(kind, SCHEMA_KINDS) or f"Schemas: {', '.join(SCHEMA_KINDS)}."
        raise UsageError(message, hint=hint)


def _complaint(value: JsonValue, kind: str) -> str | None:
    from fastjsonschema import JsonSchemaValueException

    try:
        _compiled(kind)(value)
    except JsonSchemaValueException as error:
        return str(error.message)
    return None


@cache
def _compiled(kind: str) -> Callable[[JsonValue], object]:
    import fastjsonschema

    # every $ref in our schemas is local: the handler table is empty, and nothing is ever fetched
    compiled = fastjsonschema.compile(
        cast("dict[str, Any]", _as_draft_4(schema(kind))),
        handlers={},
        use_default=False,
        use_formats=False,
        detailed_exceptions=False,
    )
    return cast("Callable[[JsonValue], object]", compiled)


def _as_draft_4(node: object) -> object:
    """Rewrite a schema to draft 4, whose integers are integers: later drafts take `3.0` for one."""
    if isinstance(node, list):
        return [_as_draft_4(item) for item in node]
    if not isinstance(node, dict):
        return node
    rewritten = {key: _as_draft_4(value) for key, value in node.items() if key != "$id"}
    if "$schema" in rewritten:
        rewritten["$schema"] = "http://json-schema.org/draft-04/schema#"
    bound = rewritten.get("exclusiveMinimum")
    if isinstance(bound, (int, float)):
        rewritten |= {"minimum": bound, "exclusiveMinimum": True}
    return rewritten
