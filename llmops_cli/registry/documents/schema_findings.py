"""What jsonschema finds → findings that say what is there, what is expected, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from llmops_cli.core.findings import Finding, Position
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.documents import schema_words as words
from llmops_cli.registry.documents.file_findings import quoted
from llmops_cli.registry.documents.identifiers import suggested_id, why_not_an_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.registry.documents.document import YamlDocument

_MOST_FINDINGS = 50
"""A file of another kind altogether breaks every rule; nobody reads the fifty-first finding."""


def explain(
    value: JsonValue, schema: Mapping[str, Any], document: YamlDocument, place: tuple[str | int, ...] = ()
) -> tuple[Finding, ...]:
    """Return one finding per problem, in the order of the file; `value` stands at `place` in the document."""
    found: dict[tuple[str, Position, str], Finding] = {}
    for error in _flat(_validator(schema).iter_errors(value)):
        error.path.extendleft(reversed(place))
        for finding in _EXPLAINERS.get(str(error.validator), _other)(error, document):
            found.setdefault((finding.rule, finding.position, finding.message), finding)
    return tuple(sorted(found.values(), key=Finding.sort_key)[:_MOST_FINDINGS])


def _validator(schema: Mapping[str, Any]) -> Validator:
    import referencing  # noqa: PLC0415 - with jsonschema
    from jsonschema import Draft202012Validator, validators

    make: Callable[..., type[Validator]] = validators.extend
    strict = make(
        Draft202012Validator,
        validators={"pattern": _pattern_to_the_end},
        type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
            "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
        ),
    )
    # an empty registry without retrieval: a $ref can open neither a socket nor a file
    return strict(schema, registry=referencing.Registry())


def _pattern_to_the_end(
    _validator: Validator, pattern: str, instance: object, _schema: object
) -> Iterator[ValidationError]:
    """Match as ECMA 262 does: `$` is the end of the text, not the place before a last line feed."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.search(re.sub(r"(?<!\\)\$", r"\\Z", pattern), instance):
        yield ValidationError("pattern")


