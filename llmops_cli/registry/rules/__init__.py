"""The rules: every name that a finding can carry. One rule per file; what reading itself reports stands below.

Kinds: `file` (one prompt), `repository` (a prompt among the others), `history` (a prompt and its past),
`suite` (one suite and its cases), `text` (the text of any file), `parser` (found while a file is read).
A rule of another package says its kind itself, by an attribute `kind`; without one it is `file`.
"""

from __future__ import annotations

from llmops_cli.core.parts import Part, PartTable
from llmops_cli.registry.documents.parser_rules import PARSER_RULES

_HERE = "llmops_cli.registry.rules"

KINDS = ("file", "repository", "history", "suite", "text")
"""The kinds of rules that are run; what reading finds (`parser`) is found by reading."""

_READING = {
    **PARSER_RULES,
    # files
    "file-missing": "A file that another one names, or that is listed, can be read.",
    "dataset-missing": "A suite names datasets that exist.",
    "suite-file-name": "A suite's file has the name of its prompt.",
    "unknown-prompt": "A suite names a prompt that exists.",
    "unknown-environment": "An environment is promoted from another one that exists.",
    "rubric-scale": "A rubric has either named choices or binary points, and its examples use them.",
    "rubric-template": "A rubric's criteria are fixed words: no output is put among a judge's instructions.",
    # templates
    "template-syntax": "A template is Jinja2, or `engine: plain` is set.",
    "template-subset": "A template uses the subset of Jinja2 that cannot run code.",
    "template-limit": "A template stays within the limits of size, nesting and operators.",
    "partial-missing": "A template includes partials that exist.",
    "partial-cycle": "Partials do not include each other in a circle.",
    # variables and cases
    "variable-name": "A variable is not called like a word of the template language.",
    "variable-enum": "The allowed values of a variable are of its type.",
    "variable-default": "The default of a variable is of its type and among its allowed values.",
    "case-variable": "A case gives every required variable of its prompt, and no unknown one, with fitting values.",
    "case-expected": "A case has an expected answer where a metric compares with it.",
    # metrics
    "unknown-metric": "A metric is one that exists.",
    "metric-parameter": "A metric has the parameters that it needs, with values that it understands.",
    "metric-cannot-fail": "A metric can fail: what every answer passes measures nothing.",
    "duplicate-metric-name": "The names of a suite's metrics are distinct.",
    # baselines
    "baseline-unreadable": "A baseline is a file that llmops wrote, whole and unchanged in form.",
    "baseline-newer": "A baseline was not written by a newer llmops.",
    "baseline-digest": "The content of a baseline is what its digest says: it is recorded, not edited.",
    "baseline-score": "The scores of a baseline are numbers from 0 to 1.",
    "baseline-all-zero": "A baseline has at least one score above zero.",
}
"""What is found while files are read, rule name → one line that says what holds when the rule is kept."""

RULES = PartTable(
    noun="rule",
    group="llmops.rules",
    needs=("name", "severity", "check"),
    parts={
        "id-file-name": Part(f"{_HERE}.id_file_name:RULE", "file", "The id of a prompt is the name of its file."),
        "rollback-target": Part(
            f"{_HERE}.rollback_target:RULE", "file", "`rollback_to` names an earlier version that exists."
        ),
        "undeclared-variable": Part(
            f"{_HERE}.undeclared_variable:RULE", "file", "Every variable that a template uses is declared."
        ),
        "unused-variable": Part(
            f"{_HERE}.unused_variable:RULE", "file", "Every declared variable is used by a template."
        ),
        "shadowed-variable": Part(
            f"{_HERE}.shadowed_variable:RULE", "file", "A loop does not take the name of a declared variable."
        ),
        "floating-model": Part(
            f"{_HERE}.floating_model:RULE", "file", "The model is named by a fixed snapshot, not by a moving alias."
        ),
        "unknown-provider": Part(
            f"{_HERE}.unknown_provider:RULE", "file", "The provider of a model is defined in llmops.yaml."
        ),
        "unknown-price": Part(f"{_HERE}.unknown_price:RULE", "file", "The price of each model is known."),
        "token-budget": Part(
            f"{_HERE}.token_budget:RULE", "file", "The fixed text of the messages fits into the token budget."
        ),
        "cost-budget": Part(
            f"{_HERE}.cost_budget:RULE", "file", "The fixed text of the messages costs no more than a call may cost."
        ),
        "json-schema": Part(
            f"{_HERE}.json_schema:RULE",
            "file",
            "The JSON Schemas of a prompt are schemas, and refer to nothing outside.",
        ),
        "github-expression": Part(
            f"{_HERE}.github_expression:RULE", "file", "A prompt holds no GitHub expression (${{ … }})."
        ),
        "chat-template-token": Part(
            f"{_HERE}.chat_template_token:RULE", "file", "A message holds no control tokens of a chat template."
        ),
        "duplicate-id": Part(
            f"{_HERE}.duplicate_id:RULE",
            "repository",
            "One id belongs to one file, upper and lower case not told apart.",
        ),
        "suite-missing": Part(f"{_HERE}.suite_missing:RULE", "repository", "Every prompt has a suite."),
        "version-rule": Part(
            f"{_HERE}.version_rule:RULE",
            "history",
            "A version rises by one with each change of content, and only then.",
        ),
        "interface-break": Part(
            f"{_HERE}.interface_break:RULE", "history", "A change does not break the applications that call the prompt."
        ),
        "min-cases": Part(f"{_HERE}.min_cases:RULE", "suite", "A suite has as many cases as its gate asks for."),
        "case-without-metric": Part(
            f"{_HERE}.case_without_metric:RULE", "suite", "Every case is scored by at least one metric."
        ),
        "duplicate-case-id": Part(
            f"{_HERE}.duplicate_case_id:RULE", "suite", "The ids of a suite's cases are distinct."
        ),
        "rubric-missing": Part(
            f"{_HERE}.rubric_missing:RULE", "suite", "A judge's rubric is a file that exists and can be used."
        ),
        "judge-self": Part(
            f"{_HERE}.judge_self:RULE", "suite", "A judge is another model than the one that it judges."
        ),
        "literal-secret": Part(
            f"{_HERE}.literal_secret:RULE", "text", "No file holds a key, a token, a password or a private key."
        ),
        **{
            name: Part("llmops_cli.registry.documents.parser_rules:PARSER_RULES", "parser", summary)
            for name, summary in _READING.items()
        },
    },
)
