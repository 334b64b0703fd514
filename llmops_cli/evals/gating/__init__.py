"""Measuring for the gate: look by look, both arms where needed, and a probe of the suite itself."""
