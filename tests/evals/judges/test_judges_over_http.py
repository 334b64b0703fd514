"""Judges through the real gateway and real sockets: every protocol that a verdict can come from."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from evals.judges.scripted import CHECKLIST, RUBRIC, context_of, rubric_of
from gateway.protocol_server import Behaviour, Fault, ProtocolServer

from llmops_cli.core.scores import Score, ScoreFailure
from llmops_cli.core.suites import MetricSpec
from llmops_cli.evals.judges.binding import with_judges
from llmops_cli.evals.judges.judge_request import JudgeModel
from llmops_cli.evals.judges.markers import repeatable_markers
from llmops_cli.evals.judges.ports import JudgePorts
from llmops_cli.evals.judges.verdict_cache import NoVerdicts
from llmops_cli.evals.measuring.metric_table import bind
from llmops_cli.gateway.assembly import open_gateway
from llmops_cli.gateway.gateway_settings import GatewaySettings
from llmops_cli.gateway.label_logprobs import logprob_settings
from llmops_cli.registry.project_file import ProjectSettings, ProviderSettings

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.protocol_server import Received

    from llmops_cli.core.scores import ScoreOutcome

GOOD = json.dumps({"answers": {"choice": "good"}, "reason": "said so"})


def judged(
    root: Path, protocol: str, behaviour: Behaviour, *, rubric: str = RUBRIC, faults: tuple[Fault | None, ...] = ()
) -> tuple[ScoreOutcome, list[Received]]:
    async def run() -> tuple[ScoreOutcome, list[Received]]:
        async with ProtocolServer(behaviour) as server:
            server.script(faults)
            base_url = f"{server.url}/v1" if protocol != "anthropic" else server.url
            provider = ProviderSettings(name="p", protocol=protocol, base_url=base_url)
            settings = GatewaySettings(project=ProjectSettings(providers={"p": provider}), root=root, environ={})
            async with open_gateway(settings) as gateway:
                ports = JudgePorts(
                    model=gateway,
                    rubric=lambda _path: rubric_of(rubric.replace("test/judge", "p/judge")),
                    judge_model=lambda name: JudgeModel(name=name, logprobs=logprob_settings(protocol)),
                    markers=lambda _name: repeatable_markers(),
                    verdicts=NoVerdicts(),
                )
                spec = MetricSpec(metric="judge", name="j", parameters={"rubric": "rubrics/x.yaml"})
                scorer = with_judges(bind, lambda: ports)(spec)
                found = (await scorer.score([context_of("Ada says hello.")]))[0]
            return found, server.received

    return asyncio.run(run())


def details_of(found: ScoreOutcome) -> dict[str, Any]:
    assert isinstance(found, Score), found
    details = found.details["judge"]
    assert isinstance(details, dict)
    return details


@pytest.mark.parametrize("protocol", ["decisions", "systemone"])
def test_a_decision_endpoint_gives_every_options_probability(tmp_path: Path, protocol: str) -> None:
    found, received = judged(tmp_path, protocol, Behaviour())
    details = details_of(found)
    assert details["source"] == "decisions"
    assert details["probabilities"]["choice"] == {"good": 0.75, "poor": 0.125, "invented": 0.125}
    assert isinstance(found, Score)
    assert found.value == pytest.approx(0.75 + 0.125 * 0.25)
    assert received[0].path == f"/v1/{protocol}"
    assert len(received) == 1
    assert (details["calls"], details["input_tokens"], details["model_served"]) == (1, 40, "judge-1")


@pytest.mark.parametrize("protocol", ["decisions", "systemone"])
def test_all_points_of_a_checklist_go_in_one_request(tmp_path: Path, protocol: str) -> None:
    found, received = judged(tmp_path, protocol, Behaviour(), rubric=CHECKLIST)
    assert isinstance(found, Score)
    assert found.value == pytest.approx(0.75)
    assert len(received[0].body["questions"]) == 2


def test_a_refused_decision_is_a_judge_error(tmp_path: Path) -> None:
    found, _ = judged(tmp_path, "decisions", Behaviour(refusal=True))
    assert isinstance(found, ScoreFailure)


@pytest.mark.parametrize("protocol", ["openai", "openai_responses", "anthropic", "gemini"])
def test_a_chat_protocol_is_read_as_strict_json(tmp_path: Path, protocol: str) -> None:
    found, received = judged(tmp_path, protocol, Behaviour(reply=lambda _text: GOOD))
    details = details_of(found)
    assert (details["source"], details["answers"]) == ("json", {"choice": "good"})
    # the server's log-probabilities are of words that are no labels; a provider without any is not asked for them
    assert len(received) == (1 if protocol == "anthropic" else 2)


def test_a_judge_that_answers_503_for_a_while_is_retried(tmp_path: Path) -> None:
    found, received = judged(
        tmp_path, "anthropic", Behaviour(reply=lambda _text: GOOD, retry_after="0"), faults=(Fault.OVERLOADED, None)
    )
    assert details_of(found)["answers"] == {"choice": "good"}
    assert len(received) == 2


def test_a_judge_that_refuses_the_key_is_a_failure(tmp_path: Path) -> None:
    found, _ = judged(tmp_path, "anthropic", Behaviour(), faults=(Fault.UNAUTHORIZED,))
    assert isinstance(found, ScoreFailure)
    assert "did not answer" in found.reason


def test_prose_over_http_is_a_failure_after_one_repair(tmp_path: Path) -> None:
    found, received = judged(tmp_path, "openai", Behaviour(reply=lambda _text: "I think this is great! 10/10"))
    assert isinstance(found, ScoreFailure)
    assert len(received) == 3
