"""What a judge is worth, on a terminal: figures with intervals, coherence, licence, attacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.page import BAD, GOOD, STRONG, WARN, hanging, rendered
from llmops_cli.reports.table import PlainTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from llmops_cli.evals.compare.intervals import Interval
    from llmops_cli.evals.judges.attacks import AttackResult
    from llmops_cli.evals.judges.calibration import Calibration, Rate
    from llmops_cli.evals.judges.licence import Licence
    from llmops_cli.reports.page import Page

_STYLES = {"calibrated": GOOD, "drifted": BAD}


def calibration_text(calibration: Calibration, licence: Licence, page: Page) -> str:
    """Return the calibration as a table and the licence with its reasons."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    judge = safe_text(str(calibration.judge.get("model")), one_line=True)
    about = f"  judged by {judge}, {calibration.labels} labels by {safe_text(', '.join(calibration.raters))}"
    table = PlainTable(("MEASURE", "VALUE", "95%", ""), right=(1, 2), stretch=3)
    for name, rate, needed in (
        ("true passes (TPR)", calibration.true_pass, "0.70, lower end"),
        ("true failures (TNR)", calibration.true_fail, "0.70, lower end"),
        ("same verdict again", calibration.steady, "0.95"),
    ):
        table.add_row(Text(name), f"{rate.value:.2f}", _interval(rate.interval), Text(f"{_of(rate)}; needs {needed}"))
    for name, each, needed in (
        ("agreement (kappa)", calibration.kappa, "0.4, lower end"),
        ("agreement (AC1)", calibration.ac1, ""),
    ):
        told = Text(f"needs {needed}" if needed else "")
        table.add_row(Text(name), f"{each.value:.2f}", _interval(each.interval), told)
    for check in calibration.coherence:
        limit = f"{'at most' if check.at_most else 'at least'} {check.limit:g}"
        shown = f"{check.rate:.2f}" if check.texts else "?"
        table.add_row(Text(f"coherence: {check.name}"), shown, "", Text(f"{check.texts} texts; needs {limit}"))
    corrected = calibration.pass_rate
    table.add_row(Text("pass rate, judged"), f"{calibration.judged_pass_rate:.2f}", "", Text("on the labelled outputs"))
    told = Text("by PPI++, what people would say")
    table.add_row(Text("pass rate, corrected"), f"{corrected.value:.2f}", _interval(corrected.interval), told)
    head = hanging(page, Text.assemble((safe_text(calibration.rubric, one_line=True), STRONG), about))
    return rendered(page, head, Text(""), table.text(page), Text(""), *_licence(licence, page))


def licence_text(name: str, licence: Licence, page: Page) -> str:
    """Return the licence of one rubric."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    return rendered(page, hanging(page, Text(safe_text(name, one_line=True), style=STRONG)), *_licence(licence, page))


def attacks_text(judge: str, bad: int, failed: int, results: Sequence[AttackResult], page: Page) -> str:
    """Return the success rate of every family of attacks with its interval."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    table = PlainTable(("ATTACK", "GOT PAST", "RATE", "95%", ""), right=(1, 2, 3), stretch=4)
    for each in results:
        unread = Text(f"{each.unreadable} without a verdict" if each.unreadable else "")
        rate = each.success
        table.add_row(
            Text(each.name), f"{rate.hits} of {rate.of}", f"{rate.value:.2f}", _interval(rate.interval), unread
        )
    hits, of = sum(each.success.hits for each in results), sum(each.success.of for each in results)
    told = f"{safe_text(judge, one_line=True)} failed {failed} of {bad} bad outputs plainly; these were dressed up."
    total = f"In all {hits} of {of} got past."
    return rendered(page, hanging(page, Text(told)), Text(""), table.text(page), Text(""), Text(total, style=STRONG))


def _licence(licence: Licence, page: Page) -> list[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    word = licence.state.value.upper()
    what = {
        "calibrated": "this judge may block.",
        "drifted": "its scores mean nothing now.",
    }.get(licence.state.value, "this judge may warn, never block.")
    lines: list[RenderableType] = [Text.assemble((word, _STYLES.get(licence.state.value, WARN)), f"  {what}")]
    lines += [hanging(page, Text(f"  {safe_text(reason, one_line=True)}"), indent=2) for reason in licence.reasons]
    return lines


def _interval(interval: Interval) -> str:
    return f"{interval.lower:.2f} to {interval.upper:.2f}"


def _of(rate: Rate) -> str:
    return f"{rate.hits} of {rate.of}"
