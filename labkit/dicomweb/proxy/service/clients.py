"""The sections of a façade's file that say who may use it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from labkit.common.access import anybody
from labkit.common.errors import UsageError
from labkit.dicomweb.proxy.service.parts import NAME

ANONYMOUS = anybody(None)
ACTS = ("read", "store", "metrics")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class ClientsPart:
    """``[clients]``: what holds of all clients.

    Attributes
    ----------
    open
        Whether anybody may read and store without a token; on loopback alone.
    """

    open: bool = False


@dataclass(frozen=True)
class ClientPart:
    """``[[client]]``: who may use it, and for what.

    Attributes
    ----------
    name
        In the log.
    token_sha256
        SHA-256 of the bearer token, 64 hex digits: ``labkit proxy --new-token`` makes both.
    token
        The token itself, from a variable of the environment.
    acts
        Of `ACTS`: ``read`` is search and retrieve.
    pacs
        Names of the PACS it may use; empty: all.
    patients, studies
        Patient IDs and Study Instance UIDs that it may see and store; empty: all.
    """

    name: str
    token_sha256: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    acts: tuple[str, ...] = ("read",)
    pacs: tuple[str, ...] = ()
    patients: tuple[str, ...] = field(default=(), repr=False)
    studies: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise UsageError(
                "name has other than letters, digits, '.', '_' and '-'.", remedy="Shorten it."
            )
        if self.name == ANONYMOUS:
            raise UsageError(
                f"name is {ANONYMOUS}, which is for those who have none.", remedy="Take another."
            )
        if bool(self.token) == bool(self.token_sha256):
            raise UsageError(
                "token_sha256 is needed.", remedy="`labkit proxy --new-token` makes one."
            )
        if self.token_sha256 and not _DIGEST.fullmatch(self.token_sha256):
            raise UsageError(
                "token_sha256 is no SHA-256 in hex: 64 digits.",
                remedy="`labkit proxy --new-token` makes one; the token itself is not for a file.",
            )
        if self.token and len(self.token) < 16:
            raise UsageError(
                "token is shorter than 16 characters.", remedy="`labkit proxy --new-token`."
            )
        unknown = [act for act in self.acts if act not in ACTS]
        if unknown or not self.acts:
            raise UsageError(
                f"acts has {', '.join(unknown) or 'nothing'}.",
                remedy=f"There is {', '.join(ACTS)}.",
            )
