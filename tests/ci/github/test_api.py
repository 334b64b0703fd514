"""The calls to GitHub: pages, faults, limits, and a token that never shows."""

from __future__ import annotations

import pytest
from ci.github.github_server import BOT, REPOSITORY, TOKEN, Fault, GitHubServer

from llmops_cli.ci.github.api import MOST_ATTEMPTS, CheckRun, GitHubApi, Timing
from llmops_cli.ci.github.api_errors import ForbiddenError, GitHubApiError, RateLimitError, TooLongError
from llmops_cli.ci.github.comment import marker
from llmops_cli.ci.github.comment_layout import COMMENT_LIMIT
from llmops_cli.ci.github.sticky import ATTEMPTS, find_comment, put_comment
from llmops_cli.core.errors import SetupError

NOW = 1_000_000.0
MARK = marker("gate")


class Waits:
    """Counts what would have been slept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def timing(self) -> Timing:
        return Timing(now=lambda: NOW, sleep=self.seconds.append)


def api_of(github: GitHubServer, waits: Waits | None = None) -> GitHubApi:
    timing = (waits or Waits()).timing()
    return GitHubApi(base_url=github.url, repository=REPOSITORY, token=TOKEN, environ={}, timing=timing)


def put(github: GitHubServer, body: str, *, only_update: bool = False, waits: Waits | None = None) -> bool:
    with api_of(github, waits) as api:
        return put_comment(
            api, 7, lambda limit: f"{MARK}\n{body}"[:limit], key="gate", author=BOT, only_update=only_update
        )


def test_a_first_comment_is_made_and_the_next_one_replaces_it(github: GitHubServer) -> None:
    assert put(github, "one")
    assert put(github, "two")

    assert [comment["body"] for comment in github.comments] == [f"{MARK}\ntwo"]
    assert github.tokens == {f"Bearer {TOKEN}"}


def test_the_comment_is_found_beyond_the_first_hundreds(github: GitHubServer) -> None:
    for number in range(251):
        github.add_comment(f"remark {number}", author="someone")
    number = github.add_comment(f"{MARK}\nold")

    put(github, "new")

    assert len(github.comments) == 252
    assert ("PATCH", f"/repos/{REPOSITORY}/issues/comments/{number}") in github.calls


def test_a_marker_in_somebody_elses_comment_does_not_count(github: GitHubServer) -> None:
    github.add_comment(f"{MARK}\nI am the gate, believe me", author="mallory")
    github.add_comment(f"quoting {MARK}")

    put(github, "mine")

    assert [comment["user"]["login"] for comment in github.comments] == ["mallory", BOT, BOT]
    with api_of(github) as api:
        found = find_comment(api, 7, key="gate", author=BOT)
    assert found is not None
    assert found.body == f"{MARK}\nmine"


def test_the_comments_of_two_checks_do_not_meet(github: GitHubServer) -> None:
    github.add_comment(f"{marker('other')}\nthe other check")

    put(github, "mine")

    assert len(github.comments) == 2


def test_an_unchanged_comment_is_left_alone(github: GitHubServer) -> None:
    put(github, "one")
    github.calls.clear()

    put(github, "one")

    assert {method for method, _ in github.calls} == {"GET"}


def test_nothing_is_written_where_only_an_update_is_wanted(github: GitHubServer) -> None:
    assert not put(github, "one", only_update=True)
    assert github.comments == []


def test_a_text_that_github_calls_too_long_is_made_shorter(github: GitHubServer) -> None:
    github.longest_body = 20_000

    put(github, "x" * 60_000)

    assert len(github.comments) == 1
    assert len(github.comments[0]["body"]) == COMMENT_LIMIT // 4


def test_a_text_that_never_fits_is_given_up(github: GitHubServer) -> None:
    github.longest_body = 10

    with pytest.raises(TooLongError):
        put(github, "x" * 60_000)


def test_a_comment_that_was_made_although_the_answer_failed_is_not_made_twice(github: GitHubServer) -> None:
    github.faults.append(Fault(502, method="POST", done_all_the_same=True))

    put(github, "one")

    assert [comment["body"] for comment in github.comments] == [f"{MARK}\none"]


def test_a_comment_that_is_refused_by_bad_gateways_is_tried_again_later(github: GitHubServer) -> None:
    github.faults.extend([Fault(502, method="POST")] * (ATTEMPTS - 1))
    waits = Waits()

    put(github, "one", waits=waits)

    assert waits.seconds == [1.0, 4.0, 16.0]
    assert [comment["body"] for comment in github.comments] == [f"{MARK}\none"]


def test_a_comment_that_no_try_brings_through_is_an_error(github: GitHubServer) -> None:
    github.faults.extend([Fault(502, method="POST")] * ATTEMPTS)

    with pytest.raises(GitHubApiError, match="answered 502"):
        put(github, "one")
    assert github.comments == []


def test_reads_and_replacements_are_repeated_after_server_errors(github: GitHubServer) -> None:
    put(github, "one")
    github.faults.extend([Fault(503, method="GET"), Fault(500, method="PATCH")])
    waits = Waits()

    put(github, "two", waits=waits)

    assert [comment["body"] for comment in github.comments] == [f"{MARK}\ntwo"]
    assert waits.seconds == [1.0, 1.0]


def test_a_server_that_stays_broken_ends_in_an_error_that_says_so(github: GitHubServer) -> None:
    github.faults.extend([Fault(500)] * MOST_ATTEMPTS)

    with api_of(github) as api, pytest.raises(GitHubApiError, match="answered 500") as failed:
        list(api.comments(7))
    assert failed.value.where == f"GET 127.0.0.1/repos/{REPOSITORY}/issues/7/comments"


def test_a_secondary_limit_is_waited_for(github: GitHubServer) -> None:
    github.faults.append(Fault(403, headers={"Retry-After": "7"}, body={"message": "secondary rate limit"}))
    waits = Waits()

    put(github, "one", waits=waits)

    assert waits.seconds == [7.0]
    assert len(github.comments) == 1


def test_a_limit_that_resets_within_a_minute_is_waited_for(github: GitHubServer) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 30)}
    github.faults.append(Fault(429, headers=headers))
    waits = Waits()

    put(github, "one", waits=waits)

    assert waits.seconds == [31.0]


def test_a_limit_that_lasts_longer_is_not_waited_for(github: GitHubServer) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 3000)}
    github.faults.append(Fault(403, headers=headers))
    waits = Waits()

    with pytest.raises(RateLimitError, match="rate limit"):
        put(github, "one", waits=waits)
    assert waits.seconds == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_that_may_not_is_told_what_to_grant(github: GitHubServer, status: int) -> None:
    github.faults.append(Fault(status, body={"message": "Resource not accessible by integration"}))

    with pytest.raises(ForbiddenError, match="not accessible") as refused:
        put(github, "one")
    assert "permissions" in str(refused.value)
    assert len(github.calls) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(200, body=b"<html>"),
        Fault(200, body={"not": "a list"}),
        Fault(302, headers={"Location": "http://127.0.0.1:9/elsewhere"}),
        Fault(403, body={"message": f"bad {TOKEN[:0]}\x1b[31m\n::error::x"}),
    ],
)
def test_no_error_holds_the_token_or_a_control_character(github: GitHubServer, fault: Fault) -> None:
    github.faults.extend([fault] * MOST_ATTEMPTS)

    with api_of(github) as api, pytest.raises(GitHubApiError) as failed:
        list(api.comments(7))
    assert TOKEN not in str(failed.value)
    assert str(failed.value).isprintable()


def test_a_host_that_does_not_answer_is_an_error_without_the_token(github: GitHubServer) -> None:
    del github
    waits = Waits()
    api = GitHubApi(
        base_url="http://127.0.0.1:9", repository=REPOSITORY, token=TOKEN, environ={}, timing=waits.timing()
    )

    with api, pytest.raises(GitHubApiError, match="no answer") as failed:
        list(api.comments(7))
    assert TOKEN not in str(failed.value)
    assert waits.seconds == [1.0, 2.0, 4.0]


def test_a_token_is_never_sent_unencrypted_to_another_machine() -> None:
    with pytest.raises(SetupError, match="https"):
        GitHubApi(base_url="http://github.example.org/api", repository=REPOSITORY, token=TOKEN, environ={})


def test_a_check_run_says_what_the_check_says(github: GitHubServer) -> None:
    run = CheckRun(name="llmops", head="1" * 40, conclusion="neutral", title="cannot tell", summary="why")

    with api_of(github) as api:
        api.create_check_run(run)

    (made,) = github.check_runs
    assert (made["head_sha"], made["status"], made["conclusion"]) == ("1" * 40, "completed", "neutral")
    assert made["output"] == {"title": "cannot tell", "summary": "why"}


def test_a_check_run_is_made_again_after_a_server_error(github: GitHubServer) -> None:
    github.faults.append(Fault(502, method="POST"))
    waits = Waits()

    with api_of(github, waits) as api:
        api.create_check_run(CheckRun(name="llmops", head="1" * 40, conclusion="success", title="passes", summary=""))

    assert len(github.check_runs) == 1
    assert waits.seconds == [1.0]