def _flat(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Look into alternatives: report the one that the author meant, by its type."""
    for error in errors:
        if error.validator == "anyOf" and error.context:
            yield from _flat(_meant(error))
        else:
            yield error


def _meant(error: ValidationError) -> list[ValidationError]:
    """Return the errors of the alternative that fits the value furthest down."""
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    if not branches:
        return []

    def misfit(branch: list[ValidationError]) -> tuple[int, int]:
        depth = min(len(inner.absolute_path) for inner in branch)
        wrong_type = sum(inner.validator == "type" for inner in branch)
        return (wrong_type, -depth)

    return min(branches.values(), key=misfit)


def _finding(rule: str, message: str, position: Position, document: YamlDocument, hint: str = "") -> Finding:
    return Finding(path=document.path, position=position, rule=rule, message=message, hint=hint)


def _keys(error: ValidationError) -> tuple[str | int, ...]:
    return tuple(cast("Iterable[str | int]", error.absolute_path))


def _unknown_keys(error: ValidationError, document: YamlDocument) -> Iterator[Finding]:
    parent = cast("Mapping[str, Any]", error.schema)
    known = parent.get("properties", {})
    patterns = parent.get("patternProperties", {})
    keys = _keys(error)
    for key in cast("Mapping[str, Any]", error.instance):
        if key in known or any(re.search(re.sub(r"\$\Z", r"\\Z", pattern), key) for pattern in patterns):
            continue
        position = document.key_position_of(*keys, key)
        if patterns and not known:
            message = f"The name {quoted(key)} in {words.label(keys)} {words.why_not_a_name(key)}."
            yield _finding("invalid-format", message, position, document, words.NAME_HINT)
        else:
            message = f"Unknown key {quoted(key)} in {words.label(keys)}."
            yield _finding("unknown-key", message, position, document, words.hint_for_unknown(key, known))


def _missing_keys(error: ValidationError, document: YamlDocument) -> Iterator[Finding]:
    keys = _keys(error)
    properties = cast("Mapping[str, Any]", error.schema).get("properties", {})
    for key in cast("Iterable[str]", error.validator_value):
        if key not in cast("Mapping[str, Any]", error.instance):
            about = str(properties.get(key, {}).get("description", ""))
            message = f"The key '{key}' is missing in {words.label(keys)}."
            yield _finding("missing-key", message, document.key_position_of(*keys), document, f"{key}: {about}")


def _wrong_type(error: ValidationError, document: YamlDocument) -> Iterator[Finding]:
    keys = _keys(error)
    written = words.written_at(document, keys)
    expected = error.validator_value
    types = [expected] if isinstance(expected, str) else list(cast("list[str]", expected))
    instance = cast("JsonValue", error.instance)
    shown = words.shown(instance, keys)
    message = f"{words.subject(keys)} is {shown}; {words.expected_types(types)} is expected."
    hint = words.hint_for_type(instance, types, keys, written)
    yield _finding("wrong-type", message, document.position_of(*keys), document, hint)


def _unknown_value(error: ValidationError, document: YamlDocument) -> Iterator[Finding]:
    known = [str(value) for value in cast("list[Any]", error.validator_value)]
    if not isinstance(error.instance, str):
        return  # the wrong type is reported already
    keys = _keys(error)
    message = f"{words.subject(keys)} is {words.shown(error.instance, keys)}; one of {', '.join(known)} is expected."
    yield _finding("unknown-value", message, document.position_of(*keys), document, did_you_mean(error.instance, known))


def _bad_format(error: ValidationError, document: YamlDocument) -> Iterator[Finding]:
    keys = _keys(error)
    text = str(error.instance)
    position = document.position_of(*keys)
    if not text and "minLength" in cast("Mapping[str, Any]", error.schema):
        return  # that it is empty is reported already
    kind = words.kind_of_text(keys, str(error.validator_value))
    if kind == "id":
        yield from _bad_id(text, keys, position, document)
        return
    reason, hint = words.why_not(kind, text)
    yield _finding("invalid-format", f"{words.subject(keys)} {reason}.", position, document, hint)


def _bad_id(text: str, keys: tuple[str | int, ...], position: Position, document: YamlDocument) -> Iterator[Finding]:
    message = f"{words.subject(keys)} {quoted(text)} {why_not_an_id(text)}."
    better = suggested_id(text)
    hint = f"Write: {better}" if better else "An id is lower-case words joined by hyphens, such as summarize-email."
    yield _finding("invalid-id", message, position, document, hint)


def _out_of_range(error: ValidationError, document: YamlDocument) -> Iterator[Finding]:
    keys = _keys(error)
    message = f"{words.subject(keys)} {words.bound(error)}."
    yield _finding("out-of-range", message, document.position_of(*keys), document)


def _one_of(error: ValidationError, document: YamlDocument) -> Iterator[Finding]:
    instance = cast("Mapping[str, Any]", error.instance)
    both = "messages" in instance and "template" in instance
    position = document.key_position_of("template") if both else Position()
    message = (
        "The prompt has both 'messages' and 'template'."
        if both
        else "The prompt has neither 'messages' nor 'template'."
    )
    hint = (
        "Keep one: `template` is short for one user message."
        if both
        else "Write `template: …`, or `messages:` with roles."
    )
    yield _finding("template-or-messages", message, position, document, hint)


def _excluded(error: ValidationError, document: YamlDocument) -> Iterator[Finding]:
    keys = _keys(error)
    message = f"{words.subject(keys)} has a schema, but its format is text."
    yield _finding(
        "invalid-combination", message, document.position_of(*keys), document, "Write `format: json` beside it."
    )


def _other(error: ValidationError, document: YamlDocument) -> Iterator[Finding]:
    keys = _keys(error)
    message = f"{words.subject(keys)} does not fit the format ({error.validator})."
    yield _finding("invalid-format", message, document.position_of(*keys), document)


_EXPLAINERS: dict[str, Callable[[ValidationError, YamlDocument], Iterator[Finding]]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "type": _wrong_type,
    "enum": _unknown_value,
    "pattern": _bad_format,
    "oneOf": _one_of,
    "not": _excluded,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "exclusiveMinimum": _out_of_range,
    "minLength": _out_of_range,
    "maxLength": _out_of_range,
    "minItems": _out_of_range,
    "maxItems": _out_of_range,
    "minProperties": _out_of_range,
    "maxProperties": _out_of_range,
    "uniqueItems": _out_of_range,
}
