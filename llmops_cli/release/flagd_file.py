"""The flagd configuration as the file beside a state: one flag a line, and a checksum over what it was made from.

Making a flag reads its release, so with many prompts a step would read every release although it changes few. A
file that was written for the state before is used again, line by line, where the prompt did not change; the
checksum tells whether the file is the one that was written for that state, whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import canonical_json, digest_of_bytes
from llmops_cli.release.flagd import SCHEMA_URL, flag_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.release.flagd import LoadRelease

_START = b'{"$schema":%s,"flags":{\n' % canonical_json(SCHEMA_URL)
_BETWEEN = b",\n"
_END = b"\n},"
LONGEST_TAIL = 400
"""Bytes of a file's end that `is_behind` looks at."""

_REVISION_OF_FILE = re.compile(
    rb'"metadata":\{"checksum":"sha256:[0-9a-f]{64}","environment":"[^"]*","revision":(\d+)\}\}\n\Z'
)
_REVISION_OF_STATE = re.compile(rb'"revision":(\d+),"schema":\d+\}\Z')


def flagd_file(
    state: EnvironmentState, load: LoadRelease, before: EnvironmentState | None = None, earlier: bytes | None = None
) -> bytes:
    """Return the file of a state; `earlier` is the one that stands there, written for the state `before`."""
    known = _lines(earlier, before) if earlier and before else {}
    unchanged = before.prompts if before else {}
    lines: list[bytes] = []
    for name, prompt in sorted(state.prompts.items()):
        line = known.get(name) if prompt == unchanged.get(name) else None
        if line is None:
            flag = flag_of(name, prompt, load)
            line = None if flag is None else b"%s:%s" % (canonical_json(name), canonical_json(flag))
        if line is not None:
            lines.append(line)
    flags = _BETWEEN.join(lines)
    return b"%s%s%s%s" % (_START, flags, _END, _tail(state, flags))


def is_behind(tail: bytes, state: bytes) -> bool:
    """Tell from the ends of both whether a file is another one than that of a state, or not whole.

    Times of files do not tell: two writes may fall into one tick, and a file that lost its content is as new as ever.
    """
    wanted = _REVISION_OF_STATE.search(state)
    told = _REVISION_OF_FILE.search(tail)
    return wanted is not None and (told is None or told[1] != wanted[1])


def _tail(state: EnvironmentState, flags: bytes) -> bytes:
    """Return the end of the file; the checksum covers the flags and the event that led to them."""
    checksum = digest_of_bytes(b"%s\n%s" % (state.head.encode(), flags))
    metadata: JsonObject = {"checksum": checksum, "environment": state.environment, "revision": state.revision}
    return b'"metadata":%s}\n' % canonical_json(metadata)


def _lines(data: bytes, state: EnvironmentState) -> Mapping[str, bytes]:
    """Return the line of each flag by its name; nothing unless the file is the whole one of that state."""
    end = data.rfind(_END)
    if not data.startswith(_START) or end < len(_START):
        return {}
    flags = data[len(_START) : end]
    if data[end + len(_END) :] != _tail(state, flags):
        return {}
    # a flag has no line break of its own, since JSON escapes them; its name is an id, of ASCII without quotes
    return {line[1 : line.index(b'"', 1)].decode(): line for line in flags.split(_BETWEEN) if line}
