"""The names of all rules that reading a file can report, with what each one says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PARSER_RULES: Mapping[str, str] = {
    # bytes
    "file-too-large": "A file of ours is at most 1 MiB; a dataset at most 64 MiB.",
    "not-utf8": "Files are UTF-8.",
    "byte-order-mark": "A UTF-8 byte order mark is not needed and is left out.",
    "empty-file": "A file must not be empty.",
    "comments-only": "A file must say something beside its comments.",
    "lfs-pointer": "The file is a Git LFS pointer, not the content that it stands for.",
    "merge-conflict": "The file holds the markers of an unresolved merge.",
    # text
    "line-break": "Only LF and CRLF break lines.",
    "control-character": "Control characters are refused, also when they are written as an escape.",
    "bidi-character": "Characters that reorder text would show a reviewer something else than a model reads.",
    "invisible-character": "Characters that nobody sees reach the model all the same.",
    "private-use-character": "Private-use characters mean something else on every machine.",
    "allow-comment": "A comment that allows a character names its code point, a reason, and something to allow.",
    # YAML
    "yaml-syntax": "The file is not YAML.",
    "tab-indentation": "YAML is indented with spaces.",
    "too-deep": "Values are nested at most 32 levels deep (64 in JSON).",
    "several-documents": "A file holds one document.",
    "not-a-mapping": "The top of a file is a mapping of keys to values.",
    "non-string-key": "Keys are text.",
    "duplicate-key": "A key stands once in its mapping.",
    "anchor": "Anchors and aliases are not used: what is written is what is meant.",
    "merge-key": "Merge keys (<<) are not used.",
    "tag": "Tags (!name) are not used: files are data and never name code.",
    "directive": "Directives (%YAML, %TAG) are not used.",
    "non-finite-number": "Numbers are finite.",
    "number-too-large": "Integers beyond 2**53 - 1 are not exact in JSON.",
    # JSON
    "json-syntax": "The file or line is not JSON.",
    "lone-surrogate": "Half of a surrogate pair is not a character.",
    # datasets
    "dataset-format": "Cases are in .jsonl, .csv, .json or .yaml files.",
    "dataset-columns": "A CSV file of cases has a header with distinct names and an id column.",
    "dataset-row": "Every row of a CSV file has as many fields as its header, and readable ones.",
    "dataset-empty": "A dataset has at least one case.",
    # schema
    "unknown-key": "A key is one that the format knows.",
    "missing-key": "A key that the format requires is there.",
    "wrong-type": "A value has the type that the format asks for.",
    "unknown-value": "A value is one of the words that the format knows.",
    "out-of-range": "A number, text or list is within the bounds that the format sets.",
    "invalid-format": "A text has the form that the format asks for.",
    "invalid-id": "An id is lower-case words joined by hyphens, and nothing that Git or a file system reads otherwise.",
    "template-or-messages": "A prompt has either messages or a template.",
    "invalid-combination": "Keys that exclude or need each other are used together as the format says.",
}
"""Rule name → one line that says what holds when the rule is kept."""
