"""One command per file: parse, call one use case, hand the value to a report, return an exit code."""
