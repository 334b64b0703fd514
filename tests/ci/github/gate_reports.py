"""Gate reports made of one text, put wherever a report holds text that others wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.affected import Reason
from llmops_cli.ci.file_changes import FileChange
from llmops_cli.ci.gate_change import GateChange
from llmops_cli.ci.gate_report import GateReport
from llmops_cli.ci.gate_runs import RegressedCase, SuiteRun
from llmops_cli.ci.prompt_report import PromptReport
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.findings import Finding, Position, Severity
from llmops_cli.core.prompts import Message, ModelSettings, OutputContract, Prompt, Role, Template, Variable
from llmops_cli.core.verdicts import VerdictKind
from llmops_cli.registry.costs.tokens import TokenCount
from llmops_cli.registry.diff.prompt_diff import diff_prompts

if TYPE_CHECKING:
    from collections.abc import Iterable


def prompt(text: str, *, version: int = 1) -> Prompt:
    # the registry refuses lone surrogates in prompts; answers of models may hold them
    text = text.encode("utf-8", "replace").decode()
    return Prompt(
        id="sum-up",
        version=version,
        path="prompts/sum-up.yaml",
        model=ModelSettings(name="echo/echo"),
        messages=(Template(role=Role.USER, source=text, resolved=text),),
        variables=(Variable(name="text"),),
        output=OutputContract(),
    )


def count(messages: Iterable[Message], model: str) -> TokenCount:
    del messages, model
    return TokenCount(tokens=10, exact=True, error_fraction=0.0)


def case(text: str, number: int = 1) -> RegressedCase:
    return RegressedCase(
        case_id=f"{number} {text}",
        path=f"evals/{text}.jsonl",
        line=number,
        critical=True,
        input={"text": text, text: [text, 1]},
        expected=(text, text),
        base_output=text,
        head_output=text,
        reasons=(f"Said {text} here.",),
        passes=0,
        trials=1,
        base_passes=5,
        base_trials=5,
    )


def prompt_report(text: str, *, cases: int = 2, code: ExitCode = ExitCode.GATE_FAILED) -> PromptReport:
    kinds = {ExitCode.PASS: VerdictKind.PASS, ExitCode.GATE_FAILED: VerdictKind.REGRESSION}
    kind = kinds.get(code, VerdictKind.INCONCLUSIVE)
    run = SuiteRun(
        suite_from="base",
        kind=kind,
        reasons=(f"It says {text} now.",),
        exit_code=code,
        compared_with=f"baseline of {text}",
        cases=tuple(case(text, number) for number in range(1, cases + 1)),
    )
    return PromptReport(
        prompt_id="sum-up",
        version=2,
        kind=kind,
        reasons=(f"It says {text} now.", f"And {text} too."),
        exit_code=code,
        selected_because=(Reason(path=text, change=FileChange.CHANGED, through=(text, "b"), part=text),),
        decisive=run,
        diff=diff_prompts(
            prompt(f"before\n{text}\nafter"),
            prompt(f"before\nnew {text} line\nafter", version=2),
            count_messages=count,
            price_of=lambda _: None,
        ),
        notes=(f"A note on {text}.",),
        next_step=f"llmops eval {text}",
    )


def change(text: str, *, loosens: bool = True) -> GateChange:
    return GateChange(
        kind="metric",
        path=f"evals/{text}.yaml",
        line=3,
        loosens=loosens,
        message=f"metric {text} is looser",
        base_value=text,
        head_value=text,
    )


def finding(text: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(
        path=f"prompts/{text}.yaml",
        position=Position(2, 3),
        severity=severity,
        rule="unused-variable",
        message=f"the variable {text} is not used.",
        hint=f"Remove {text}.",
    )


def report(text: str, *, cases: int = 2, prompts: int = 1, code: ExitCode = ExitCode.GATE_FAILED) -> GateReport:
    return GateReport(
        base_label=f"main ({text})",
        base_commit="1" * 40,
        head_label=f"HEAD {text}",
        changes=(change(text), change(text, loosens=False)),
        findings=(finding(text),),
        prompts=tuple(prompt_report(text, cases=cases, code=code) for _ in range(prompts)),
        affected=("sum-up",),
        unaffected=3,
        notes=(f"Noted {text}.",),
        approved_by="",
    )
