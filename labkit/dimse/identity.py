"""Who asks: the user identity of an association (PS3.7 D.3.3.7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pynetdicom.pdu_primitives import UserIdentityNegotiation

from labkit.common.errors import UsageError


@dataclass(frozen=True)
class UserIdentity:
    """A user name, with a passcode or without, or a token; nothing of it is shown.

    Passcode and token go over the wire as they are: use them with TLS.

    Parameters
    ----------
    username
        At most 65535 bytes of UTF-8.
    passcode
        ``""``: the name alone, type 1 of PS3.7 Table D.3-14; else type 2.
    token
        A JSON Web Token, type 5, in place of both.
    confirm
        Ask for a positive response, and use no association without it: an acceptor that does not
        know user identities accepts as well, and has checked nothing (PS3.7 D.3.3.7).

    Raises
    ------
    UsageError
        Neither name nor token, or a token and something beside it.
    """

    username: str = field(default="", repr=False)
    passcode: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    confirm: bool = False

    def __post_init__(self) -> None:
        if not self.username and not self.token:
            raise UsageError(
                "a user identity needs a user name", remedy="Give one, or no identity at all."
            )
        if self.token and (self.username or self.passcode):
            raise UsageError(
                "a token says itself whose it is",
                remedy="Give the token alone, or name and passcode.",
            )

    @property
    def item(self) -> Any:
        """The item of the A-ASSOCIATE-RQ."""
        item = UserIdentityNegotiation()
        item.user_identity_type = 5 if self.token else 2 if self.passcode else 1
        item.primary_field = (self.token or self.username).encode("utf-8")
        if self.passcode:
            item.secondary_field = self.passcode.encode("utf-8")
        item.positive_response_requested = self.confirm
        return item
