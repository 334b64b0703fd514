"""Who guards the gate: one kind of loosening per file. Each part compares the base's policy with the head's.

No group of entry points: what is installed beside the check has no say in what holds it.
"""

from llmops_cli.core.parts import Part, PartTable

_HERE = "llmops_cli.ci.guard"

GUARDS = PartTable(
    noun="guard",
    parts={
        "suite": Part(f"{_HERE}.suites:find", "suite", "a prompt or its suite is deleted"),
        "case": Part(
            f"{_HERE}.cases:find", "suite", "a case is removed, or its input, answer, weight or critical mark edited"
        ),
        "metric": Part(f"{_HERE}.metrics:find", "suite", "a metric is dropped, widened, or no longer required"),
        "policy": Part(f"{_HERE}.policies:find", "suite", "the gate's numbers decide more loosely"),
        "effort": Part(f"{_HERE}.efforts:find", "suite", "fewer repeats, or other budgets"),
        "baseline": Part(f"{_HERE}.baselines:find", "evidence", "a baseline is removed, lowered, or edited by hand"),
        "recording": Part(f"{_HERE}.recordings:find", "evidence", "a committed answer is edited"),
        "judge": Part(f"{_HERE}.judges:find", "judge", "a rubric, a judge or its calibration is changed"),
        "measure": Part(f"{_HERE}.measures:find", "judge", "another file that a suite measures with is changed"),
        "model": Part(f"{_HERE}.models:find", "project", "a provider, a model's alias or its price is redirected"),
        "paths": Part(f"{_HERE}.paths:find", "project", "llmops.yaml looks for prompts or suites elsewhere"),
        "workflow": Part(
            f"{_HERE}.workflows:find", "check", "the workflow, action or code owners that run the check are changed"
        ),
        "package": Part(f"{_HERE}.packages:find", "check", "a package that adds metrics, rules or providers differs"),
    },
)
"""Every kind of change of a gate by name: where it is, what it guards, what it finds."""
