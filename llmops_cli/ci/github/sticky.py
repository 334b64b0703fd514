"""One comment per pull request: found again by its marker and its author, updated, never repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.ci.github.api_errors import ForbiddenError, GitHubApiError, RateLimitError, TooLongError
from llmops_cli.ci.github.comment import marker
from llmops_cli.ci.github.comment_layout import COMMENT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.ci.github.api import Comment, GitHubApi

ATTEMPTS = 4
WAITS_GROW_BY = 4.0
"""One second, then four, then sixteen: the bad gateways of an incident at GitHub's come in bunches."""

SMALLEST_LIMIT = 4_096


def put_comment(
    api: GitHubApi, pull_request: int, render: Callable[[int], str], *, key: str, author: str, only_update: bool
) -> bool:
    """Write the comment and tell whether there is one now; `render` makes it at most that many characters long.

    Where GitHub finds it too long although it counts otherwise, half the size is tried. Where a new comment
    may or may not have been made, it is looked for again before the next try, which waits a while.
    `only_update` makes none where there was none.

    Raises:
        GitHubApiError: when GitHub does not take it.
    """
    limit = COMMENT_LIMIT
    failures = 0
    while True:
        try:
            found = find_comment(api, pull_request, key=key, author=author)
            if found is None and only_update:
                return False
            _write(api, pull_request, found, render(limit))
        except TooLongError:
            limit //= 2
            if limit < SMALLEST_LIMIT:
                raise
        except (ForbiddenError, RateLimitError):
            raise
        except GitHubApiError:
            failures += 1
            if failures == ATTEMPTS:
                raise
            api.wait(WAITS_GROW_BY ** (failures - 1))
        else:
            return True


def find_comment(api: GitHubApi, pull_request: int, *, key: str, author: str) -> Comment | None:
    """Return the first comment by `author` that begins with the marker; nobody else's counts, whatever it holds."""
    start = marker(key)
    for comment in api.comments(pull_request):
        if comment.author == author and comment.body.startswith(start):
            return comment
    return None


def _write(api: GitHubApi, pull_request: int, found: Comment | None, body: str) -> None:
    if found is None:
        api.create_comment(pull_request, body)
    elif found.body != body:
        api.update_comment(found.id, body)
