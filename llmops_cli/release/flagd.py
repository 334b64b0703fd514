"""The state of an environment as a flagd configuration: any OpenFeature SDK reads it in process, without a server.

A canary is flagd's `fractional` over salt and targeting key, which `core.canary` computes as well, so that a
file and a service give everybody the same release. Without a targeting key the stable release is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.core.environment_state import Candidate, EnvironmentState, PromptState
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.releases import Release, ReleaseRef

    LoadRelease = Callable[[str, ReleaseRef], Release | None]

SCHEMA_URL = "https://flagd.dev/schema/v0/flags.json"


def flagd_document(state: EnvironmentState, load: LoadRelease) -> JsonObject:
    """Return the whole configuration. A release that `load` cannot give is left out, so that readers default."""
    flags = {name: flag_of(name, prompt, load) for name, prompt in sorted(state.prompts.items())}
    return {
        "$schema": SCHEMA_URL,
        "flags": {name: flag for name, flag in flags.items() if flag is not None},
        "metadata": {"environment": state.environment, "revision": state.revision},
    }


def flag_value(release: Release) -> JsonObject:
    """Return what an application gets: the content, and the names to log each request with."""
    return {
        "id": release.prompt_id,
        "version": release.version,
        "digest": release.digest,
        **release.prompt.content(),
    }


def variant_of(ref: ReleaseRef) -> str:
    """Return the name of a release's variant: `v12`."""
    return f"v{ref.version}"


def flag_of(name: str, prompt: PromptState, load: LoadRelease) -> JsonObject | None:
    """Return one flag; None for a prompt that serves nothing, or whose release `load` cannot give."""
    stable = load(name, prompt.stable) if prompt.stable else None
    if prompt.stable is None or stable is None:
        return None
    variants: dict[str, JsonValue] = {variant_of(prompt.stable): flag_value(stable)}
    flag: dict[str, JsonValue] = {
        "state": "DISABLED" if prompt.disabled else "ENABLED",
        "variants": variants,
        "defaultVariant": variant_of(prompt.stable),
        "metadata": {"digest": stable.digest, "generation": prompt.generation},
    }
    candidate = prompt.candidate
    released = load(name, candidate.release) if candidate else None
    if candidate and released:
        variants[variant_of(candidate.release)] = flag_value(released)
        flag["targeting"] = _targeting(candidate, prompt.stable)
    return flag


def _targeting(candidate: Candidate, stable: ReleaseRef) -> JsonObject:
    key: JsonObject = {"var": "targetingKey"}
    split: JsonObject = {
        "fractional": [
            {"cat": [candidate.salt, key]},
            [variant_of(candidate.release), candidate.weight],
            [variant_of(stable), 100 - candidate.weight],
        ]
    }
    return {"if": [key, split, variant_of(stable)]}
