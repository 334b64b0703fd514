"""Why the rules of reading are what they are, each with a failing and a passing example.

These rules have no module of their own: reading a file reports them. The texts have the form of the rules'
docstrings, without the first line, which is the rule's summary. Rules whose summary says everything
have no entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEAD = "\n```yaml prompts/greet.yaml\nid: greet\nversion: 1\nmodel: {name: local/smollm2-135m}\n"
_NAME = "variables: {name: {type: string}}\n"
_SOUND = f'{_HEAD}template: "Greet {{{{ name }}}}."\n{_NAME}```\n'


def _pair(why: str, failing: str, passing: str = _SOUND) -> str:
    return f"{why}\n\nFails:\n{failing}\nPasses:\n{passing}"


def _prompt(rest: str) -> str:
    return f"{_HEAD}{rest}```\n"


def _file(path: str, text: str) -> str:
    return f"\n```yaml {path}\n{text}```\n"


def _suite(body: str) -> str:
    return _SOUND + _file("evals/greet.yaml", f"prompt: greet\n{body}gate: {{min_cases: 1}}\n")


_CASE = "cases:\n  - {id: ada, variables: {name: Ada}}\n"
_SHORT = "metrics:\n  - {metric: max_words, limit: 30}\n"

READING_PAGES: Mapping[str, str] = {
    "invisible-character": _pair(
        "A zero-width or tag character is not seen in any editor or review, and a model reads it: whole\n"
        "instructions have been hidden that way. Joiners pass where emoji and scripts need them. A comment on\n"
        "the line before lifts the rule for a character that is meant: `# llmops: allow U+200B, because …`.",
        _prompt(f'template: "Greet\\u200B {{{{ name }}}}."\n{_NAME}'),
    ),
    "bidi-character": _pair(
        "Controls for the direction of writing show text in another order than it is stored, so that a review\n"
        "approves something else than the model gets (CVE-2021-42574).",
        _prompt(f'template: "Greet \\u202E{{{{ name }}}}."\n{_NAME}'),
    ),
    "control-character": _pair(
        "Control characters move cursors in terminals and cut texts in half; none of them means anything to a\n"
        "model. Written as an escape they arrive all the same.",
        _prompt(f'template: "Greet \\u001B[2J{{{{ name }}}}."\n{_NAME}'),
    ),
    "private-use-character": _pair(
        "What such a character looks like depends on the fonts of a machine; what a model makes of it, nobody\nknows.",
        _prompt(f'template: "Greet \\uE000 {{{{ name }}}}."\n{_NAME}'),
    ),
    "invalid-id": _pair(
        "Ids become file names, Git paths, addresses and arguments. So they have nothing that one of these reads\n"
        "in its own way: capitals (some file systems do not tell them apart), slashes, dots, leading hyphens,\n"
        "an ending like `-v3`, names of devices, what looks like a commit, and letters of another script that\n"
        "look like Latin ones.",
        _file("prompts/gr\u0435et.yaml", "id: gr\u0435et\n" + _SOUND.split("id: greet\n", 1)[1].removesuffix("```\n")),
    ),
    "unknown-key": _pair(
        "A misspelled key would be left out in silence: a leading tool accepts `asert:` and lets the evaluation\npass.",
        _prompt(f'template: "Greet {{{{ name }}}}."\n{_NAME}tempreature: 0.2\n'),
    ),
    "duplicate-key": _pair(
        "YAML readers take the last of two equal keys, so that a review of the first says nothing.",
        _prompt(f'template: "Greet {{{{ name }}}}."\n{_NAME}{_NAME}'),
    ),
    "anchor": _pair(
        "With anchors, a change in one place changes another that no diff shows, and nine lines can stand for a\n"
        "billion values.",
        _prompt(f'template: &text "Greet {{{{ name }}}}."\n{_NAME}'),
    ),
    "template-syntax": _pair(
        "A template that does not parse cannot be rendered. Handlebars (`{{#if}}`) and shell texts are the usual\n"
        "reason; with `engine: plain` only `{{ name }}` is replaced and everything else is text.",
        _prompt(f'template: "{{{{#if name}}}}Greet {{{{ name }}}}.{{{{/if}}}}"\n{_NAME}'),
    ),
    "template-subset": _pair(
        "Templates are data and come with pull requests. Calls, macros and arithmetic could run code or fill the\n"
        "memory, so templates have variables, filters from a list, `if`, `for` and `include`.",
        _prompt(f'template: "Greet {{{{ name.upper() }}}}."\n{_NAME}'),
        _prompt(f'template: "Greet {{{{ name | upper }}}}."\n{_NAME}'),
    ),
    "partial-missing": _pair(
        "The text of a partial is part of the prompt; without it there is nothing to send.",
        _prompt(f"template: \"{{% include 'tone' %}} Greet {{{{ name }}}}.\"\n{_NAME}"),
        _prompt(f"template: \"{{% include 'tone' %}} Greet {{{{ name }}}}.\"\n{_NAME}")
        + _file("prompts/_partials/tone.md", "Be friendly.\n"),
    ),
    "partial-cycle": _pair(
        "Two partials that include each other have no end, and so no text; no revision of them ever could be sent.",
        _prompt(f"template: \"{{% include 'tone' %}} Greet {{{{ name }}}}.\"\n{_NAME}")
        + _file("prompts/_partials/tone.md", "{% include 'house' %}\n")
        + _file("prompts/_partials/house.md", "{% include 'tone' %}\n"),
        _prompt(f"template: \"{{% include 'tone' %}} Greet {{{{ name }}}}.\"\n{_NAME}")
        + _file("prompts/_partials/tone.md", "{% include 'house' %}\n")
        + _file("prompts/_partials/house.md", "Be friendly.\n"),
    ),
    "unknown-metric": _pair(
        "A metric that does not exist measures nothing; the run would be green for want of it.",
        _suite(f"{_CASE}metrics:\n  - {{metric: max_wrods, limit: 30}}\n"),
        _suite(_CASE + _SHORT),
    ),
    "metric-cannot-fail": _pair(
        "Every answer contains the empty text and has at least no words. Such a metric passes for ever and lifts\n"
        "the mean of the others.",
        _suite(f"{_CASE}metrics:\n  - {{metric: contains, expected: ''}}\n"),
        _suite(f"{_CASE}metrics:\n  - {{metric: contains, expected: Ada}}\n"),
    ),
    "case-expected": _pair(
        "A metric that compares with the expected answer cannot score a case that has none.",
        _suite(f"{_CASE}metrics:\n  - {{metric: equals}}\n"),
        _suite("cases:\n  - {id: ada, variables: {name: Ada}, expected: Hello Ada!}\nmetrics:\n  - {metric: equals}\n"),
    ),
    "case-variable": _pair(
        "A case that does not give what the prompt needs fails when it is rendered; found here, it costs nothing.",
        _suite(f"cases:\n  - {{id: ada, variables: {{nmae: Ada}}}}\n{_SHORT}"),
        _suite(_CASE + _SHORT),
    ),
    "variable-default": _pair(
        "A default that the variable itself does not allow would fail in the first call that relies on it.",
        _prompt('template: "Greet {{ name }}."\nvariables: {name: {type: string, default: 7}}\n'),
        _prompt('template: "Greet {{ name }}."\nvariables: {name: {type: string, default: guest}}\n'),
    ),
    "unknown-prompt": _pair(
        "A suite for a prompt that does not exist evaluates nothing; most often the prompt was renamed.",
        _SOUND + _file("evals/gret.yaml", f"prompt: gret\n{_CASE}{_SHORT}gate: {{min_cases: 1}}\n"),
        _suite(_CASE + _SHORT),
    ),
}
"""Rule name → why, then the examples; the fences name the files."""
