"""Who asks: the user identity of an association (PS3.7 D.3.3.7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pynetdicom.pdu_primitives import UserIdentityNegotiation

from labkit.common.errors import UsageError


@dataclass(frozen=True)
class UserIdentity:
    """A user name, and where there is one a passcode; shown without either.

    The passcode goes over the wire as it is: use it with TLS.

    Parameters
    ----------
    username
        At most 65535 bytes of UTF-8.
    passcode
        ``""``: the name alone, type 1 of PS3.7 Table D.3-14; else type 2.
    """

    username: str = field(repr=False)
    passcode: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.username:
            raise UsageError(
                "a user identity needs a user name", remedy="Give one, or no identity at all."
            )

    @property
    def item(self) -> Any:
        """The item of the A-ASSOCIATE-RQ."""
        item = UserIdentityNegotiation()
        item.user_identity_type = 2 if self.passcode else 1
        item.primary_field = self.username.encode("utf-8")
        if self.passcode:
            item.secondary_field = self.passcode.encode("utf-8")
        item.positive_response_requested = False
        return item
