"""Who may do what: the seam every service asks, and nothing else.

A *decider* in the sense of the house rules: exactly one answers, its answer counts, and without one
the answer is no. ``labkit.access`` (OAuth2, SMART, Consent) fills it in; services only ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol


@dataclass(frozen=True)
class AccessRequest:
    """One question.

    Attributes
    ----------
    actor
        Who asks: a calling AE title, or a token's subject.
    action
        What for: ``"C-STORE"``, ``"C-FIND"``, ``"C-MOVE"``, ``"read"``, ``"search"`` …
    node
        The service that asks, by its AE title or base URL.
    resource
        What is touched, as far as known: ``{"PatientID": …, "StudyInstanceUID": …}``.
    """

    actor: str
    action: str
    node: str
    resource: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """The answer, which always carries its reason.

    Attributes
    ----------
    private
        Whether the reason tells of somebody's data: then it goes into logs and the audit, and not
        to the one who asked.
    """

    private: ClassVar[bool] = False
    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


class AccessPolicy(Protocol):
    """Decides; may be called from several threads at once."""

    def decide(self, request: AccessRequest) -> Decision:
        """Answer one request. An exception counts as no."""
        ...


@dataclass(frozen=True)
class _Always:
    allowed: bool
    reason: str

    def decide(self, request: AccessRequest) -> Decision:
        return Decision(self.allowed, self.reason)


DENY_ALL: AccessPolicy = _Always(False, "no access policy is configured")
ALLOW_ALL: AccessPolicy = _Always(True, "this lab is open")


def decide(policy: AccessPolicy, request: AccessRequest) -> Decision:
    """Ask `policy`, failing closed: a policy that raises has refused."""
    try:
        return policy.decide(request)
    except Exception as error:
        return Decision(False, f"the access policy failed ({type(error).__name__})")


def anybody(request: object) -> str:
    """Name the actor of a request over HTTP where nobody logs in."""
    return "anonymous"
