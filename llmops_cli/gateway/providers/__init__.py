"""Providers, one protocol per file."""

from llmops_cli.core.parts import Part, PartTable

PROVIDERS = PartTable(
    noun="provider protocol",
    group="llmops.providers",
    parts={
        "local": Part(
            "llmops_cli.gateway.providers.local:LocalProvider",
            "embedded",
            "weights on this machine, run in this process; no key, no network",
        ),
        "echo": Part(
            "llmops_cli.gateway.providers.echo:EchoProvider",
            "embedded",
            "answers with the last user message; for wiring and benchmarks",
        ),
        "replay": Part(
            "llmops_cli.gateway.providers.replay:ReplayProvider",
            "embedded",
            "answers from recordings only",
        ),
    },
)
