"""Documents that runs become: what `eval --format` and `report` write, one format per file."""

from llmops_cli.core.parts import Part, PartTable

_HERE = "llmops_cli.reports.run_documents"

RUN_DOCUMENTS = PartTable(
    noun="report format",
    group="llmops.reports",
    needs=("__call__",),
    # what `eval` shows while it runs
    reserved=("text",),
    parts={
        "json": Part(f"{_HERE}.json_document:write", "machines", "one JSON document with every run"),
        "markdown": Part(f"{_HERE}.markdown_document:write", "people", "a Markdown page"),
        "junit": Part(f"{_HERE}.junit_document:write", "machines", "JUnit XML, a test case per trial"),
        "csv": Part(f"{_HERE}.csv_document:write", "machines", "a table, one trial a line"),
        "jsonl": Part(f"{_HERE}.jsonl_document:write", "machines", "JSON lines, one trial a line"),
        "html": Part(f"{_HERE}.html_document:write", "people", "one self-contained HTML page"),
    },
)
"""Every document by the name of its format: a function from reported runs to text."""
