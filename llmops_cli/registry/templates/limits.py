"""How large a template and its rendering may be; each number is far above what a prompt needs."""

from __future__ import annotations

SOURCE_BYTES = 256 * 1024
"""UTF-8 bytes of a template with its partials put in."""

NODES = 5_000
"""Nodes of the syntax tree; parsing and compiling stay well under a second."""

NESTING = 32
"""Brackets within brackets, and blocks within blocks: the parser recurses for each."""

LOOP_NESTING = 8
"""`for` within `for`; Python itself refuses more than 20."""

LINKS = 64
"""Operators, filters and attributes of one tag, since a chain of them nests the syntax tree as brackets do."""

OUTPUT_BYTES = 1024 * 1024
"""UTF-8 bytes of one rendered message, counted while it is generated."""

RENDER_SECONDS = 2.0
"""Time for one message; loops look at the clock even when they write nothing."""
