"""What a user decides on the page of the authorization server."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.access.oauth.parties import Client, User
from labkit.common.errors import UsageError


@dataclass(frozen=True)
class Choice:
    """What may be done, and for which patient.

    Attributes
    ----------
    scope
        Of what the application asked for, what the user left.
    patient
        Logical id of the Patient whose data it is about; ``""`` where the scopes need none.
    """

    scope: str
    patient: str = ""


@dataclass(frozen=True)
class Proposal:
    """An authorization request that is in order, for a user to decide on.

    Attributes
    ----------
    client, user
        Who asks, and who has logged in; no user yet: ``None``.
    scope
        What may be granted, as it was asked for.
    needs_patient
        Whether a patient has to be chosen.
    """

    client: Client
    user: User | None
    scope: tuple[str, ...]
    needs_patient: bool

    def check(self, choice: Choice) -> None:
        """Refuse a choice that is none of this proposal.

        Raises
        ------
        UsageError
            No scope is left, one was not asked for, or the patient is not one of the user's.
        """
        words = choice.scope.split()
        if not words or not set(words) <= set(self.scope):
            text = "no scope is left, or one that was not asked for"
            raise UsageError(text, remedy="Leave one of them.")
        known = {id_ for id_, _ in self.user.patients} if self.user else set()
        if self.needs_patient and choice.patient not in known:
            raise UsageError("a patient has to be chosen", remedy="Choose one of the list.")
