"""The entries of an allow list: one a node (and user) that is known, each checked when made."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from labkit.access.nodes.passcodes import check_hash
from labkit.common.errors import UsageError
from labkit.dimse.admission import Applicant
from labkit.dimse.peer import check_ae_title

SERVICES = (
    "C-ECHO", "C-STORE", "C-FIND", "C-MOVE", "C-GET", "N-ACTION", "N-CREATE", "N-SET",
)  # fmt: skip
"""What a node may be allowed: the actions that the services of ``labkit.pacs`` ask about."""
IDENTITIES = ("none", "username", "passcode", "token")
ANYWHERE = ("0.0.0.0/0", "::/0")
"""Addresses of an entry that takes a node from wherever it comes."""


@dataclass(frozen=True)
class NodeEntry:
    """One node, and what it has to prove.

    Parameters
    ----------
    ae_title
        Its calling AE title. On its own it proves nothing: anybody can call by any title.
    addresses
        Where it may call from: addresses or networks (``"10.1.0.0/16"``).
    subject
        What its certificate names it, in the form of RFC 4514: ``"CN=MR1,O=North General"``.
    fingerprints
        SHA-256 of the certificates that are its own; two while one is replaced.
    services
        What it may ask for: of `SERVICES`.
    destinations
        Where it may have C-MOVE send to; itself alone unless said. ``"*"`` is any.
    identity
        Which user identity it has to bring: ``"none"``, ``"username"`` (the node vouches for its
        user, so it must show a certificate), ``"passcode"``, ``"token"`` (a JWT).
    users
        Names of the users that may work there; not for tokens, which say it themselves.
    actors
        References by which a Consent names it: ``"Device/mr1"``, ``"Organization/lakeside"``.
    purpose
        Why it asks: a code of v3-PurposeOfUse.

    Raises
    ------
    UsageError
        A value cannot be, or nothing would be proven by any means.
    """

    ae_title: str
    addresses: tuple[str, ...] = ()
    subject: str = ""
    fingerprints: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    identity: str = "none"
    users: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    purpose: str = "TREAT"
    _networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = field(
        default=(), init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "ae_title", check_ae_title(self.ae_title))
        object.__setattr__(self, "fingerprints", tuple(map(_fingerprint, self.fingerprints)))
        object.__setattr__(self, "_networks", tuple(map(_network, self.addresses)))
        for service in self.services:
            if service not in SERVICES:
                raise UsageError(
                    f"services has {service!r}, which is none", remedy=f"Of {', '.join(SERVICES)}."
                )
        if self.identity not in IDENTITIES:
            raise UsageError(
                f"identity cannot be {self.identity!r}", remedy=f"One of {', '.join(IDENTITIES)}."
            )
        if not self.addresses and not self.by_certificate:
            raise UsageError(
                f"addresses of {self.ae_title} are missing, and so is a certificate: the title "
                "alone proves nothing",
                remedy='Give addresses = ["10.1.0.0/16"], subject or fingerprints. For an entry '
                'that proves nothing on purpose: addresses = ["0.0.0.0/0", "::/0"].',
            )
        if self.identity == "username" and not self.by_certificate:
            raise UsageError(
                "identity = username needs a certificate: a name without a passcode is only as "
                "good as the node that says it",
                remedy="Give subject or fingerprints, or ask for a passcode.",
            )
        if (self.identity in ("username", "passcode")) != bool(self.users):
            raise UsageError(
                f"users and identity = {self.identity} do not go together",
                remedy="Name users for username and passcode, and for nothing else.",
            )

    @property
    def by_certificate(self) -> bool:
        """Whether it has to show a certificate."""
        return bool(self.subject or self.fingerprints)

    def wants(self, applicant: Applicant) -> str:
        """Say what an applicant lacks to be this node; ``""`` if nothing.

        The user identity is looked at by `NodePolicy`.
        """
        if applicant.calling != self.ae_title:
            return "another AE title"
        if self._networks and not self._from_here(applicant.address):
            return f"an address other than {applicant.address}"
        if not self.by_certificate:
            return ""
        shown = applicant.certificate
        if shown is None:
            return "a certificate" if applicant.encrypted else "TLS"
        if self.subject and shown.subject != self.subject:
            return f"a certificate for {self.subject}, not {shown.subject}"
        if self.fingerprints and shown.fingerprint not in self.fingerprints:
            return f"another certificate than {shown.fingerprint[:16]}…"
        return ""

    def _from_here(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._networks)


@dataclass(frozen=True)
class NodeUser:
    """One user who works at a node.

    Parameters
    ----------
    name
        As the user identity names it.
    passcode
        What `hash_passcode` gives; ``""`` for one who is only vouched for.
    actors
        References by which a Consent names the user: ``"Practitioner/chen"``.
    purpose
        Why this user asks; the node's where empty.

    Raises
    ------
    UsageError
        There is no name, or the passcode is no hash.
    """

    name: str
    passcode: str = field(default="", repr=False)
    actors: tuple[str, ...] = ()
    purpose: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            raise UsageError("name is empty", remedy="Name the user.")
        if self.passcode:
            check_hash(self.passcode)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise UsageError(
            f"addresses has {text!r}: {error}",
            remedy='Write "10.1.2.3" or "10.1.0.0/16"; no host names, which may be spoofed.',
        ) from None


def _fingerprint(text: str) -> str:
    digits = text.strip().lower().removeprefix("sha256:").replace(":", "")
    if len(digits) != 64 or digits.strip("0123456789abcdef"):
        raise UsageError(
            "fingerprints has one that is no SHA-256",
            remedy="Write 64 hexadecimal digits, with colons or without: openssl x509 -noout "
            "-fingerprint -sha256 -in FILE.",
        )
    return digits
