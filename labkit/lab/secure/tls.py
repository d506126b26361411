"""DICOM and HL7 over TLS with node authentication: one certificate for each AE title of the lab."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.dimse.tls import Authority, Credential, client_context, server_context

if TYPE_CHECKING:
    from labkit.dimse import Peer


class NodeTls:
    """Contexts by AE title, made when first asked for.

    Parameters
    ----------
    folder
        Of the lab's certificate authority, which is made on the first start.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._clients: dict[str, ssl.SSLContext] = {}
        self._made: Authority | None = None

    def authority(self) -> Authority:
        """Return who signs; made once."""
        with self._lock:
            if self._made is None:
                self._made = Authority(self._folder)
            return self._made

    def credential(self, ae_title: str) -> Credential:
        """Return the certificate and key of an AE title; issued where there is none."""
        authority = self.authority()
        with self._lock:
            return authority.credential(ae_title)

    def server(self, ae_title: str) -> ssl.SSLContext:
        """Return what a node listens with: whoever calls must show a certificate of the lab.

        Made anew each time, with the revocation list of that moment.
        """
        shown, authority = self.credential(ae_title), self.authority()
        with self._lock:
            # The list is only there once somebody has been revoked; it lasts for some days.
            revoked = authority.revocations if (self._folder / "revoked").is_dir() else None
            return server_context(shown, clients=authority.certificate, revoked=revoked)

    def client(self, ae_title: str) -> ssl.SSLContext:
        """Return what a node calls others with: its own certificate, trust in the lab's alone."""
        shown, authority = self.credential(ae_title), self.authority()
        with self._lock:
            if ae_title not in self._clients:
                self._clients[ae_title] = client_context(authority.certificate, shown)
            return self._clients[ae_title]


class CalledBy(Mapping[str, "Peer"]):
    """Destinations as one node calls them: by TLS, with its own certificate.

    Parameters
    ----------
    known
        AE title to peer; looked up anew each time.
    tls
        What the node calls with.
    """

    def __init__(self, known: Mapping[str, Peer], tls: ssl.SSLContext) -> None:
        self._known, self._tls = known, tls

    def __getitem__(self, ae_title: str) -> Peer:
        return replace(self._known[ae_title], tls=self._tls)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def learner_tls(folder: Path, ae_title: str) -> ssl.SSLContext:
    """Make what a notebook calls the nodes with, from the files that the lab has issued.

    Raises
    ------
    UsageError
        The files are not there.
    """
    shown = Credential(folder / f"{ae_title}.pem", folder / f"{ae_title}.key")
    return client_context(folder / "ca.pem", shown)
