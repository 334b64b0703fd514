"""Deliberately broken variants of the release code; `test_planted_bugs.py` shows that each one is caught.

A row is a name, the file, how it is broken, and the test that has to fail. Where a whole function or method is at
fault, its name is bound anew at the end of the file, which does not depend on how it is written; where one
condition is, its text is replaced. A name or a text that is not there any more fails a test of its own.
"""

from __future__ import annotations

from typing import NamedTuple


class Bug(NamedTuple):
    """One broken variant. Without `new`, `old` is appended: definitions that replace those of the file.

    `needs` is the server without which the test cannot run.
    """

    name: str
    path: str
    old: str
    new: str | None
    caught_by: str
    needs: str = ""


_SQLITE = "llmops_cli/release/targets/sqlite.py"
_FILE = "llmops_cli/release/targets/file.py"
_MOVES = "llmops_cli/release/moves.py"
_RELEASES = "llmops_cli/release/release_moves.py"
_READING = "llmops_cli/release/reading.py"
_APPLY = "llmops_cli/release/apply.py"
_STATE = "llmops_cli/release/state.py"
_ROLLBACK = "llmops_cli/release/rollback.py"
_RULES = "llmops_cli/release/publish_rules.py"
_CONTRACT = "tests/release/test_local_targets.py"
_MACHINE = "tests/release/test_state_machine.py"
_LOG = "tests/release/test_event_log.py"
_BACK = "tests/release/test_rollback.py"
_PUBLISH = "tests/release/test_publish_rules.py"
_FORMATS = "tests/release/test_formats.py"
_CRASHES = "tests/release/test_crashes.py"
_POWER = f"{_CRASHES}::test_a_power_cut_after_any_call_loses_nothing_that_was_acknowledged"
_RELIABILITY = "tests/release/test_reliability.py"
_HOSTILE = f"{_RELIABILITY}::test_wrong_answers_neither_crash_a_client_nor_are_served"
_CLIENT = "tests/release/test_client.py"
_STORES = "tests/release/test_store_targets.py"
_FILES = "llmops_cli/release/atomic_files.py"
_ETCD = "llmops_cli/release/targets/etcd.py"
_REDIS = "llmops_cli/release/targets/redis.py"
_POSTGRESQL = "llmops_cli/release/targets/postgresql.py"
_S3 = "llmops_cli/release/targets/s3.py"
_FOLLOWER = "llmops_cli/client/follower.py"
_TRANSPORT = "llmops_cli/client/transport.py"
_MEMORY = "llmops_cli/client/memory.py"
_DISK = "llmops_cli/client/disk.py"
_CHANGES = "llmops_cli/release/service/changes.py"

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
    Bug("a hold is ignored", _MOVES, "def check_not_held(prompt, change, release): return", None, _MACHINE),
    Bug(
        "a version gets a second meaning",
        _MOVES,
        "def check_version(prompt, change, release): return",
        None,
        _MACHINE + "::test_a_version_in_the_state_keeps_its_meaning",
    ),
    Bug("a change made for another release", _MOVES, "def check_before(prompt, change): return", None, _BACK),
    Bug("a rollback holds nothing", _ROLLBACK, "contents=tuple(_bad(prompt, choice.ref)),", "contents=(),", _BACK),
    Bug(
        "a rollback does not have to hold",
        _RELEASES,
        "if prompt.stable and prompt.stable.digest != release.digest and after.hold_of(prompt.stable.digest) is None:",
        "if False:",
        _MACHINE,
    ),
    Bug("a rollback leaves the canary", _RELEASES, "        candidate=None,\n", "", _BACK),
    Bug("a freeze blocks nothing", _STATE, "def _check_freeze(state, event): return", None, _MACHINE),
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
        "def _checked(data, *_): return parse_event(data)",
        None,
        _LOG,
    ),
    Bug("an intention happens twice", _APPLY, "def _made_already(plan, target, state): return None", None, _MACHINE),
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
    Bug("a file is not synced", _FILES, "os.fsync(stream.fileno())", "pass", _POWER),
    Bug("a folder is not synced", _FILES, "def sync_folder(folder): return", None, _POWER),
    Bug(
        "SQLite does not wait for the disk", _SQLITE, "PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL", _POWER
    ),
    Bug(
        "the folders above the file may vanish",
        _SQLITE,
        "def make_folder(folder): folder.mkdir(parents=True, exist_ok=True)",
        None,
        _POWER,
    ),
    Bug(
        "acknowledged before it is durable",
        _SQLITE,
        """
_commit, _close = SqliteTarget.commit, SqliteTarget.close
_later = []
def _acknowledge(self, write): _later.append((self, write))
def _make(self):
    while _later: _commit(*_later.pop(0))
    _close(self)
SqliteTarget.commit, SqliteTarget.close = _acknowledge, _make
""",
        None,
        _POWER,
    ),
    Bug(
        "the state is written before what it names",
        _FILE,
        """
_commit = FileTarget.commit
def _state_first(self, write):
    with self._locked(write.environment): self._make_live(write)
    for release in write.releases: self._put(release)
    replace_file(self._event_path(write.environment, write.revision, write.head), write.event)
    self._write_flagd(write.environment)
FileTarget.commit = _state_first
""",
        None,
        _POWER,
    ),
    Bug(
        "the state is not replaced in one step",
        _FILES,
        """
def replace_file(path, data):
    make_folder(path.parent)
    with path.open("wb") as stream:
        stream.write(data[: len(data) // 2])
        stream.flush()
        stream.write(data[len(data) // 2 :])
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(path.parent)
""",
        None,
        f"{_CRASHES}::test_each_fault_at_each_call_that_writes_leaves_the_old_or_the_new",
    ),
    Bug(
        "a loser finds an older revision than it was told",
        _CHANGES,
        "isinstance(error, StaleRevisionError) and error.current > call.hub.revision(call.environment)",
        "False",
        "tests/release/test_http_target.py::test_a_loser_finds_the_revision_that_it_is_told",
    ),
    Bug(
        "the service answers before it commits",
        _CHANGES,
        """
_now = _make
def _make(target, asked):
    import threading
    threading.Timer(0.05, _now, (target, asked)).start()
    return _Made(event=asked.event, repeated=False)
""",
        None,
        "tests/release/test_http_target.py::TestHttp::test_what_was_committed_is_read_back_by_another_connection",
    ),
    Bug(
        "the service believes the sender's releases",
        _CHANGES,
        "def _check_releases(target, state, asked): return",
        None,
        "tests/release/test_service_protocols.py",
    ),
    Bug("a client accepts a lower revision", _MEMORY, "if state.revision < self.floor:", "if False:", _CLIENT),
    Bug("a client accepts another past", _MEMORY, "state.head != self.head", "False", _CLIENT),
    Bug(
        "a client forgets what an answer leaves out",
        _MEMORY,
        "plain, splits, disabled = dict(self.plain), dict(self.splits), set(self.disabled)",
        "plain, splits, disabled = {}, {}, set()",
        f"{_CLIENT}::test_what_an_answer_leaves_out_is_kept",
    ),
    Bug(
        "known releases may be exchanged",
        _FOLLOWER,
        "if (item.prompt_id, item.version, item.digest) != (name, ref.version, ref.digest):",
        "if False:",
        _HOSTILE,
    ),
    Bug("a damaged answer is used", _TRANSPORT, "def _check_digest(given, body): return", None, _CLIENT),
    Bug("any entity tag is sent back", _TRANSPORT, "def _tag(given): return given", None, _CLIENT),
    Bug(
        "a tag of another revision is believed", _FOLLOWER, "def _problem_of_tag(etag, state): return ''", None, _CLIENT
    ),
    Bug(
        "a damaged copy on disk is used",
        _DISK,
        'fields.text("sha256") != hashlib.sha256(body).hexdigest()',
        'not fields.text("sha256")',
        f"{_RELIABILITY}::test_outages_damaged_files_and_cold_starts",
    ),
    Bug(
        "a failed attempt empties the memory",
        _FOLLOWER,
        "def _pause(self):\n    self.memory = Memory()\n    return 1.0\nFollower._pause = _pause",
        None,
        _CLIENT,
    ),
    Bug("etcd compares nothing", _ETCD, '"compare": [compare]', '"compare": []', f"{_STORES}::TestEtcd", "etcd"),
    Bug(
        "Redis compares nothing",
        _REDIS,
        "revision ~= tonumber(ARGV[2]) - 1 or head ~= ARGV[3]",
        "false",
        f"{_STORES}::TestRedis",
        "redis",
    ),
    Bug(
        "PostgreSQL locks nothing",
        _POSTGRESQL,
        " WHERE name = %s FOR UPDATE",
        " WHERE name = %s",
        f"{_STORES}::TestPostgresql",
        "postgresql",
    ),
    Bug(
        "S3 writes without a condition",
        _S3,
        '{"IfMatch": etag} if etag else {"IfNoneMatch": "*"}',
        "{}",
        f"{_STORES}::TestS3",
        "s3",
    ),
)
