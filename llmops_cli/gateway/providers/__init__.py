"""Providers, one protocol per file."""

from llmops_cli.core.parts import Part, PartTable

PROVIDERS = PartTable(
    noun="provider protocol",
    group="llmops.providers",
    needs=("__call__",),
    parts={
        "openai": Part(
            "llmops_cli.gateway.providers.openai_chat:open_openai_chat",
            "http",
            "chat completions: OpenAI, and any server or proxy that speaks them (base_url)",
        ),
        "openai_responses": Part(
            "llmops_cli.gateway.providers.openai_responses:open_openai_responses",
            "http",
            "OpenAI's Responses",
        ),
        "decisions": Part(
            "llmops_cli.gateway.providers.decisions:open_decisions",
            "http",
            "decision models by OpenAI's protocol, for judges: a probability for every option",
        ),
        "systemone": Part(
            "llmops_cli.gateway.providers.systemone:open_systemone",
            "http",
            "decision models by the System One protocol, for judges",
        ),
        "anthropic": Part(
            "llmops_cli.gateway.providers.anthropic:open_anthropic",
            "http",
            "Anthropic's Messages",
        ),
        "gemini": Part(
            "llmops_cli.gateway.providers.gemini:open_gemini",
            "http",
            "Google's Gemini, generateContent",
        ),
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
        "command": Part(
            "llmops_cli.gateway.providers.command:CommandProvider",
            "program",
            "a local program that reads a request as JSON and answers",
        ),
    },
)
