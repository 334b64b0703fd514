"""What the fields that releases, states and events share may hold."""

from __future__ import annotations

import re

SCHEMA = 1
"""The version of the formats of release, state and event; raised when an older reader would misread them."""

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
MOMENT = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(?:\.\d{1,6})?Z")
ENVIRONMENT = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:[-_][a-z0-9]+)*")
LARGEST_VERSION = 10**9
LONGEST_NAME = 200
