"""The frame of every HTML report: one file, nothing fetched, nothing of it runs but our own few lines of script.

Every text is escaped by the template engine; the content security policy then forbids whatever escaping should
not have caught: it allows one style sheet and one script, by their SHA-256, and nothing else from anywhere.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = "llmops_cli.reports.html"


def render_page(template: str, **values: object) -> str:
    """Return the page that `template` (a file of this folder) makes of `values`."""
    style, script = _asset("style.css"), _asset("script.js")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    environment = _environment()
    environment.globals.update(style=style, script=script, policy=policy)
    return environment.get_template(template).render(**values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # jinja2 costs 53 ms

    environment = Environment(
        loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    # what a model wrote may hold letters that reorder or hide others; escaping markup alone leaves them
    environment.finalize = _shown
    return environment


def _shown(value: object) -> object:
    # markup of ours is no plain string
    return safe_text(value) if type(value) is str else value


@lru_cache(maxsize=8)
def _asset(name: str) -> str:
    return files(FOLDER).joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
