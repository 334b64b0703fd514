"""The words of schema findings: names of places, values as an author wrote them, and remedies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.documents.file_findings import quoted
from llmops_cli.registry.documents.text_policy import describe, mixed_scripts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jsonschema.exceptions import ValidationError

    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.registry.documents.document import YamlDocument

NAME_HINT = "Use ASCII letters, digits and the separators of the examples in the guide."

_SECRET_KEYS = re.compile(r"key|(?<!max_)token(?!s_per)|secret|password|credential|authorization", re.IGNORECASE)
_LOOKS_SECRET = re.compile(r"(?=[^\s]{16,}\Z)(?=.*[0-9])(?=.*[A-Za-z])\S+|.*-----BEGIN|sk-|gh[pousr]_|xox|AKIA|AIza")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?\Z")
_BASE_60 = re.compile(r"[0-9]+(?::[0-9]{1,2})+\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_OLD_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_MOST_KEYS = 12

# what people coming from other formats write, and what it is called here
_SYNONYMS = {
    "vars": "variables",
    "inputs": "variables",
    "parameters": "variables",
    "assert": "metrics",
    "asserts": "metrics",
    "assertions": "metrics",
    "tests": "cases",
    "dataset": "cases",
    "data": "cases",
    "repeat": "repeats",
    "trials": "repeats",
    "budget_usd": "budget",
    "max_cost_usd": "cost_usd",
    "text": "content",
    "prompt": "template",
    "stop_sequences": "stop",
    "max_output_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "rpm": "requests_per_minute",
    "tpm": "tokens_per_minute",
    "timeout": "timeout_seconds",
    "url": "base_url",
    "type": "protocol",
    "answer": "expected",
    "ideal": "expected",
    "schema": "output",
    "response_format": "output",
}
_TYPE_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of keys to values",
    "null": "nothing",
}


def label(keys: Sequence[str | int]) -> str:
    """Return the place for a sentence: `model.stop[2]`, or `the file`."""
    return f"'{dotted(keys)}'" if keys else "the file"


def subject(keys: Sequence[str | int]) -> str:
    """Return the place at the start of a sentence."""
    return dotted(keys) if keys else "The file"


def dotted(keys: Sequence[str | int]) -> str:
    """Return `model.stop[2]`; keys are an author's text and may hold anything."""
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")
    return quoted(path, 120)[1:-1]


