"""Who tries at the secure lab, and with what: certificates, clients and users that it knows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx

from labkit.dimse.identity import UserIdentity
from labkit.lab.secure.tls import learner_tls
from labkit.lab.workspace import Workspace

if TYPE_CHECKING:
    from labkit.dimse import Peer
    from labkit.lab.secure.facets import SecureLab


@dataclass(frozen=True)
class Seat:
    """One who tries.

    Attributes
    ----------
    name
        Of the organisation.
    client, user, scope
        Whose token is sent with requests over HTTP.
    writer, writes_as
        Client and user of the token with every scope; the user makes it Lakeside's.
    archive, legacy, worklist, storing, colleague
        AE titles, each with its own certificate: that call ARCHIVE, LEGACY and WORKLIST, that may
        store in ARCHIVE, and that may see the target and order a C-MOVE to `archive`.
    patient
        Whose own token is tried.
    allowed
        Whether this one may see the target: then what is stolen, forged or asked for too much is
        in its place what is had rightly, so that each attempt is known to look at something.
    """

    name: str
    client: str
    user: str
    scope: str
    writer: str
    writes_as: str
    archive: str
    legacy: str
    worklist: str
    storing: str
    colleague: str
    patient: str
    allowed: bool = False


LAKESIDE = Seat(
    "lakeside", "lakeside-viewer", "parsnipper", "user/*.rs", "workbook", "parsnipper",
    "LEGACY", "PROXY", "US1", "ROUTER", "LEARNER", "quillfeather",
)  # fmt: skip
"""Denied by Consent/thistlewick."""
NORTH = Seat(
    "north-general", "workbook", "lanternwick", "user/*.cruds", "workbook", "lanternwick",
    "LEARNER", "LEARNER", "LEARNER", "LEARNER", "LEARNER", "thistlewick", allowed=True,
)  # fmt: skip
"""Not denied: what an attempt finds where it may."""


@dataclass(frozen=True)
class AtLab:
    """What attempts need that only a secure lab has.

    Attributes
    ----------
    seat
        Who tries.
    lab
        Gives tokens out, as its administrator: those that the seat may have.
    other
        Sends as a patient, who may see what is theirs.
    """

    seat: Seat
    lab: SecureLab
    other: httpx.Client

    def peer(self, name: str, title: str, *, shown: str = "", token: str = "") -> Peer:
        """Return a node as called by `title`, with the certificate of `shown`, for a user."""
        folder = Workspace(self.lab.workspace).certificates
        tls = learner_tls(folder, shown or title)
        identity = UserIdentity(token=token, confirm=True) if token else None
        return replace(self.lab.nodes[name], tls=tls, calling=title, identity=identity)

    def token(self) -> str:
        """Return the token of the one who tries."""
        seat = self.seat
        return self.lab.auth.token(seat.client, scope=seat.scope, user=seat.user)


def patients_token(lab: SecureLab, seat: Seat) -> str:
    """Return a token of the patient of a seat, for what is theirs."""
    who = seat.patient
    return lab.auth.token("portal", scope="patient/*.rs", user=who, patient=who)


def bearing(token: str = "") -> httpx.Client:
    """Make what sends this token with each request."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(headers=headers, timeout=60, trust_env=False)
