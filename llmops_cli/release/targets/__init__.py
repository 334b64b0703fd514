"""Places where releases go, one per scheme of a target URI."""

from llmops_cli.core.parts import Part, PartTable

_HERE = "llmops_cli.release.targets"

TARGETS = PartTable(
    noun="target",
    group="llmops.targets",
    needs=("__call__",),
    parts={
        "sqlite": Part(f"{_HERE}.sqlite:open_target", "local", "one SQLite file on this machine"),
        "http": Part(f"{_HERE}.http:open_target", "service", "llmops serve on this machine"),
        "https": Part(f"{_HERE}.http:open_target", "service", "llmops serve"),
        "file": Part(f"{_HERE}.file:open_target", "local", "a folder of JSON files, with a flagd configuration"),
        "etcd": Part(f"{_HERE}.etcd:open_target", "store", "etcd, through its JSON gateway"),
        "etcds": Part(f"{_HERE}.etcd:open_target", "store", "etcd over TLS"),
        "s3": Part(f"{_HERE}.s3:open_target", "store", "a bucket with conditional writes (extra: s3)"),
        "redis": Part(f"{_HERE}.redis:open_target", "store", "Redis, by Lua scripts (extra: redis)"),
        "rediss": Part(f"{_HERE}.redis:open_target", "store", "Redis over TLS (extra: redis)"),
        "postgresql": Part(f"{_HERE}.postgresql:open_target", "store", "PostgreSQL (extra: postgresql)"),
    },
)
