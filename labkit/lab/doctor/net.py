"""Below every protocol: the name, the port, the certificate."""

from __future__ import annotations

import socket
import ssl
from datetime import datetime, timedelta, timezone

from labkit.dimse.tls import explain
from labkit.lab.doctor.finding import LayerFails

PATIENCE = 5.0
SOON = timedelta(days=30)
"""A certificate that ends within this time is worth a word."""

# OpenSSL's X509_V_ERR_* (x509_vfy.h), by what a person would change.
_EXPIRED, _NOT_YET, _HOST, _ADDRESS = 10, 9, 62, 64
_UNTRUSTED = (18, 19, 20, 21)


def resolve(host: str) -> str:
    """Look the name up."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise LayerFails(
            f"there is no machine {host}: {getattr(error, 'strerror', None) or error}",
            remedy="You: check the name. If it is right, this machine asks another name server "
            "(DNS) than the hospital's: is the VPN on?",
        ) from error
    addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
    return f"{host} is {'an address' if addresses == [host] else ', '.join(addresses)}"


def reach(host: str, port: int) -> str:
    """Open a TCP connection and close it again."""
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except ConnectionRefusedError as error:
        raise LayerFails(
            f"port {port} is closed: the machine answers, and nothing listens there",
            remedy="You: check the port. The server's administrator: does the service run, and "
            "on this port and address?",
        ) from error
    except TimeoutError as error:
        raise LayerFails(
            f"port {port} does not answer",
            remedy="Mostly a firewall that drops the packets. The network's administrator: allow "
            f"TCP from this machine to {host}:{port}.",
        ) from error
    except OSError as error:
        raise LayerFails(
            f"port {port} cannot be reached: {error.strerror or error}",
            remedy="The network's administrator: there is no way from here to there.",
        ) from error
    return f"port {port} is open"


def shake_hands(host: str, port: int, context: ssl.SSLContext, server_name: str = "") -> str:
    """Do the TLS handshake; the context decides whom it trusts."""
    name = server_name or host
    try:
        with (
            socket.create_connection((host, port), timeout=PATIENCE) as sock,
            context.wrap_socket(sock, server_hostname=name) as link,
        ):
            certificate = link.getpeercert() or {}
            version = link.version()
    except ssl.SSLCertVerificationError as error:
        raise _not_accepted(error, host, port, name) from error
    except OSError as error:  # ssl.SSLError too
        said, remedy = explain(error)
        if "does not speak TLS" in said or not said:
            remedy = (
                f"You: is {port} the port on which it speaks TLS? If it speaks none, leave TLS "
                "out (no tls, no ca; http in url)."
            )
        raise LayerFails(
            said or f"the handshake broke off: {error.strerror or error}", remedy=remedy
        ) from error
    until = datetime.fromtimestamp(
        ssl.cert_time_to_seconds(str(certificate["notAfter"])), tz=timezone.utc
    )
    left = until - datetime.now(timezone.utc)
    soon = f": ONLY {left.days} DAYS LEFT" if left < SOON else ""
    return f"{version}; certificate for {name}, valid until {until:%Y-%m-%d}{soon}"


def _not_accepted(
    error: ssl.SSLCertVerificationError, host: str, port: int, name: str
) -> LayerFails:
    """Say which of the reasons, with what the certificate itself says."""
    begins, ends, names, issuer = _certificate(host, port, name)
    code = error.verify_code
    if code == _EXPIRED:
        said, remedy = f"its certificate ended on {ends}", "The server's administrator: renew it."
    elif code == _NOT_YET:
        said = f"its certificate is not valid before {begins}"
        remedy = "Compare the clocks of both machines."
    elif code in (_HOST, _ADDRESS):
        said = f"its certificate is for {names or 'nobody'}, not for {name}"
        remedy = (
            "You: use that name as host, or give server_name. The server's administrator: have "
            "one issued with this name."
        )
    elif code in _UNTRUSTED:
        said = f"its certificate was signed by {issuer}, whom this machine does not trust"
        remedy = (
            "You: get the certificate of that authority from the hospital's IT, and name its "
            'file: ca = "…pem". Where a server leaves out intermediate certificates, its '
            "administrator has to add them."
        )
    else:
        said, remedy = explain(error)
    return LayerFails(said, remedy=remedy)


def _certificate(host: str, port: int, name: str) -> tuple[str, str, str, str]:
    """Read the certificate without believing it: begin, end, names, issuer."""
    from cryptography import x509  # trustme brings it

    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout=PATIENCE) as sock,
            blind.wrap_socket(sock, server_hostname=name) as link,
        ):
            data = link.getpeercert(binary_form=True) or b""
        found = x509.load_der_x509_certificate(data)
    except (OSError, ValueError):
        return "?", "?", "", "somebody"
    try:
        kind = x509.SubjectAlternativeName
        names = [str(one.value) for one in found.extensions.get_extension_for_class(kind).value]
    except x509.ExtensionNotFound:
        names = []
    issuer = found.issuer.rfc4514_string()
    begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
    return f"{begins:%Y-%m-%d}", f"{ends:%Y-%m-%d}", ", ".join(names), issuer


def address_towards(host: str, port: int) -> str:
    """Return the address of this machine by which it goes to another; nothing is sent."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(where)
            return str(probe.getsockname()[0])
    except OSError:
        return "the address of this machine"
