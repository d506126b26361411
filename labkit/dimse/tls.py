"""DICOM over TLS: certificates made here and now, and contexts as PS3.15 B.12 wants them.

The profile of B.12 is BCP 195: TLS 1.2 or later, modern ciphers, no NULL encryption. Whether the
client shows a certificate too (node authentication) is the site's choice; a server must be able to
ask for one.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.dimse.certificate import CertificateInfo, describe, write_revocations

Tls = ssl.SSLContext | tuple[ssl.SSLContext, str] | None
"""A context, or a pair of it and the server name to check."""

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"
"""For TLS 1.2: forward secrecy, authenticated encryption (RFC 9325 4.2). 1.3 has no others."""
_OURS = ("ca", "crl")  # files of the authority itself
HOSTS = ("127.0.0.1", "localhost")

# How the usual failures begin, by OpenSSL's reason, and what to do about each.
_PROBLEMS = {
    "WRONG_VERSION_NUMBER": (
        "the other side does not speak TLS on this port",
        "Use its TLS port (2762 is the registered one), or no TLS here.",
    ),
    "CERTIFICATE_REQUIRED": (
        "the other side asks for a client certificate",
        "Load one that it trusts: context.load_cert_chain(certificate, key).",
    ),
    "DID_NOT_RETURN_A_CERTIFICATE": (
        "the client showed no certificate",
        "Have it send one, or do not require one here.",
    ),
    "UNKNOWN_CA": (
        "the other side does not trust who signed our certificate",
        "Give its administrator the certificate of our authority.",
    ),
    "CERTIFICATE_REVOKED": (
        "the other side says that our certificate was revoked",
        "Ask its administrator why, and for a new one.",
    ),
    "CERTIFICATE_EXPIRED": (
        "the other side says that our certificate has expired",
        "Renew it; compare the clocks of both machines.",
    ),
    "PROTOCOL_VERSION": ("there is no TLS version in common", "Both need TLS 1.2 or later (B.12)."),
    "UNSUPPORTED_PROTOCOL": (
        "there is no TLS version in common",
        "Both need TLS 1.2 or later (B.12).",
    ),
    "NO_SHARED_CIPHER": ("there is no cipher in common", "Compare both lists with BCP 195."),
    "HANDSHAKE_FAILURE": ("there is no cipher in common", "Compare both lists with BCP 195."),
    "HTTP_REQUEST": ("this is an HTTP request", "Point the client at the web port."),
}


@dataclass(frozen=True)
class Credential:
    """What a node shows of itself: two PEM files.

    Attributes
    ----------
    certificate
        May be given to anybody.
    key
        The private key; stays where it is.
    """

    certificate: Path
    key: Path


class Authority:
    """A certificate authority in a folder, made when first used; for tests and lessons.

    A hospital's own authority does the same with more care. Nothing leaves the machine.

    Parameters
    ----------
    folder
        Where its files are kept, and those that it issues.
    clock
        Gives the time for its revocation list.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        import trustme  # takes a moment, and most labs never ask for it

        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "ca.pem"
        self._list, self._clock = self.folder / "crl.pem", clock
        key = self.folder / "ca.key"
        if self.certificate.exists() and key.exists():
            self._ca = trustme.CA.from_pem(self.certificate.read_bytes(), key.read_bytes())
        else:
            self._ca = trustme.CA(organization_name="labkit", organization_unit_name="DICOM lab")
            _write_private(key, self._ca.private_key_pem.bytes())
            self.certificate.write_bytes(self._ca.cert_pem.bytes())

    def credential(self, name: str, *, not_after: datetime | None = None) -> Credential:
        """Give the certificate of `name` for this machine; issue it where there is none.

        Parameters
        ----------
        name
            Whose: an AE title, which becomes the common name. Names of files derive from it.
        not_after
            Until when it is valid; a moment that has passed makes an expired one.

        Raises
        ------
        UsageError
            `name` cannot be the name of a file.
        """
        if (
            name in _OURS
            or not name
            or name.strip(".") != name
            or not all(c.isalnum() or c in "._-" for c in name)
        ):
            raise UsageError(
                f"{name!r} cannot be the name of a node's files",
                remedy="Use letters, digits, hyphen and underscore.",
            )
        found = Credential(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        if not (found.certificate.exists() and found.key.exists()):
            leaf = self._ca.issue_cert(
                *HOSTS, common_name=name, organization_name="labkit", not_after=not_after
            )
            _write_private(found.key, leaf.private_key_pem.bytes())
            found.certificate.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
        return found

    @property
    def revocations(self) -> Path:
        """Its revocation list as it is now; made empty where nothing was ever revoked."""
        if not self._list.exists():
            self._write_revocations()
        return self._list

    def revoke(self, name: str) -> None:
        """Put the certificate of `name` on the revocation list; the next one is a new one.

        A server that listens has the list that it was given: have it listen anew.

        Raises
        ------
        UsageError
            There is none.
        """
        found = self.folder / f"{name}.pem"
        if not found.exists():
            raise UsageError(
                f"no certificate was issued to {name!r}", remedy="Name one that was: credential()."
            )
        aside = self.folder / "revoked"
        aside.mkdir(exist_ok=True)
        found.rename(aside / f"{len(list(aside.iterdir())):04}-{found.name}")
        (self.folder / f"{name}.key").unlink(missing_ok=True)
        self._write_revocations()

    def issued(self) -> dict[str, CertificateInfo]:
        """Describe what is in use, by the name that it was issued to."""
        files = sorted(self.folder.glob("*.pem"))
        leave = {self.certificate, self._list}
        return {
            path.stem: describe(path, revoked=self.revocations)
            for path in files
            if path not in leave
        }

    def _write_revocations(self) -> None:
        write_revocations(
            self._list,
            authority=self.certificate,
            key=self.folder / "ca.key",
            revoked=sorted((self.folder / "revoked").glob("*.pem")),
            now=self._clock(),
        )


def client_context(
    authority: str | Path | None, credential: Credential | None = None
) -> ssl.SSLContext:
    """Make a context for an SCU: it checks the server's certificate, name and dates.

    Parameters
    ----------
    authority
        PEM file of who signs the certificates that are trusted; ``None``: whom this machine trusts.
    credential
        What to show if the server asks (node authentication).

    Raises
    ------
    UsageError
        A file is missing or is no PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority is None:
        context.load_default_certs()
    return _prepared(context, authority, credential)


def server_context(
    credential: Credential,
    *,
    clients: str | Path | None = None,
    revoked: str | Path | None = None,
) -> ssl.SSLContext:
    """Make a context for an SCP.

    Parameters
    ----------
    credential
        What it shows.
    clients
        PEM file of who signs the clients' certificates; with it, a client must show one (node
        authentication).
    revoked
        PEM file of the revocation list of that authority, as it is now: whose certificate is on it,
        is refused. A list that has expired refuses everybody.

    Raises
    ------
    UsageError
        A file is missing or is no PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    _prepared(context, clients, credential)
    if revoked is not None:
        if clients is None:
            raise UsageError(
                "a revocation list is of no use where no client shows a certificate",
                remedy="Give clients= as well.",
            )
        _prepared(context, revoked, None)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


def explain(error: OSError) -> tuple[str, str]:
    """Say what went wrong with TLS, and what to do next; empty texts if it was something else."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not accepted ({error.verify_message})",
            "Trust the authority that signed it (cafile=…), and check its names and dates. "
            "Not checking at all is no repair: anybody could then be the archive.",
        )
    if isinstance(error, ssl.SSLEOFError):
        return "it closed the connection during the TLS handshake", "Read its log."
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None) or ""  # one of Python itself has none
        for part, found in _PROBLEMS.items():
            if part in reason:
                return found
        return f"TLS failed ({reason.lower().replace('_', ' ') or error})", "Read the other's log."
    return "", ""


def _prepared(
    context: ssl.SSLContext, trusted: str | Path | None, shown: Credential | None
) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    try:
        if trusted is not None:
            context.load_verify_locations(cafile=trusted)
        if shown is not None:
            context.load_cert_chain(shown.certificate, shown.key)
    except OSError as error:  # ssl.SSLError too
        raise UsageError(
            f"a certificate cannot be used: {error.strerror or error}",
            remedy="Give PEM files: the authority's certificate, and certificate and key.",
        ) from error
    return context


def _write_private(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
