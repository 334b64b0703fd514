"""The schema of llmops.yaml completes the protocols that there are, and takes the names of others."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from llmops_cli.gateway.providers import PROVIDERS
from llmops_cli.registry.documents.provider_protocols import GROUP, own_protocols
from llmops_cli.registry.documents.schema_check import schema_text

SCHEMA = json.loads(schema_text("project"))


def test_the_schema_names_every_protocol_of_ours() -> None:
    assert sorted(own_protocols(SCHEMA)) == sorted(PROVIDERS.own())
    assert PROVIDERS.group == GROUP


@pytest.mark.parametrize(
    ("protocol", "valid"),
    [("openai", True), ("canned", True), ("acme-2", True), ("OpenAI", False), ("a b", False), ("", False), (1, False)],
)
def test_an_editor_takes_a_well_formed_name(protocol: object, valid: bool) -> None:  # noqa: FBT001 - a parameter
    document = {"providers": {"own": {"protocol": protocol}}}
    assert Draft202012Validator(SCHEMA).is_valid(document) == valid
