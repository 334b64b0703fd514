"""Bytes at a Git revision → checked prompts and suites."""
