"""No file holds a key, a token, a password or a private key.

What is committed stays in the history, is sent to the model with the prompt, and lands in logs,
recordings and reports. Files name environment variables; values stay outside. The finding shows the kind
and the first characters only. A key that was committed is known: revoke it, then remove it.

Fails:

```yaml llmops.yaml
# api_key: q7Hn2xVb94KdLw0RzTy6
budget: {cost_usd: 1.0}
```

Passes:

```yaml llmops.yaml
providers:
  openai: {protocol: openai, api_key: {env: OPENAI_API_KEY}}
```
"""

from __future__ import annotations

import re
from collections import Counter
from math import log2
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from llmops_cli.core.findings import Finding, Severity
from llmops_cli.registry.templates.template_source import position_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.registry.rules.rule import TextContext


class _Kind(NamedTuple):
    """A form of secret: what it is called, texts of which one is there whenever it is, and its pattern."""

    label: str
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]


_KINDS = (
    _Kind("an Anthropic key", ("sk-ant-",), re.compile(r"\bsk-ant-[a-z]{2,10}\d{2}-[\w-]{20,}")),
    _Kind("an OpenRouter key", ("sk-or-",), re.compile(r"\bsk-or-v1-[0-9a-f]{32,}")),
    _Kind(
        "an OpenAI key", ("sk-",), re.compile(r"(?<![\w-])sk-(?:proj-|svcacct-|admin-)?(?!ant-|or-)[A-Za-z0-9_-]{32,}")
    ),
    _Kind("a Google key", ("AIza",), re.compile(r"\bAIza[\w-]{35}")),
    _Kind("a Google OAuth token", ("ya29.",), re.compile(r"\bya29\.[\w-]{30,}")),
    _Kind("an AWS access key", ("AKIA", "ASIA"), re.compile(r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b")),
    _Kind(
        "a GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{40,}"),
    ),
    _Kind(
        "a GitLab token",
        ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-"),
        re.compile(r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[\w-]{20,}"),
    ),
    _Kind("a Slack token", ("xox", "xapp-"), re.compile(r"\bxox[abeoprs]-[\w-]{20,}|\bxapp-\d-[\w-]{20,}")),
    _Kind("a Slack webhook", ("hooks.slack.com",), re.compile(r"hooks\.slack\.com/services/T\w{8,}/B\w{8,}/(\w{20,})")),
    _Kind("a Stripe key", ("sk_live_", "rk_live_"), re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,}")),
    _Kind("a Hugging Face token", ("hf_",), re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    _Kind("a Groq key", ("gsk_",), re.compile(r"\bgsk_[A-Za-z0-9]{40,}")),
    _Kind("an xAI key", ("xai-",), re.compile(r"\bxai-[A-Za-z0-9]{60,}")),
    _Kind("an npm token", ("npm_",), re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    _Kind("a PyPI token", ("pypi-",), re.compile(r"\bpypi-AgE[\w-]{50,}")),
    _Kind("a SendGrid key", ("SG.",), re.compile(r"\bSG\.[\w-]{20,24}\.[\w-]{39,50}")),
    _Kind(
        "a private key", ("PRIVATE KEY",), re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\s*\S{20}")
    ),
    _Kind("a JSON Web Token", ("eyJ",), re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    _Kind("a password in a URL", ("://",), re.compile(r"://[^\s:/@'\"{}<>]{0,64}:([^\s:/@'\"{}<>$]{6,})@")),
    _Kind("a storage key", ("AccountKey=",), re.compile(r"AccountKey=([A-Za-z0-9+/]{40,}={0,2})")),
)
_WORDS = {
    "key": tuple(
        f"{word}{joint}key" for word in ("api", "access", "private", "encryption") for joint in ("", "_", "-")
    ),
    "token": tuple(
        f"{word}{joint}token" for word in ("auth", "access", "bearer", "refresh") for joint in ("", "_", "-")
    ),
    "secret": ("secret",),
    "passw": ("passw",),
    "credential": ("credential",),
}
"""Without one of these no name of a secret is there; looking for each is far cheaper than for the pattern."""

_VALUE = re.compile(r"(?<![\w+/.~-])[\w+/.~-]{16,200}={0,2}")
_ASSIGNED = re.compile(
    r"(?:api[_-]?key|access[_-]?key(?:[_-]?id)?|secret(?:[_-]?(?:access[_-]?)?key)?"
    r"|(?:auth|access|bearer|refresh)[_-]?token|client[_-]?secret|private[_-]?key|encryption[_-]?key|passw(?:or)?d"
    r"|credentials?)[\"']?[ \t]{0,4}(?::|=>?)[ \t]{0,4}[\"']?(?:bearer )?$",
)
_LONGEST_NAME = 48
_SHORTEST = 11
"""Characters of the shortest secret (`://:123456@`). Only a private key holds a blank, and prose has few long words."""
_PLACEHOLDER = re.compile(
    r"example|placeholder|your|dummy|fake|sample|change[_-]?me|redacted|secret|passw|token|not[_-]?a|insert|replace|test"
    r"|todo|none|null|x{4}|\*{3}|\.{3}|0{6}|1234|abcd",
    re.IGNORECASE,
)
_JOINTS = re.compile(r"[-_.~/]+")
_LEAST_BITS_PER_CHARACTER = 3.3
_SHOWN = 4


class LiteralSecret:
    """Looks for the known forms of keys, and for random text that is assigned to a name of a secret."""

    name: ClassVar = "literal-secret"
    severity: ClassVar = Severity.ERROR

    def check(self, context: TextContext) -> Iterator[Finding]:
        """Report each secret once, masked."""
        reported: set[int] = set()
        for offset, label, value in secrets_in(context.text):
            if offset in reported:
                continue
            reported.add(offset)
            yield Finding(
                path=context.path,
                position=position_at(context.text, offset),
                severity=self.severity,
                rule=self.name,
                message=f"this looks like {label}: '{value[:_SHOWN]}…' ({len(value)} characters).",
                hint="Revoke it, and read it from the environment: `api_key: {env: NAME}` in llmops.yaml.",
            )


def secrets_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield what looks like a secret: where it stands, what it is called, and its value."""
    long_words = "\n".join([word for word in text.split() if len(word) >= _SHORTEST])
    for kind in _KINDS:
        if not _holds_one_of(text if " " in kind.anchors[0] else long_words, kind.anchors):
            continue
        for match in kind.pattern.finditer(text):
            group = match.lastindex or 0
            if not _is_placeholder(match[group]):
                yield match.start(group), kind.label, match[group]
    folded = text.lower() if long_words else ""
    if any(part in folded and _holds_one_of(folded, words) for part, words in _WORDS.items()):
        for match in _VALUE.finditer(text):
            if _is_random(match[0]) and _is_named(text, match.start()) and not _is_placeholder(match[0]):
                yield match.start(), "a secret", match[0]


def _holds_one_of(text: str, words: tuple[str, ...]) -> bool:
    for word in words:  # noqa: SIM110 - `any` with a generator takes twice as long, for 57 words of every file
        if word in text:
            return True
    return False


def _is_named(text: str, offset: int) -> bool:
    """Tell whether the value at `offset` is assigned to something that is called a secret."""
    return bool(_ASSIGNED.search(text[max(offset - _LONGEST_NAME, 0) : offset].lower()))


def _is_placeholder(value: str) -> bool:
    """Tell whether a value stands for a secret in an example: a word, or hardly any distinct characters."""
    return bool(_PLACEHOLDER.search(value)) or len(set(value)) < 6  # noqa: PLR2004 - xxxx, ----, 0000


def _is_random(value: str) -> bool:
    """Tell whether a value is random enough for a secret: letters and digits mixed, and no word or path."""
    if not (any(map(str.isdigit, value)) and any(map(str.isalpha, value))):
        return False
    if value.count("/") > 1 or value.count(".") > 2 or "://" in value:  # noqa: PLR2004 - a path, a host
        return False
    if all(part.isalpha() or part.isdigit() for part in _JOINTS.split(value)):  # words-and-numbers-2026
        return False
    counts = Counter(value).values()
    return -sum(n / len(value) * log2(n / len(value)) for n in counts) >= _LEAST_BITS_PER_CHARACTER


RULE = LiteralSecret()
