"""Why a text is not an id: ids become file names, Git paths, URLs and command-line arguments."""

from __future__ import annotations

import re
import unicodedata

from llmops_cli.registry.documents.text_policy import describe, mixed_scripts

LONGEST_ID = 100

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z", re.ASCII)

# what an id may not hold → why, the dangerous ones first
_MALFORMED = (
    (r"-", "starts with a hyphen, so that commands would read it as an option"),
    (r".*(?:[/\\]|\.\.)", "holds a path; an id names no folder"),
    (r".*%", "has a percent sign, which URLs decode"),
    (r".*[{}$]", "has braces or a dollar sign, which templates and shells expand"),
    (r".*[~^:?*\[@+]", "has a character that means something in a Git revision"),
    (r".*[`\"'|&;<>()!#]", "has a character that means something to a shell"),
    (r".*\.lock\Z", "ends in .lock, which Git refuses in names"),
    (r".*[A-Z]", "has capital letters, which some file systems do not tell from small ones"),
    (r"", "is not lower-case letters and digits in words joined by single hyphens"),
)
# well-formed ids that mean something else → what
_RESERVED = (
    (r".*-v[0-9]+\Z", "ends like a version (`-v3` is how versions are written)"),
    (r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])\Z", "is the name of a device on Windows"),
    (r"head\Z", "is the name of a Git reference"),
    (r"[0-9-]*\Z", "has no letter: other YAML tools read it as a number or a date"),
    (r"[0-9a-f]{7,64}\Z", "looks like a Git commit"),
)


def why_not_an_id(text: str) -> str:
    """Return what keeps `text` from being an id, as the rest of a sentence, or an empty string for an id."""
    if not text:
        return "is empty"
    if len(text) > LONGEST_ID:
        return f"has {len(text)} characters; at most {LONGEST_ID} are allowed"
    if _ID.match(text):
        return next((reason for pattern, reason in _RESERVED if re.match(pattern, text)), "")
    odd = next((letter for letter in text if not letter.isascii() or not letter.isprintable()), "")
    if odd:
        kind = "a character that is not ASCII" if ord(odd) > ord("~") else "a control character"
        return mixed_scripts(text) or f"has {kind}: {describe(ord(odd))}"
    return next(reason for pattern, reason in _MALFORMED if re.match(pattern, text))


def suggested_id(text: str) -> str:
    """Return the id that `text` was meant to be, or an empty string when that is a guess."""
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    if not re.match(r"[A-Za-z0-9 ._-]+\Z", letters):
        return ""
    candidate = re.sub(r"(?:-v[0-9]+)+\Z", "", "-".join(re.findall(r"[a-z0-9]+", letters.lower())))
    return candidate if candidate != text and candidate and not why_not_an_id(candidate) else ""
