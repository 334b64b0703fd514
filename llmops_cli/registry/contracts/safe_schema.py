"""JSON Schema from a suite, made safe to run: no network, no files, no endless or exploding evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.registry.contracts.patterns import PatternError, compile_pattern

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonValue

STEP_LIMIT = 200_000
"""Keywords evaluated for one answer; about a second. A schema that needs more explodes, it does not check."""

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_SAME_INSTANCE = ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
_DATA = ("const", "enum", "default", "examples")


class SchemaCostError(Exception):
    """The evaluation was stopped: too many steps, or too deep."""


class SafeSchema:
    """A checked schema, ready for many answers."""

    def __init__(self, schema: Mapping[str, object]) -> None:
        """Take a schema in which `schema_problem` finds nothing."""
        from jsonschema import Draft202012Validator
        from jsonschema.validators import extend
        from referencing import Registry  # noqa: PLC0415

        self._steps = 0
        own = {
            "pattern": _pattern,
            "patternProperties": _pattern_properties,
            "additionalProperties": _additional_properties,
            "uniqueItems": _unique_items,
        }
        keywords = {**Draft202012Validator.VALIDATORS, **own}
        checks = {name: self._counted(check) for name, check in keywords.items()}
        counted = extend(Draft202012Validator, checks)  # type: ignore[no-untyped-call]
        # an empty registry has no way to retrieve anything; the default one opens sockets and files
        self._validator = counted(schema, registry=Registry())

    def first_problem(self, value: JsonValue) -> str:
        """Return why `value` does not fit, with the place in it, or an empty string.

        Raises:
            SchemaCostError: when the evaluation takes too many steps.
        """
        self._steps = STEP_LIMIT
        try:
            error = next(iter(self._validator.iter_errors(value)), None)
        except RecursionError:
            message = "the schema or the answer is nested too deeply"
            raise SchemaCostError(message) from None
        if error is None:
            return ""
        place = "/".join(map(str, error.absolute_path))
        return shortened(safe_text(f"at /{place}: {error.message[:400]}", one_line=True), 240)

    def _counted(self, check: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
        def checked(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:  # noqa: ANN401
            self._steps -= 1
            if self._steps < 0:
                message = f"the schema takes more than {STEP_LIMIT:,} steps on this answer"
                raise SchemaCostError(message)
            yield from check(validator, value, instance, schema) or ()

        return checked


def schema_problem(schema: Mapping[str, object]) -> str:
    """Return why a schema cannot be used, as a sentence without its full stop, or an empty string."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        # no format check: it would try patterns as Python's, and they are RE2's
        Draft202012Validator.check_schema(schema, format_checker=None)  # type: ignore[arg-type]
        problem = next(_unsafe_places(schema, schema), "") or _loop(schema)
        if not problem:
            SafeSchema(schema).first_problem({})
    except SchemaError as error:
        place = "/".join(map(str, error.absolute_path))
        return shortened(safe_text(f"at /{place}: {error.message[:400]}", one_line=True), 240)
    except RecursionError:
        return "it is nested too deeply"
    except SchemaCostError as error:
        return f"{error}: the smallest one, {{}}"
    return problem


def _unsafe_places(node: object, root: Mapping[str, object]) -> Iterator[str]:
    if isinstance(node, Mapping):
        yield from _unsafe_keywords(node, root)
        for key, item in node.items():
            if key not in _DATA:
                yield from _unsafe_places(item, root)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _unsafe_places(item, root)


def _unsafe_keywords(node: Mapping[str, object], root: Mapping[str, object]) -> Iterator[str]:
    if isinstance(node.get("$schema"), str) and str(node["$schema"]).rstrip("#") != DRAFT:
        yield f"$schema is {_quoted(node['$schema'])}; draft 2020-12 is understood ({DRAFT})"
    for keyword in ("$ref", "$dynamicRef"):
        if isinstance(reference := node.get(keyword), str):
            yield from _unsafe_reference(keyword, reference, root)
    patterns = [node["pattern"]] if isinstance(node.get("pattern"), str) else []
    if isinstance(by_pattern := node.get("patternProperties"), Mapping):
        patterns += list(by_pattern)
        if "unevaluatedProperties" in node:
            yield "unevaluatedProperties beside patternProperties is not available; use additionalProperties"
    for pattern in patterns:
        try:
            compile_pattern(str(pattern))
        except PatternError as error:
            yield f"pattern {_quoted(pattern)}: {error}"


