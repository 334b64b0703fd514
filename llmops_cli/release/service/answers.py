"""What the service answers with: JSON, problems in one shape, and the caching rules of each kind of answer."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

from starlette.responses import Response

from llmops_cli.core.errors import LlmopsError, RefusedError, TargetError, UsageError
from llmops_cli.core.release_target import (
    DamagedRecordError,
    ReleaseExistsError,
    StaleRevisionError,
    UnknownOutcomeError,
)
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.core.json_value import JsonValue

JSON = "application/json"
REVALIDATE = "private, max-age=0, stale-if-error=604800"
FOR_EVER = "private, max-age=31536000, immutable"
NEVER = "no-store"


_BAD = 400
_ERRORS: tuple[tuple[type[LlmopsError], int, str], ...] = (
    (StaleRevisionError, 409, "stale-revision"),
    (ReleaseExistsError, 409, "release-exists"),
    (RefusedError, 422, "refused"),
    (UnknownOutcomeError, 503, "unknown-outcome"),
    (DamagedRecordError, 503, "damaged"),
    (TargetError, 503, "store-failed"),
    (UsageError, 404, "not-found"),
)
"""What an error of ours is over HTTP; the first that fits."""


class ProblemError(Exception):
    """A request that is not answered with what it asks for; `code` is for programs, `message` for people."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        hint: str = "",
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Take what the answer says."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = dict(headers or {})
        self.details = dict(details or {})


def json_bytes(value: JsonValue) -> bytes:
    """Return JSON for an answer that nobody hashes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def json_answer(
    value: JsonValue | bytes, *, status: int = 200, etag: str = "", cache: str = NEVER, media_type: str = JSON
) -> Response:
    """Return an answer; bytes are JSON already. What readers keep (it has a tag) tells its SHA-256 (RFC 9530)."""
    headers = {"Cache-Control": cache}
    body = value if isinstance(value, bytes) else json_bytes(value)
    if etag:
        headers["ETag"] = etag
        headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    return Response(body, status_code=status, headers=headers, media_type=media_type)


def not_modified(etag: str) -> Response:
    """Return 304."""
    return Response(status_code=304, headers={"ETag": etag, "Cache-Control": REVALIDATE})


def matches(if_none_match: str | None, etag: str) -> bool:
    """Tell whether the header names the tag (RFC 9110, 13.1.2: weak comparison)."""
    if not if_none_match:
        return False
    if if_none_match == etag:
        return True
    return any(item.strip().removeprefix("W/") in (etag, "*") for item in if_none_match.split(","))


def problem_answer(problem: ProblemError, path: str) -> Response:
    """Return a problem in the shape that the readers of a path understand."""
    message = shortened(safe_text(problem.message, one_line=True), 500)
    body: dict[str, JsonValue]
    if path.startswith("/e/"):
        code = problem.code if problem.code.isupper() else ("PARSE_ERROR" if problem.status == _BAD else "GENERAL")
        body = {"key": path.rpartition("/flags/")[2][:200], "errorCode": code, "errorDetails": message}
    elif path.startswith("/api/public/"):
        body = {"error": problem.code, "message": message}
    else:
        hint = shortened(safe_text(problem.hint, one_line=True), 300)
        body = {"error": {"code": problem.code, "hint": hint, "message": message, **problem.details}}
    answer = json_answer(body, status=problem.status)
    answer.headers.update(problem.headers)
    return answer


def problem_of(error: LlmopsError) -> ProblemError:
    """Return the problem that an error of ours is over HTTP."""
    hint = error.hint or ""
    details: dict[str, JsonValue] = {}
    if isinstance(error, StaleRevisionError):
        details = {"revision": error.current}
    elif isinstance(error, ReleaseExistsError):
        details = {"prompt": error.prompt_id, "version": error.version}
    for kind, status, code in _ERRORS:
        if isinstance(error, kind):
            return ProblemError(status, code, error.message, hint=hint, details=details)
    return ProblemError(500, "bug", "the service has a defect; its log says more")
