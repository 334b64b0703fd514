"""From a target's bytes to checked values; what is not what it claims to be is never handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.environment_state import EnvironmentState, parse_state
from llmops_cli.core.release_events import parse_event
from llmops_cli.core.release_target import DamagedRecordError
from llmops_cli.core.releases import parse_release
from llmops_cli.core.strict_document import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.release_events import Event
    from llmops_cli.core.release_target import Target
    from llmops_cli.core.releases import Release, ReleaseRef


def load_state(target: Target, environment: str) -> EnvironmentState:
    """Return what an environment serves; one that was never written is at revision 0 and serves nothing.

    Raises:
        DamagedRecordError: what the target holds is no state.
        TargetError: the target cannot be read.
    """
    data = target.read_state(environment)
    if data is None:
        return EnvironmentState(environment=environment)
    try:
        return parse_state(data, environment)
    except DocumentError as error:
        message = f"the state of '{environment}' cannot be used: {error}."
        raise DamagedRecordError(
            message, where=target.label, hint="Restore it from a copy; readers keep what they have."
        ) from None


def load_release(target: Target, prompt_id: str, ref: ReleaseRef) -> Release:
    """Return the release that `ref` names, checked against its digests.

    Raises:
        DamagedRecordError: it is missing, or its bytes are not those that were released.
        TargetError: the target cannot be read.
    """
    data = target.read_release(prompt_id, ref.version)
    if data is None:
        message = f"{prompt_id}-v{ref.version} is missing."
        raise DamagedRecordError(message, where=target.label)
    try:
        release = parse_release(data, ref)
    except DocumentError as error:
        message = f"{prompt_id}-v{ref.version} cannot be used: {error}."
        raise DamagedRecordError(message, where=target.label) from None
    if release.prompt_id != prompt_id:
        message = f"{prompt_id}-v{ref.version} is a release of '{release.prompt_id}'."
        raise DamagedRecordError(message, where=target.label)
    return release


def stored_release(target: Target, prompt_id: str, version: int) -> Release | None:
    """Return the release that is stored under a version, None when the version is free.

    Raises:
        DamagedRecordError: what is stored there is no release.
        TargetError: the target cannot be read.
    """
    data = target.read_release(prompt_id, version)
    if data is None:
        return None
    try:
        return parse_release(data)
    except DocumentError as error:
        message = f"{prompt_id}-v{version} is taken by something that is no release: {error}."
        raise DamagedRecordError(
            message, where=target.label, hint="Give the prompt a new version: llmops bump"
        ) from None


def events_back(target: Target, state: EnvironmentState, *, down_to: int = 0) -> Iterator[Event]:
    """Walk the log from the newest event to the one after revision `down_to`, each checked by its digest.

    Raises:
        DamagedRecordError: an event is missing, or is not the one that its successor names.
        TargetError: the target cannot be read.
    """
    revision, head = state.revision, state.head
    while revision > down_to:
        batch = target.read_events(state.environment, revision, head, limit=min(100, revision - down_to))
        if not batch:
            message = f"the event of revision {revision} is missing in the log of '{state.environment}'."
            raise DamagedRecordError(message, where=target.label, hint="Look closer: llmops audit verify")
        for data in batch:
            event = _checked(data, revision, head, state.environment, target.label)
            yield event
            revision, head = revision - 1, event.previous
            if revision == down_to:
                return


def _checked(data: bytes, revision: int, head: str, environment: str, where: str) -> Event:
    try:
        event = parse_event(data)
    except DocumentError as error:
        message = f"the event of revision {revision} cannot be used: {error}."
        raise DamagedRecordError(message, where=where, hint="Look closer: llmops audit verify") from None
    if (event.digest(), event.revision, event.environment) != (head, revision, environment):
        message = f"the event of revision {revision} is not the one that was logged."
        raise DamagedRecordError(message, where=where, hint="Look closer: llmops audit verify")
    return event