def _unsafe_reference(keyword: str, reference: str, root: Mapping[str, object]) -> Iterator[str]:
    if not reference.startswith("#"):
        yield f"{keyword} to {_quoted(reference)}: references stay inside the schema (#/$defs/...); nothing is fetched"
    elif _target(reference, root) is None:
        yield f"{keyword} to {_quoted(reference)}: there is nothing"


def _target(reference: str, root: Mapping[str, object]) -> object:
    from referencing import Registry  # noqa: PLC0415
    from referencing.exceptions import Unresolvable  # noqa: PLC0415
    from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

    resource = DRAFT202012.create_resource(cast("Any", root))
    base = resource.id() or ""
    registry: Registry[Any] = Registry().with_resource(base, resource)
    try:
        return cast("object", registry.resolver(base).lookup(reference).contents)
    except (Unresolvable, ValueError, TypeError, KeyError, AttributeError):
        return None


def _loop(root: Mapping[str, object]) -> str:
    """Find a way round that returns to the same schema without going into the value."""
    done: set[int] = set()

    def walk(node: object, path: tuple[int, ...]) -> bool:
        if not isinstance(node, Mapping) or id(node) in done:
            return False
        if id(node) in path:
            return True
        here = (*path, id(node))
        found = any(walk(target, here) for target in _same_instance(node, root))
        done.add(id(node))
        return found

    return "a $ref leads back to itself without going deeper into the value" if _any_node(root, walk) else ""


def _any_node(node: object, walk: Callable[[object, tuple[int, ...]], bool]) -> bool:
    if isinstance(node, Mapping):
        return walk(node, ()) or any(_any_node(item, walk) for key, item in node.items() if key not in _DATA)
    return isinstance(node, (list, tuple)) and any(_any_node(item, walk) for item in node)


def _same_instance(node: Mapping[str, object], root: Mapping[str, object]) -> Iterator[object]:
    for keyword in _SAME_INSTANCE:
        value = node.get(keyword)
        if keyword in ("$ref", "$dynamicRef"):
            yield _target(value, root) if isinstance(value, str) else None
        elif keyword == "dependentSchemas" and isinstance(value, Mapping):
            yield from value.values()
        elif isinstance(value, (list, tuple)):
            yield from value
        else:
            yield value


def _quoted(value: object) -> str:
    return f"'{shortened(safe_text(str(value), one_line=True), 80)}'"


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:  # noqa: ANN401
    if validator.is_type(instance, "string") and compile_pattern(pattern).found_in(instance) is None:
        from jsonschema.exceptions import ValidationError

        yield ValidationError(f"{_quoted(instance)} does not match {_quoted(pattern)}")


def _pattern_properties(validator: Any, value: Mapping[str, Any], instance: Any, _schema: Any) -> Iterator[Any]:  # noqa: ANN401
    if not validator.is_type(instance, "object"):
        return
    for pattern, subschema in value.items():
        compiled = compile_pattern(pattern)
        for name, item in instance.items():
            if compiled.found_in(name) is not None:
                yield from validator.descend(item, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:  # noqa: ANN401
    if not validator.is_type(instance, "object"):
        return
    known = schema.get("properties", {})
    patterns = [compile_pattern(pattern) for pattern in schema.get("patternProperties", {})]
    extra = [n for n in instance if n not in known and not any(p.found_in(n) is not None for p in patterns)]
    if validator.is_type(value, "object"):
        for name in extra:
            yield from validator.descend(instance[name], value, path=name)
    elif value is False and extra:
        from jsonschema.exceptions import ValidationError

        yield ValidationError(f"additional properties: {', '.join(map(_quoted, extra[:5]))}")


def _unique_items(validator: Any, value: Any, instance: Any, _schema: Any) -> Iterator[Any]:  # noqa: ANN401
    # the library compares each with each where items cannot be sorted
    if not value or not validator.is_type(instance, "array"):
        return
    if len({_hashable(item) for item in instance}) < len(instance):
        from jsonschema.exceptions import ValidationError

        yield ValidationError("the items are not all different")


def _hashable(value: object) -> object:
    if isinstance(value, Mapping):
        return ("object", frozenset((key, _hashable(item)) for key, item in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ("array", tuple(_hashable(item) for item in value))
    return ("boolean", value) if isinstance(value, bool) else ("plain", value)
