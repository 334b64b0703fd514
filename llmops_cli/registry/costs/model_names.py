"""What a model's name says: its provider, its maker's family, and whether it names one fixed model or moves."""

from __future__ import annotations

import re
from functools import lru_cache

FREE_PROVIDERS = frozenset({"local", "echo", "replay"})
"""Providers that answer on this machine: no price, no moving alias."""

_MAKERS = (
    ("openai", re.compile(r"(ft:)?(gpt-(?!oss|neo|j\b)|chatgpt-|o\d+\b|davinci|babbage)")),
    ("anthropic", re.compile(r"(anthropic\.)?claude\b")),
    ("gemini", re.compile(r"gemini\b")),
    ("mistral", re.compile(r"(open-)?(mistral|mixtral|ministral|magistral|codestral|devstral|pixtral)\b")),
    ("deepseek", re.compile(r"deepseek\b")),
    ("xai", re.compile(r"grok\b")),
    ("cohere", re.compile(r"command\b")),
)

_DATE = r"(20\d\d-?[01]\d-?[0-3]\d|[01]\d-20\d\d)"
_ANY_PIN = re.compile(rf"[-@:]{_DATE}\b|[-@]\d{{3,4}}\b|-v\d+(:\d+)?$")
_CLAUDE_VERSION = re.compile(r"claude-[a-z]+-(\d+)(?:-(\d{1,2}))?(?:-v\d+(?::\d+)?)?$")
_DATELESS_CLAUDE = (4, 6)
_VERSIONED = re.compile(r"\d")
_LATEST = re.compile(r"[-:@.]?\blatest\b")


def split_model(name: str) -> tuple[str, str]:
    """Return provider and model of `provider/model`; the provider is empty when there is no slash."""
    provider, slash, model = name.partition("/")
    return (provider, model) if slash else ("", name)


@lru_cache(maxsize=1024)
def maker_of(name: str) -> str:
    """Return who made the model (`openai`, `anthropic`, …), or an empty string when its name does not tell.

    The last part of the name decides, so that `openrouter/openai/gpt-5` and `azure/gpt-5` are OpenAI's.
    """
    model = name.rpartition("/")[2].casefold()
    for maker, pattern in _MAKERS:
        if pattern.match(model) or (maker == "anthropic" and ".anthropic.claude" in model):
            return maker
    return ""


@lru_cache(maxsize=1024)
def is_floating_alias(name: str) -> bool:
    """Tell whether the maker may put another model behind the same name, so that a pass today says little tomorrow.

    - OpenAI: a name without a date (`gpt-5-mini`) moves, `gpt-5-mini-2025-08-07` and `gpt-4-0613` do not.
    - Anthropic: from generation 4.6 on a name without a date is one fixed model; before it, it moves
      (platform.claude.com, "Model IDs and versioning", read in November 2026).
    - Google: a stable name (`gemini-2.5-flash`) is one model, only `…-latest` moves.
    - Mistral, xAI, Cohere: names without a month or date (`mistral-small`, `grok-4`) move.
    - DeepSeek: names without a version (`deepseek-chat`) move.
    - Everything else: only `latest` moves. Local models, recordings and the echo never do.
    """
    provider, model = split_model(name.casefold())
    if provider in FREE_PROVIDERS:
        return False
    if _LATEST.search(model):
        return True
    match maker_of(name):
        case "openai" | "mistral" | "xai" | "cohere":
            return not _ANY_PIN.search(model)
        case "anthropic":
            return not _is_fixed_claude(model)
        case "deepseek":
            return not _VERSIONED.search(model)
        case _:
            return False


def _is_fixed_claude(model: str) -> bool:
    if re.search(rf"[-@]{_DATE}\b", model):
        return True
    version = _CLAUDE_VERSION.search(model)
    return version is not None and (int(version[1]), int(version[2] or 0)) >= _DATELESS_CLAUDE
