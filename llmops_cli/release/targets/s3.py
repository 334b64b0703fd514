"""`s3://bucket/prefix`: conditional writes, which S3, R2 and MinIO have: no server of ours at all.

`If-None-Match: *` makes releases immutable, `If-Match` on the state is the compare-and-swap. Events are named by
their digest and written before the state, so that a writer who dies leaves an event that nothing names. boto3 is
an extra: it knows the many ways in which AWS gives credentials. AWS_ENDPOINT_URL leads to other stores.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from llmops_cli.core.environment_state import parse_state
from llmops_cli.core.errors import SetupError, TargetError, UsageError
from llmops_cli.core.release_fields import DIGEST
from llmops_cli.core.release_target import ReleaseExistsError, StaleRevisionError, UnknownOutcomeError
from llmops_cli.core.strict_document import DocumentError
from llmops_cli.release.clock import SystemClock
from llmops_cli.release.polling import poll

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.core.release_target import Write
    from llmops_cli.release.opening import Surroundings

POLL_SECONDS = 1.0
TIMEOUT_SECONDS = 10
PAUSES_SECONDS = (0.1, 0.4)
"""Before a read is asked again for which S3 had no answer."""

_FAILED = 500
_CONFLICT = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


def open_target(uri: str, surroundings: Surroundings) -> S3Target:
    """Open the target of an `s3:` URI.

    Raises:
        UsageError: there is no bucket.
        SetupError: boto3 is not installed.
    """
    parts = urlsplit(uri)
    if not parts.netloc or "@" in parts.netloc:
        message = "an S3 target is a bucket, without credentials."
        raise UsageError(message, hint="Write s3://bucket/prefix")
    return S3Target(parts.netloc, parts.path.strip("/"), endpoint=surroundings.environ.get("AWS_ENDPOINT_URL") or None)


class S3Target:
    """A target in a bucket."""

    def __init__(self, bucket: str, prefix: str = "", *, endpoint: str | None = None) -> None:
        """Make the client; nothing is asked yet.

        Raises:
            SetupError: boto3 is not installed.
        """
        self.label = f"s3://{bucket}/{prefix}".rstrip("/")
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        try:
            import boto3  # noqa: PLC0415 - an extra
            from botocore.config import Config  # noqa: PLC0415 - an extra
        except ModuleNotFoundError as error:
            message = "the target needs boto3, which is not installed."
            raise SetupError(message, where=self.label, hint="pip install 'llmops-cli[s3]'") from error
        # a repeated conditional write would see its own first attempt as a conflict: repeating is ours
        config = Config(
            retries={"total_max_attempts": 1}, connect_timeout=TIMEOUT_SECONDS, read_timeout=TIMEOUT_SECONDS
        )
        self._client: Any = boto3.client("s3", endpoint_url=endpoint, config=config)

    def environments(self) -> tuple[str, ...]:
        """Return the environments that were ever written, sorted."""
        start = f"{self._prefix}environments/"
        with self._errors():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=start, Delimiter="/"
            )
            found = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", ())]
        names = (prefix.removeprefix(start).rstrip("/") for prefix in found)
        return tuple(sorted(name for name in names if self.read_state(name) is not None))

    def read_state(self, environment: str) -> bytes | None:
        """Return the newest state, None for an environment that was never written."""
        return self._get(f"environments/{environment}/state.json")[0]

    def read_release(self, prompt_id: str, version: int) -> bytes | None:
        """Return a release, None when there is none."""
        return self._get(f"releases/{prompt_id}/v{version}.json")[0]

    def read_events(self, environment: str, revision: int, head: str, *, limit: int = 100) -> Sequence[bytes]:
        """Return the event with that revision and digest and those before it, newest first."""
        found: list[bytes] = []
        while revision > 0 and len(found) < limit and DIGEST.fullmatch(head):
            data, _ = self._get(_event(environment, revision, head))
            if data is None:
                break
            found.append(data)
            previous = json.loads(data).get("previous", "")
            revision, head = revision - 1, previous if isinstance(previous, str) else ""
        return found

    def commit(self, write: Write) -> None:
        """Put what is new of the releases, the event, then the state if it is still the one before."""
        place = f"environments/{write.environment}/state.json"
        data, etag = self._get(place)
        if self._made(data, write):
            return
        for item in write.releases:
            name = f"releases/{item.prompt_id}/v{item.version}.json"
            if not self._put(name, item.data, IfNoneMatch="*") and self._get(name)[0] != item.data:
                raise ReleaseExistsError(item.prompt_id, item.version, where=self.label)
        self._put(_event(write.environment, write.revision, write.head), write.event)
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        if not self._put(place, write.state, **condition) and not self._made(self._get(place)[0], write):
            message = "the state was refused without a newer one being there."
            raise UnknownOutcomeError(message, where=self.label)

    def wait(self, environment: str, after: int, timeout_seconds: float) -> int:
        """Return the revision as soon as it is above `after`, or the current one when the time is over."""
        return poll(
            lambda: self._head(self.read_state(environment), environment)[0],
            after=after,
            timeout_seconds=timeout_seconds,
            every_seconds=POLL_SECONDS,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _made(self, data: bytes | None, write: Write) -> bool:
        """Tell whether the step is made already, and refuse a stale one."""
        current = self._head(data, write.environment)
        if current == (write.revision, write.head):
            return True
        if current != (write.revision - 1, write.previous):
            raise StaleRevisionError(
                write.environment, expected=write.revision - 1, current=current[0], where=self.label
            )
        return False

    def _head(self, data: bytes | None, environment: str) -> tuple[int, str]:
        if data is None:
            return 0, ""
        try:
            state = parse_state(data, environment)
        except DocumentError as error:
            message = f"the state cannot be used: {error}."
            raise TargetError(message, where=self.label) from None
        return state.revision, state.head

    def _get(self, name: str) -> tuple[bytes | None, str]:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - an extra

        with self._errors():
            for pause_seconds in (*PAUSES_SECONDS, None):
                try:
                    answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
                    return answer["Body"].read(), answer["ETag"]
                except self._client.exceptions.NoSuchKey:
                    return None, ""
                except ClientError as error:
                    if pause_seconds is None or not _failed_inside(error):
                        raise
                    # S3 answers so when it is busy, and asks to be asked again
                    SystemClock().sleep(pause_seconds)
        raise AssertionError

    def _put(self, name: str, data: bytes, **condition: str) -> bool:
        """Put an object; tell whether the condition held. Only the caller repeats it, who looks first."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - an extra

        with self._errors(sent=True):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._prefix + name,
                    Body=data,
                    ContentType="application/json",
                    **condition,
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in _CONFLICT:
                    return False
                raise
        return True

    @contextmanager
    def _errors(self, *, sent: bool = False) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError  # noqa: PLC0415 - an extra

        try:
            yield
        except (EndpointConnectionError, ConnectTimeoutError, ClientError) as error:
            if sent and _failed_inside(error):
                message = f"S3 failed, and may have written all the same: {error}."
                raise UnknownOutcomeError(message, where=self.label) from error
            message = f"S3 refused or cannot be reached: {error}."
            raise TargetError(message, where=self.label) from error
        except BotoCoreError as error:
            kind = UnknownOutcomeError if sent else TargetError
            message = f"S3 gave no whole answer: {error}."
            raise kind(message, where=self.label) from error


def _failed_inside(error: Exception) -> bool:
    """Tell whether S3 answered with a failure of its own (5xx)."""
    answer: dict[str, Any] = getattr(error, "response", {})
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= _FAILED


def _event(environment: str, revision: int, head: str) -> str:
    return f"environments/{environment}/events/{revision:09d}-{head.removeprefix('sha256:')[:32]}.json"
