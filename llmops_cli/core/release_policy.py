"""What an environment asks of a release before it serves it, beside the rules that hold everywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_cli.core.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.core.releases import Release

PASS, ACCEPTED = "pass", "accepted"
_KNOWN = ("branch", "verdict")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePolicy:
    """`branch` is the protected one, empty for the main branch.

    `verdict` is what the evaluation has to say of a release that replaces another: `pass`, it was compared with that
    one and passed; `accepted`, a person's acceptance in review, with a reason, is enough. Empty is `pass`, unless
    whoever publishes says otherwise, with a reason, for one time. The first release of a prompt has nothing to be
    compared with: acceptance in review is what there can be.
    """

    branch: str = ""
    verdict: str = ""

    @property
    def takes_accepted(self) -> bool:
        """Whether acceptance by a person is enough here."""
        return self.verdict == ACCEPTED

    def allowing_accepted(self, reason: str) -> ReleasePolicy:
        """Return the policy for one change whose author takes what was accepted; the reason goes into the log.

        Raises:
            UsageError: there is no reason.
            RefusedError: the environment asks for a pass expressly.
        """
        if not reason.strip():
            message = "--allow-accepted needs a --reason: it is what the log keeps."
            raise UsageError(message)
        if self.verdict == PASS:
            message = "the environment requires a passing verdict, so --allow-accepted is refused."
            raise RefusedError(message, where="llmops.yaml", hint="Change require.verdict there, in review.")
        return replace(self, verdict=ACCEPTED)

    def objection(self, release: Release, *, replaces: bool) -> str:
        """Return what speaks against a release that was built already, empty when it may be served here."""
        if release.evidence is None:
            return f"{release.identifier} has no evaluation."
        if self.takes_accepted or not replaces or release.evidence.verdict == PASS:
            return ""
        why = f" ({release.evidence.why})" if release.evidence.why else ""
        return f"{release.identifier} was accepted by {release.evidence.by}{why}; no comparison passed."


def parse_policy(members: dict[str, JsonValue], environment: str) -> ReleasePolicy:
    """Read the `require` of an environment.

    Raises:
        UsageError: it asks for something that is not known, which must not be ignored.
    """
    if unknown := sorted(set(members) - set(_KNOWN)):
        message = f"environment '{environment}' requires '{unknown[0]}', which is not known."
        raise UsageError(message, where="llmops.yaml", hint=f"Known are: {', '.join(_KNOWN)}.")
    branch, verdict = members.get("branch", ""), members.get("verdict", "")
    if not isinstance(branch, str) or verdict not in ("", PASS, ACCEPTED):
        message = f"environment '{environment}' requires no such thing: branch is a name, verdict is pass or accepted."
        raise UsageError(message, where="llmops.yaml")
    return ReleasePolicy(branch=branch, verdict=str(verdict))


ACCEPTED_HINT = (
    "Measure it against what is live: llmops eval with more cases or trials, or publish --eval."
    " To take it all the same: --allow-accepted --reason TEXT"
)
