"""CI as an edge: what a change touches, whether it loosens its own gate, and the report of the check."""