def shown(value: JsonValue, keys: Sequence[str | int]) -> str:
    """Return a value as words; texts that may be secrets are not repeated."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        if _may_be_secret(value, keys):
            return f"a text of {len(value)} characters"
        return f"the text {quoted(value, 40)}"
    return "a list" if isinstance(value, (list, tuple)) else "a mapping"


def expected_types(types: Iterable[str]) -> str:
    """Return `text`, `a list or a mapping …`."""
    return " or ".join(_TYPE_NAMES.get(name, name) for name in types if name != "null")


def written_at(document: YamlDocument, keys: Sequence[str | int]) -> str:
    """Return the word that stands in the file at a value, as far as it is one plain word."""
    position = document.position_of(*keys)
    lines = document.text.split("\n")
    row = position.line - document.first_line
    line = lines[row] if 0 <= row < len(lines) else ""
    match = re.match(r"[^\s,\]}#]+", line[position.column - 1 :])
    return match.group() if match else ""


def hint_for_type(value: JsonValue, types: Sequence[str], keys: Sequence[str | int], written: str) -> str:
    """Return how to turn what was found into what is expected."""
    wanted = set(types)
    if value is None:
        return "Write a value, or delete the key."
    if "string" in wanted and isinstance(value, (bool, int, float)):
        return f'Put it in quotes: "{written or value}"'
    if wanted & {"number", "integer"}:
        return _number_hint(value, wanted)
    if "boolean" in wanted:
        word = _OLD_BOOLEANS.get(value.lower()) if isinstance(value, str) else None
        return f"Write {word}: only true and false are booleans." if word else "Write true or false."
    return _object_hint(value, keys) if "object" in wanted else "Write a list: put it in [ ]."


def _number_hint(value: JsonValue, wanted: set[str]) -> str:
    if isinstance(value, bool):
        return "Write the number; true and false are not numbers."
    if isinstance(value, float):
        return f"Write {int(value)}, without a fraction." if value.is_integer() else "Write it without a fraction."
    if isinstance(value, str):
        if _NUMBER.match(value):
            plain = value.lstrip("+0") or "0"
            return f"Write {plain if not plain.startswith('.') else '0' + plain}, without quotes or leading zeros."
        if _BASE_60.match(value):
            return "Write the number itself; some YAML tools read this as minutes and seconds, and we do not."
        if value.lower() in _OLD_BOOLEANS:
            return "Write a number; this is neither a number nor a boolean."
    return "Write a whole number." if "number" not in wanted else "Write a number."


def _object_hint(value: JsonValue, keys: Sequence[str | int]) -> str:
    key = keys[-1] if keys else ""
    if key == "api_key":
        return "Never write a key into a file. Write: api_key: {env: NAME_OF_THE_VARIABLE}"
    if key == "model" and isinstance(value, str):
        return "Write: model: {name: provider/model}"
    if isinstance(value, (list, tuple)):
        return "Write keys with values instead of a list."
    return "Write keys with values below it, or {} for none."


def hint_for_unknown(key: str, known: Mapping[str, Any]) -> str:
    """Return the key that was meant, or all that are known."""
    synonym = _SYNONYMS.get(key.lower())
    if synonym in known:
        return f"Did you mean '{synonym}'?"
    if key == "required" and "default" in known:
        return "Delete it: a variable is required when it has no default."
    home = next((name for name, inner in known.items() if key in inner.get("properties", {})), None)
    if home is not None:
        return f"Write it below '{home}'."
    names = ", ".join(list(known)[:_MOST_KEYS]) + (", …" if len(known) > _MOST_KEYS else "")
    return did_you_mean(key, known) or f"Known here: {names}."


def why_not_a_name(name: str) -> str:
    """Return what is wrong with a name, as the rest of a sentence."""
    odd = next((letter for letter in name if not letter.isascii()), "")
    if odd:
        return mixed_scripts(name) or f"has a character that is not ASCII: {describe(ord(odd))}"
    return "is empty" if not name else "is not a name that can be used here"


def kind_of_text(keys: Sequence[str | int], pattern: str) -> str:
    """Return which kind of text a pattern describes: `id`, `path`, `url`, `environment`, `model` or `name`."""
    if r"-v[0-9]+" in pattern:
        return "id"
    if r"\.\.?" in pattern:
        return "dataset" if "jsonl" in pattern else "folder"
    if pattern.startswith("^https"):
        return "url"
    if keys and keys[-1] == "env":
        return "environment"
    if keys and keys[-1] == "target":
        return "target"
    return "model" if "/" in pattern else "name"


def why_not(kind: str, text: str) -> tuple[str, str]:
    """Return what is wrong with a text of that kind, and what to write."""
    if kind in {"dataset", "folder"}:
        return _why_not_a_path(kind, text)
    if kind == "environment":
        # what stands here may be the key itself
        return ("is not the name of an environment variable", "Write the name, such as OPENAI_API_KEY, never the key.")
    if kind == "url":
        return ("is not an http or https address without user name", "Write: https://host/path")
    if kind == "target":
        return ("is not a URI", "Write: sqlite:path, file:path or https://host/path")
    if kind == "model":
        return (f"({quoted(text, 40)}) is not a model's name", "Write: provider/model")
    return (f"({quoted(text, 40)}) {why_not_a_name(text)}", NAME_HINT)


def _why_not_a_path(kind: str, text: str) -> tuple[str, str]:
    name = f"({quoted(text)})"
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        return (f"{name} is an address; nothing is fetched", "Commit the file and write its path.")
    if text.startswith("/") or re.search(r"(?:^|/)\.\.?(?:/|\Z)", text) or "\\" in text:
        return (f"{name} may leave its folder", "Write a path below it, with forward slashes and without `..`.")
    if kind == "dataset":
        return (f"{name} is not a dataset", "Datasets end in .jsonl, .csv, .json or .yaml.")
    return (f"{name} is not a folder", "Write a path such as prompts.")


def bound(error: ValidationError) -> str:
    """Return how a value misses its bound, as the rest of a sentence."""
    limit: Any = error.validator_value
    value: Any = error.instance
    rule = str(error.validator)
    if rule in _NUMBER_BOUNDS:
        return f"is {value}; {_NUMBER_BOUNDS[rule]} {limit} is expected"
    if rule in _SIZE_BOUNDS:
        if not value:
            return "is empty"
        noun = "characters" if isinstance(value, str) else "items"
        return f"has {len(value)} {noun}; {_SIZE_BOUNDS[rule]} {limit} are expected"
    if rule == "uniqueItems":
        return "has the same item twice"
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    return "needs exactly one of " + " or ".join(f"'{name}'" for name in known)


_NUMBER_BOUNDS = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}
_SIZE_BOUNDS = {"minLength": "at least", "maxLength": "at most", "minItems": "at least", "maxItems": "at most"}


def _may_be_secret(text: str, keys: Sequence[str | int]) -> bool:
    named = any(isinstance(key, str) and _SECRET_KEYS.search(key) for key in keys)
    return named or bool(_LOOKS_SECRET.match(text))
