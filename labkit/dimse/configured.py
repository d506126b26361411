"""An application entity as a file of settings names it, and the peer that it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.dimse.identity import UserIdentity
from labkit.dimse.peer import LEARNER, Peer
from labkit.dimse.tls import Credential, Tls, client_context


@dataclass(frozen=True)
class DicomPart:
    """A section that names an application entity.

    Attributes
    ----------
    ae_title, host, port
        Where it is.
    our_ae_title
        The calling AE title it knows us by.
    tls
        Speak TLS; also where one of the next four is given.
    ca
        PEM file of the authority to trust; without it those that this machine trusts.
    certificate, key
        PEM files to show where it asks for a client certificate.
    server_name
        The name that its certificate must have, where that is not `host`.
    user, passcode
        User identity (PS3.7 D.3.3.7).
    """

    ae_title: str
    host: str
    port: int
    our_ae_title: str = LEARNER
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    server_name: str = ""
    user: str = field(default="", repr=False)
    passcode: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        Peer(self.ae_title, self.host, self.port, calling=self.our_ae_title)  # raises if it cannot
        if bool(self.certificate) != bool(self.key):
            raise UsageError("certificate and key go together.", remedy="Give both, or neither.")
        if self.passcode and not self.user:
            raise UsageError("a passcode needs a user.", remedy='Add user = "…".')

    @property
    def secure(self) -> bool:
        """Whether TLS is to be spoken."""
        return self.tls or bool(self.ca or self.certificate or self.server_name)

    def context(self) -> Tls:
        """Make what TLS is spoken with; ``None`` where none is asked for."""
        if not self.secure:
            return None
        shown = Credential(self.certificate, self.key) if self.certificate and self.key else None
        context = client_context(self.ca, shown)
        return (context, self.server_name) if self.server_name else context

    def identity(self) -> UserIdentity | None:
        """Return on whose behalf it is called, if it is to be told."""
        return UserIdentity(self.user, self.passcode) if self.user else None
