"""On whose behalf a request is: what was found out about the asker, once, at the door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Grant:
    """Who asks, as far as it was proven.

    Made from a checked access token, or from what an association proved (certificate, AE title and
    address, user identity). Never made from what a client merely says in a query.

    Attributes
    ----------
    client_id
        The application, or the AE title of a node.
    subject
        The user, or the client itself (``sub`` of a token).
    scope
        SMART scopes, separated by spaces, as the token has them; ``""`` for a node without one.
    patient
        Logical id of the Patient that the token is limited to (SMART launch context); ``""``: none.
    actors
        References by which a FHIR Consent may name who asks: ``Organization/lakeside``,
        ``Practitioner/chen``, ``Device/…``.
    purpose
        Why: a code of v3-ActReason, such as ``TREAT``, ``HRESCH`` or ``BTG`` (break the glass).
    token_id
        ``jti`` of the token, for the audit; never the token.
    reason
        Why the glass is broken, in words; needed with ``BTG`` and ``ETREAT``.
    """

    client_id: str
    subject: str = ""
    scope: str = ""
    patient: str = ""
    actors: frozenset[str] = frozenset()
    purpose: str = "TREAT"
    token_id: str = ""
    reason: str = ""


_CURRENT: ContextVar[Grant | None] = ContextVar("labkit_grant", default=None)


def current_grant() -> Grant | None:
    """Return on whose behalf this thread or task works; ``None`` if nothing was proven."""
    return _CURRENT.get()


@contextmanager
def granted(grant: Grant | None) -> Iterator[None]:
    """Work on somebody's behalf: policies see it, also in threads that copy the context."""
    token = _CURRENT.set(grant)
    try:
        yield
    finally:
        _CURRENT.reset(token)
