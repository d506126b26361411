"""What a façade is told: which PACS stand behind it, what it may keep, how long it waits."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from labkit.common.errors import UsageError
from labkit.dimse import Peer
from labkit.dimse.admission import AdmissionPolicy
from labkit.dimse.peer import check_ae_title
from labkit.dimse.receiver import is_loopback

Retrieve = Literal["auto", "c-get", "c-move"]
Names = Literal["auto", "pacs", "here"]


@dataclass(frozen=True)
class Upstream:
    """One PACS behind the façade.

    Parameters
    ----------
    peer
        Its AE title, address, TLS, user identity, and the AE title by which it knows us.
    retrieve
        ``"c-get"``, ``"c-move"`` (then the PACS has to know where the façade listens), or
        ``"auto"``: C-GET, and C-MOVE for what cannot be had so.
    associations
        How many the façade opens to it at once, at most.
    timeout
        Seconds to wait for each of its answers.
    name
        What it is called in warnings and traces; its AE title where empty.
    names
        Who compares names: ``"pacs"``; ``"here"``, for a PACS that compares them with regard to
        case; ``"auto"`` finds out.
    """

    peer: Peer
    retrieve: Retrieve = "auto"
    associations: int = 4
    timeout: float = 30.0
    name: str = ""
    names: Names = "auto"

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.peer.ae_title)
        if self.retrieve not in ("auto", "c-get", "c-move"):
            raise UsageError(
                f"{self.name} cannot be retrieved from by {self.retrieve!r}",
                remedy='Use "auto", "c-get" or "c-move".',
            )
        if self.associations < 1 or not self.timeout > 0:
            raise UsageError(
                f"{self.name} needs at least one association, and a timeout above 0",
                remedy="Leave both out for 4 associations and 30 seconds.",
            )


@dataclass(frozen=True)
class CacheLimits:
    """What the cache may hold.

    Attributes
    ----------
    max_bytes
        Of all objects together; those used longest ago go first.
    max_age
        Seconds that an object is kept after it came.
    """

    max_bytes: int = 10 << 30
    max_age: float = 7 * 86400.0


@dataclass(frozen=True)
class ProxySettings:
    """Settings of a façade.

    Parameters
    ----------
    upstreams
        The PACS, in order: where two disagree about a study, the first counts.
    cache
        Folder of the cache; made if it is not there.
    limits
        What the cache may hold.
    ae_title
        What the façade calls itself: as SCU where the peer says nothing else, and as the
        destination of C-MOVE.
    receive
        Address and port to listen on for C-MOVE; port 0 takes a free one.
    senders
        Calling AE titles that may send there; empty: any on loopback, else those of the upstreams.
    address
        How a PACS reaches us there, where that is another; an error of C-MOVE says it.
    receive_tls
        With a context (`labkit.dimse.server_context`), it speaks TLS.
    receive_admission
        Decides who may associate there, besides `senders`.
    slow_after
        Seconds without a first object, after which a client is told to come back (503).
    trust
        Seconds for which the last answer of a PACS about a study counts; 0 asks it for each request
        to retrieve.
    store_to
        Name of the upstream that STOW-RS stores into; the first where empty.
    looks
        C-FINDs, and objects read, that one search may spend on what a PACS does not return.
    breadth
        Studies or series that one search may go down into.
    idle
        Seconds after which an association that nobody uses is released.
    failures
        Failures to reach a PACS, one after the other, after which it is left alone for a while.
    ahead
        Whether a second object asked for in a series has the rest of it retrieved too.
    """

    upstreams: Sequence[Upstream]
    cache: Path
    limits: CacheLimits = field(default_factory=CacheLimits)
    ae_title: str = "PROXY"
    receive: tuple[str, int] = ("127.0.0.1", 0)
    senders: Sequence[str] = ()
    address: str = ""
    receive_tls: ssl.SSLContext | None = field(default=None, repr=False)
    receive_admission: AdmissionPolicy | None = field(default=None, repr=False)
    slow_after: float = 20.0
    trust: float = 0.0
    store_to: str = ""
    looks: int = 100
    breadth: int = 1000
    idle: float = 10.0
    failures: int = 5
    ahead: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "ae_title", check_ae_title(self.ae_title))
        object.__setattr__(self, "upstreams", tuple(self.upstreams))
        object.__setattr__(self, "cache", Path(self.cache))
        names = [upstream.name for upstream in self.upstreams]
        if not names:
            raise UsageError("a façade needs a PACS behind it", remedy="Give one Upstream or more.")
        if len(set(names)) < len(names):
            raise UsageError(
                "two upstreams have the same name", remedy='Tell them apart: Upstream(…, name="A").'
            )
        if self.store_to and self.store_to not in names:
            raise UsageError(
                f"there is no upstream {self.store_to!r} to store to",
                remedy=f"Name one of {', '.join(names)}.",
            )

    def calling(self, upstream: Upstream) -> str:
        """The AE title to call an upstream by."""
        return upstream.peer.calling or self.ae_title

    def accepted(self) -> list[str]:
        """Calling titles that may send to us; empty is any."""
        if self.senders or is_loopback(self.receive[0]):
            return list(self.senders)
        return [upstream.peer.ae_title for upstream in self.upstreams]
