from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.core.findings import Finding, Position
from llmops_cli.registry.rules.literal_secret import RULE
from llmops_cli.registry.rules.rule import TextContext

BASE62 = string.ascii_letters + string.digits
URLSAFE = BASE62 + "_-"


def random_text(length: int, alphabet: str = BASE62, seed: int = 11) -> str:
    """Text like that of a key; made here so that no scanner finds a key in this file."""
    return "".join(random.Random(seed).choices(alphabet, k=length))  # noqa: S311 - no secret at all


def found(text: str) -> list[Finding]:
    return list(RULE.check(TextContext(path="prompts/greet.yaml", text=text)))


SECRETS = {
    "an OpenAI key": "sk-" + "proj-" + random_text(60, URLSAFE),
    "an Anthropic key": "sk-" + "ant-api03-" + random_text(80, URLSAFE),
    "an OpenRouter key": "sk-" + "or-v1-" + random_text(64, "0123456789abcdef"),
    "a Google key": "AIza" + random_text(35, URLSAFE),
    "a Google OAuth token": "ya29." + random_text(60, URLSAFE),
    "an AWS access key": "AKIA" + random_text(16, string.ascii_uppercase + "234567"),
    "a GitHub token": "ghp" + "_" + random_text(36),
    "a GitLab token": "glpat" + "-" + random_text(20),
    "a Slack token": "xoxb" + "-" + random_text(50, string.digits + "-"),
    "a Slack webhook": random_text(24),
    "a Stripe key": "sk" + "_live_" + random_text(24),
    "a Hugging Face token": "hf" + "_" + random_text(34),
    "a Groq key": "gsk" + "_" + random_text(52),
    "an xAI key": "xai" + "-" + random_text(80),
    "an npm token": "npm" + "_" + random_text(36),
    "a PyPI token": "pypi-" + "AgEIcHlwaS5vcmc" + random_text(80, URLSAFE),
    "a SendGrid key": "SG." + random_text(22, URLSAFE) + "." + random_text(43, URLSAFE),
    "a JSON Web Token": "eyJ" + random_text(20) + ".eyJ" + random_text(40) + "." + random_text(43),
    "a password in a URL": random_text(14),
    "a storage key": random_text(86) + "==",
}
AROUND = {
    "a Slack webhook": "https://hooks." + "slack.com/services/T0AB1CD2E/B0FG3HI4J/{}",
    "a password in a URL": "postgresql://app:{}@db.internal:5432/prompts",
    "a storage key": "AccountName=acme;AccountKey={};EndpointSuffix=core",
}


@pytest.mark.parametrize("label", SECRETS)
@pytest.mark.parametrize("frame", ["{}", "  key: {}\n", "Authorization: Bearer {}", "Use '{}' to log in."])
def test_a_secret_of_a_known_form_is_found_wherever_it_stands(label: str, frame: str) -> None:
    text = frame.format(AROUND.get(label, "{}").format(SECRETS[label]))
    (finding,) = found(text)
    assert finding.message.startswith(f"this looks like {label}: ")
    assert finding.position == Position(1, text.index(SECRETS[label]) + 1)


@pytest.mark.parametrize("label", SECRETS)
def test_the_message_does_not_repeat_the_secret(label: str) -> None:
    secret = SECRETS[label]
    (finding,) = found("intro\n" + AROUND.get(label, "{}").format(secret))
    assert secret[8:] not in finding.message + finding.hint
    assert secret[:8] not in finding.message
    assert finding.position.line == 2


def test_a_private_key_is_found_and_a_mention_of_one_is_not() -> None:
    head = "-----BEGIN RSA " + "PRIVATE KEY-----"
    assert [finding.position for finding in found(f"{head}\n{random_text(64)}\n")] == [Position(1, 1)]
    assert found("Never paste a line like " + head + " into a chat.") == []


@pytest.mark.parametrize(
    "line",
    [
        'api_key: "{}"',
        "API_KEY={}",
        "client-secret = '{}'",
        '"access_token": "{}"',
        "password: {}",
        "aws_secret_access_key = {}",
    ],
)
def test_random_text_that_is_assigned_to_the_name_of_a_secret_is_found(line: str) -> None:
    secret = random_text(30)
    (finding,) = found(line.format(secret))
    assert f"'{secret[:4]}…' (30 characters)" in finding.message


@pytest.mark.parametrize(
    "line",
    [
        "api_key: {env: OPENAI_API_KEY}",
        "api_key: ${OPENAI_API_KEY}",
        "api_key: your-api-key-goes-here-1",
        "OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "OPENAI_API_KEY=sk-your-openai-key-0000000000000000000000000",
        "aws_access_key_id: AKIAIOSFODNN7EXAMPLE",
        "postgres://user:password@localhost/db",
        "postgres://user:{{ password }}@localhost/db",
        "postgres://user:$PASSWORD@localhost/db",
        "password: correct horse battery staple",
        "max_tokens: 4000000000000000000000",
        "token: {{ session_token }}",
        "primary_key: customer-order-2026-11-23-part-7",
        "tokenizer: prompts/tokenizers/o200k_base/v2.json",
        "keywords: machine-learning-2026, risk-management-101",
        "see https://example.org/docs/api_key:how-to-get-one-in-2026",
        "digest: sha256:446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        "Write to ada@example.org: 10:30 at gate B12.",
        "task-management-for-very-large-organisations-and-others",
    ],
)
def test_placeholders_references_and_prose_are_no_secrets(line: str) -> None:
    assert found(line) == []


def test_the_place_is_right_after_letters_whose_lower_case_is_longer() -> None:
    text = "İİİ\nİ api_key: " + random_text(30)
    (finding,) = found(text)
    assert finding.position == Position(2, 12)


@given(st.text(max_size=300))
def test_any_text_can_be_checked(text: str) -> None:
    for finding in found(text):
        assert finding.rule == "literal-secret"
