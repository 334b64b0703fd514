"""One escape function for every text that we did not write: prompts, outputs, file names, branch names."""

from __future__ import annotations

import re

# C0 and C1 controls except TAB and LF; line and paragraph separators; bidirectional controls; zero-width and
# other invisible characters; tag characters and variation selectors beyond VS16; surrogates; private use;
# noncharacters. ZWJ and ZWNJ are escaped too: what a person reads in a report must be what is there.
_UNSAFE = re.compile(
    "["
    "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f"
    "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f"
    "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\uffff"
    "\\ud800-\\udfff\\ue000-\\uf8ff"
    "\\U000e0000-\\U0010ffff"
    "]",
)


def safe_text(text: str, *, one_line: bool = False) -> str:
    r"""Return `text` with everything that could move a cursor, hide or reorder letters made visible.

    Control characters become `\x1b`, others `<U+202E>`. TAB and LF stay, unless `one_line` asks
    for `\t` and `\n`. The result says the same to a person and to a terminal, and is safe to print;
    it is not markup-safe: a renderer with markup of its own (Markdown, HTML, rich) must quote it still.
    """
    shown = _UNSAFE.sub(_visible, text)
    if one_line:
        shown = shown.replace("\n", "\\n").replace("\t", "\\t")
    return shown


def shortened(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, the cut marked by an ellipsis; `limit` is at least 1."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def _visible(match: re.Match[str]) -> str:
    code_point = ord(match.group())
    return f"\\x{code_point:02x}" if code_point < 0xA0 else f"<U+{code_point:04X}>"  # noqa: PLR2004 - C1 ends there
