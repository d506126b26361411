"""Links to one study for an outside provider: made, opened, ended.

A share gives no right of its own. Behind it is the access token of who made it, and in front of it
the patient's consents about who gets it; it ends with the token, and the token is kept in memory
only, so that a restart of the portal ends all shares.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from labkit.common.errors import AccessDenied
from labkit.exchange.portal.model import Share

TRIES = 5
"""Wrong passcodes after which a share is locked."""
MOST_HOURS = 24.0


@dataclass
class Kept:
    """A share with what is behind it."""

    share: Share
    patient: str
    actors: frozenset[str]
    maker: str
    token: str = field(repr=False)
    secret: str = field(repr=False)
    code: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    purpose: str = "TREAT"
    tries: int = 0


class Shares:
    """All shares of a portal.

    Parameters
    ----------
    clock
        Seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._all: dict[str, Kept] = {}

    def make(
        self, share: Share, *, patient: str, actors: frozenset[str], maker: str, token: str,
        purpose: str,
    ) -> tuple[Share, str, str]:  # fmt: skip
        """Keep a new share; return it, the secret of its link, and the passcode."""
        secret, passcode = secrets.token_urlsafe(32), f"{secrets.randbelow(10**8):08d}"
        salt = secrets.token_bytes(16)
        made = replace(share, id=secrets.token_hex(8))
        kept = Kept(made, patient, actors, maker, token, _digest(secret), _slow(passcode, salt),
                    salt, purpose)  # fmt: skip
        with self._lock:
            self._all[made.id] = kept
        return made, secret, passcode

    def linked(self, id_: str, secret: str) -> Kept:
        """Return the share of a link.

        Raises
        ------
        AccessDenied
            There is none, its secret is another, or it is over: the answer is the same.
        """
        kept = self._all.get(id_)
        # Compared in any case, so that an id that exists takes no longer.
        same = hmac.compare_digest(_digest(secret), kept.secret if kept else _digest(""))
        if kept is None or not same or self.state(kept) != "open":
            raise over()
        return kept

    def unlock(self, kept: Kept, passcode: str) -> bool:
        """Try a passcode; after `TRIES` wrong ones the share is locked."""
        with self._lock:
            if self.state(kept) != "open":
                raise over()
            if hmac.compare_digest(_slow(passcode, kept.salt), kept.code):
                kept.tries = 0
                return True
            kept.tries += 1
            if kept.tries >= TRIES:
                kept.share = replace(kept.share, state="locked")
                kept.token = ""
            return False

    def current(self, id_: str) -> Kept:
        """Return a share that is still open.

        Raises
        ------
        AccessDenied
            It is over.
        """
        kept = self._all.get(id_)
        if kept is None or self.state(kept) != "open":
            raise over()
        return kept

    def end(self, id_: str, patient: str) -> Share:
        """Revoke a share of this patient; the token behind it is forgotten.

        Raises
        ------
        AccessDenied
            The patient has no such share.
        """
        with self._lock:
            kept = self._all.get(id_)
            if kept is None or kept.patient != patient:
                raise over()
            if self.state(kept) == "open":
                kept.share = replace(kept.share, state="revoked")
            kept.token = ""
            return self._shown(kept)

    def of(self, patient: str) -> tuple[Share, ...]:
        """Return the shares of a patient, those that are over too."""
        return tuple(self._shown(kept) for kept in self._all.values() if kept.patient == patient)

    def state(self, kept: Kept) -> str:
        """Say how a share is now."""
        if kept.share.state == "open" and self._clock() >= kept.share.ends:
            return "ended"
        return kept.share.state

    def _shown(self, kept: Kept) -> Share:
        return replace(kept.share, state=self.state(kept))


def over() -> AccessDenied:
    """Make the refusal that is the same for every link that opens nothing."""
    return AccessDenied(
        "This link opens nothing: it has ended, was taken back, or never was one.",
        remedy="Ask the person who sent it for another.",
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _slow(passcode: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passcode.encode("utf-8", "surrogateescape"), salt=salt, n=2**14, r=8, p=1)
