"""DICOM over TLS: contexts as PS3.15 B.12 wants them.

The profile of B.12 is BCP 195: TLS 1.2 or later, modern ciphers, no NULL encryption. Whether the
client shows a certificate too (node authentication) is the site's choice; a server must be able to
ask for one.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.dimse.authority import Authority as Authority
from labkit.dimse.authority import Credential as Credential

Tls = ssl.SSLContext | tuple[ssl.SSLContext, str] | None
"""A context, or a pair of it and the server name to check."""

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"
"""For TLS 1.2: forward secrecy, authenticated encryption (RFC 9325 4.2). 1.3 has no others."""

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
