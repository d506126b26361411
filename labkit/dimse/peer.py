"""Who to talk to: an AE title, and where it listens."""

from __future__ import annotations

from dataclasses import dataclass, field

from labkit.common.access import AccessPolicy
from labkit.common.errors import UsageError
from labkit.dimse.identity import UserIdentity
from labkit.dimse.tls import Tls

LEARNER = "LEARNER"
"""What the verbs call as when nobody says; the lab's nodes know it."""


def check_ae_title(title: object) -> str:
    """Return `title` without the spaces that do not count, or say what is wrong with it.

    An AE title has at most 16 bytes of the default repertoire, no backslash and no control
    character; leading and trailing spaces are not significant, and it is not all spaces
    (PS3.5 Table 6.2-1, PS3.8 Table 9-11).

    Raises
    ------
    UsageError
        It is not a valid AE title.
    """
    if not isinstance(title, str):
        raise UsageError(
            f"an AE title is text, not {type(title).__name__}",
            remedy='Write it as a string of at most 16 characters: "ARCHIVE".',
        )
    name = title.strip(" ")
    if not name:
        raise UsageError(
            "an AE title cannot be blank (PS3.8 Table 9-11)",
            remedy='Give the title that the other side is configured with: "ARCHIVE".',
        )
    if len(name) > 16:
        raise UsageError(
            f"the AE title {name!r} has {len(name)} characters; 16 is the most (PS3.5 6.2)",
            remedy="Shorten it, and use the same short title in the other side's configuration.",
        )
    bad = sorted({c for c in name if c == "\\" or not " " <= c <= "~"})
    if bad:
        raise UsageError(
            f"the AE title {name!r} contains {', '.join(map(repr, bad))} (PS3.5 Table 6.2-1)",
            remedy="Use letters, digits, space, hyphen and underscore.",
        )
    return name


@dataclass(frozen=True)
class Peer:
    """The other application entity.

    Its ``repr`` shows the AE title only, so that a saved notebook does not depend on ports.

    Parameters
    ----------
    ae_title
        What it is called; checked against PS3.5 Table 6.2-1.
    host
        A name or an IP address.
    port
        The TCP port it listens on, 1–65535.
    tls
        What to speak TLS with, where no verb is given another: see `labkit.dimse.client_context`.
    calling
        The AE title by which it knows us, where no verb is given another; ``""`` for LEARNER.
    identity
        The user on whose behalf it is called (PS3.7 D.3.3.7).
    policy
        Who decides what it may be asked: see `labkit.dimse.permission`. ``None``: everything.
    source
        Which of this machine's addresses to call from, where it has several and the peer knows one.
    most
        A C-FIND without a limit of its own is cancelled after so many matches. ``None``: never.

    Raises
    ------
    UsageError
        One of the first three cannot be.
    """

    ae_title: str
    host: str = field(repr=False)
    port: int = field(repr=False)
    tls: Tls = field(default=None, repr=False, compare=False, kw_only=True)
    calling: str = field(default="", repr=False, compare=False, kw_only=True)
    identity: UserIdentity | None = field(default=None, repr=False, compare=False, kw_only=True)
    policy: AccessPolicy | None = field(default=None, repr=False, compare=False, kw_only=True)
    source: str = field(default="", repr=False, compare=False, kw_only=True)
    most: int | None = field(default=None, repr=False, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ae_title", check_ae_title(self.ae_title))
        if self.calling:
            object.__setattr__(self, "calling", check_ae_title(self.calling))
        if not isinstance(self.host, str) or not self.host.strip():
            raise UsageError(
                "a peer needs a host", remedy='Give a name or an address: "127.0.0.1".'
            )
        if isinstance(self.port, bool) or not isinstance(self.port, int):
            raise UsageError(
                f"a port is a whole number, not {self.port!r}",
                remedy="Write it without quotes: Peer('ARCHIVE', '127.0.0.1', 11112).",
            )
        if not 1 <= self.port <= 65535:
            raise UsageError(
                f"there is no TCP port {self.port}; ports are 1 to 65535",
                remedy="Ask the other side's administrator for its DICOM port.",
            )

    def called_by(self, ae_title: str) -> str:
        """Choose the calling title: `ae_title`, but for `LEARNER` the one by which it knows us."""
        return self.calling if self.calling and ae_title == LEARNER else ae_title

    def __repr__(self) -> str:
        return f"Peer({self.ae_title})"
