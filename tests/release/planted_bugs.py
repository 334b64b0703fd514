"""Deliberately broken variants of the release code; `test_planted_bugs.py` shows that each one is caught.

A row is a name, the file, the text that is replaced, what replaces it, and the test that has to fail.
"""

from __future__ import annotations

from typing import NamedTuple


class Bug(NamedTuple):
    """One broken variant."""

    name: str
    path: str
    old: str
    new: str
    caught_by: str


_SQLITE = "llmops_cli/release/targets/sqlite.py"
_FILE = "llmops_cli/release/targets/file.py"
_MOVES = "llmops_cli/release/moves.py"
_RELEASES = "llmops_cli/release/release_moves.py"
_READING = "llmops_cli/release/reading.py"
_STATE = "llmops_cli/release/state.py"
_ROLLBACK = "llmops_cli/release/rollback.py"
_RULES = "llmops_cli/release/publish_rules.py"
_CONTRACT = "tests/release/test_local_targets.py"
_MACHINE = "tests/release/test_state_machine.py"
_LOG = "tests/release/test_event_log.py"
_BACK = "tests/release/test_rollback.py"
_PUBLISH = "tests/release/test_publish_rules.py"
_FORMATS = "tests/release/test_formats.py"

BUGS = (
    Bug(
        "the compare forgets the past",
        _SQLITE,
        "if (revision, head) != (write.revision - 1, write.previous):",
        "if revision != write.revision - 1:",
        f"{_CONTRACT}::TestSqlite",
    ),
    Bug(
        "<= in the compare",
        _SQLITE,
        "if (revision, head) != (write.revision - 1, write.previous):",
        "if not revision <= write.revision - 1:",
        f"{_CONTRACT}::TestSqlite",
    ),
    Bug(
        "a release is overwritten",
        _SQLITE,
        "if stored is not None and bytes(stored[0]) != release.data:",
        "if False:",
        f"{_CONTRACT}::TestSqlite",
    ),
    Bug(
        "the transaction begins late",
        _SQLITE,
        '"BEGIN IMMEDIATE")\n            try:',
        '"BEGIN DEFERRED")\n            try:',
        f"{_CONTRACT}::TestSqlite",
    ),
    Bug("a made step is stale", _SQLITE, "if not made:", "if True:", f"{_CONTRACT}::TestSqlite"),
    Bug(
        "no lock around the folder's compare",
        _FILE,
        "fcntl.flock(lock, fcntl.LOCK_EX)",
        "pass",
        f"{_CONTRACT}::TestFile",
    ),
    Bug(
        "the folder overwrites releases",
        _FILE,
        "if _read(path) != release.data:",
        "if False:",
        f"{_CONTRACT}::TestFile",
    ),
    Bug(
        "the folder's compare is missing",
        _FILE,
        "if (current.revision, current.head) != (write.revision - 1, write.previous):",
        "if False:",
        f"{_CONTRACT}::TestFile",
    ),
    Bug("a hold is ignored", _MOVES, "    if hold is None:\n        return", "    return", _MACHINE),
    Bug(
        "a version gets a second meaning",
        _MOVES,
        "if known.version == release.version and known.digest != release.digest:",
        "if False:",
        _MACHINE + "::test_a_version_in_the_state_keeps_its_meaning",
    ),
    Bug("a change made for another release", _MOVES, "if change.before != prompt.stable:", "if False:", _BACK),
    Bug("a rollback holds nothing", _ROLLBACK, "contents=tuple(_bad(prompt, choice.ref)),", "contents=(),", _BACK),
    Bug(
        "a rollback does not have to hold",
        _RELEASES,
        "if prompt.stable and prompt.stable.digest != release.digest and after.hold_of(prompt.stable.digest) is None:",
        "if False:",
        _MACHINE,
    ),
    Bug("a rollback leaves the canary", _RELEASES, "        candidate=None,\n", "", _BACK),
    Bug("a freeze blocks nothing", _STATE, "if event.kind not in STOPPED_BY_A_FREEZE:", "if True:", _MACHINE),
    Bug(
        "a freeze blocks the way back",
        _STATE,
        "        EventKind.PUBLISH,\n        EventKind.PROMOTE,",
        "        EventKind.ROLLBACK,\n        EventKind.PUBLISH,\n        EventKind.PROMOTE,",
        _MACHINE,
    ),
    Bug(
        "an event needs no past",
        _STATE,
        "if event.revision != state.revision + 1 or event.previous != state.head:",
        "if False:",
        _MACHINE,
    ),
    Bug(
        "the revision stands still", _STATE, "revision=event.revision, head", "revision=state.revision, head", _MACHINE
    ),
    Bug(
        "an event's digest is not checked",
        _READING,
        "if (event.digest(), event.revision, event.environment) != (head, revision, environment):",
        "if False:",
        _LOG,
    ),
    Bug("an intention happens twice", "llmops_cli/release/apply.py", "event.key == plan.intent.key", "False", _MACHINE),
    Bug(
        "a release's bytes are not compared",
        "llmops_cli/core/releases.py",
        "if ref is not None and digest_of_bytes(data) != ref.record:",
        "if False:",
        _FORMATS,
    ),
    Bug(
        "a content may have any digest",
        "llmops_cli/core/releases.py",
        "if digest != release.digest:",
        "if False:",
        _FORMATS,
    ),
    Bug(
        "keys may stand twice",
        "llmops_cli/core/strict_document.py",
        "if len(members) != len(pairs):",
        "if False:",
        _FORMATS,
    ),
    Bug(
        "unknown fields are ignored",
        "llmops_cli/core/strict_document.py",
        "if name not in self._taken:",
        "if False:",
        _FORMATS,
    ),
    Bug(
        "a canary includes everybody without a key",
        "llmops_cli/core/canary.py",
        "    if not targeting_key:\n        return False\n",
        "",
        _FORMATS,
    ),
    Bug(
        "a canary is one percent too large",
        "llmops_cli/core/canary.py",
        "* 100 >> 32) < weight",
        "* 100 >> 32) <= weight",
        _FORMATS,
    ),
    Bug(
        "any branch is approved",
        _RULES,
        "if situation.lineage.is_ancestor(commit, situation.branch):",
        "if True:",
        _PUBLISH,
    ),
    Bug(
        "a late job ships an old prompt",
        _RULES,
        "if not situation.lineage.is_ancestor(live.git.commit, new):",
        "if False:",
        _PUBLISH,
    ),
    Bug("no evidence is needed", _RULES, "if isinstance(found, NoEvidence):", "if False:", _PUBLISH),
)
