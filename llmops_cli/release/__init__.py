"""Releases: record → plan → apply. What is live is decided by a state machine without I/O; targets keep bytes."""
