"""Audit messages to an Audit Record Repository: IHE ATNA ITI-20, syslog over TLS.

RFC 5424 for the message, RFC 5425 for the transport: TLS over TCP, each message with its length in
octets before it. TCP tells nobody that a message was taken, and syslog has no acknowledgement: the
trail on the disk is what counts, and `forward` goes on where it stopped.
"""

from __future__ import annotations

import os
import socket
import ssl
from datetime import datetime

from labkit.access.audit.chain import Record
from labkit.access.audit.message import audit_message
from labkit.access.audit.trail import AuditTrail
from labkit.common.errors import NetworkError
from labkit.common.scope import Closes

FACILITY = 10  # security/authorization, as IHE and dcm4che have it
MSGID = "DICOM+RFC3881"
_NOTICE, _WARNING = 5, 4
_BOM = b"\xef\xbb\xbf"  # RFC 5424 6.4: the message is UTF-8


def syslog_message(record: Record, *, source: str, host: str) -> bytes:
    """Make the syslog message of a record (RFC 5424 6).

    Parameters
    ----------
    source
        APP-NAME, and Audit Source ID.
    host
        HOSTNAME.
    """
    severity = _NOTICE if record["allowed"] else _WARNING
    at = datetime.fromisoformat(str(record["at"])).isoformat(timespec="milliseconds")
    head = f"<{FACILITY * 8 + severity}>1 {at} {_field(host, 255)} {_field(source, 48)} "
    head += f"{os.getpid()} {MSGID} - "
    return head.encode("ascii") + _BOM + audit_message(record, source)


def frame(message: bytes) -> bytes:
    """Put the length before a message (RFC 5425 4.3: octet counting)."""
    return str(len(message)).encode() + b" " + message


def _field(text: str, most: int) -> str:
    """Make a field of printable ASCII without blanks (RFC 5424 6)."""
    return "".join(c if 33 <= ord(c) <= 126 else "_" for c in text)[:most] or "-"


class SyslogSender(Closes):
    """One connection to a repository.

    Parameters
    ----------
    host, port
        Of the repository; 6514 is usual.
    tls
        Checks the repository's certificate, and shows ours (ATNA: both sides).
    timeout
        Seconds that connecting and sending may take.

    Raises
    ------
    NetworkError
        It cannot be reached, or its certificate is not one to trust.
    """

    def __init__(self, host: str, port: int, *, tls: ssl.SSLContext, timeout: float = 10) -> None:
        try:
            plain = socket.create_connection((host, port), timeout)
        except OSError as error:
            raise NetworkError(
                f"No audit record repository answers: {error}.",
                remedy="Look at its address, and whether it runs.",
            ) from error
        try:
            self._socket = tls.wrap_socket(plain, server_hostname=host)
        except (OSError, ssl.SSLError) as error:
            plain.close()
            raise NetworkError(
                f"No TLS with the audit record repository: {error}.",
                remedy="Look at both certificates and who signed them.",
            ) from error

    def send(self, message: bytes) -> None:
        """Send one message.

        Raises
        ------
        NetworkError
            The connection is gone; nobody knows whether the message arrived.
        """
        try:
            self._socket.sendall(frame(message))
        except OSError as error:
            raise NetworkError(
                f"The audit record repository is gone: {error}.",
                remedy="Connect again; the trail has every record.",
            ) from error

    def close(self) -> None:
        """End the connection so that all that was sent arrives."""
        try:
            self._socket.unwrap().close()
        except (OSError, ValueError):
            self._socket.close()


def forward(trail: AuditTrail, sender: SyslogSender, *, since: int, host: str) -> int:
    """Send what came after a record; what a search showed stays in the trail.

    Returns
    -------
    int
        The number of the last record that was dealt with: the next `since`. Keep it on the disk. A
        message may arrive twice after a lost connection, and none is left out.
    """
    reached = since
    for record in trail.records(since):
        if record.get("kind") != "result":
            sender.send(syslog_message(record, source=trail.source, host=host))
        reached = int(record["seq"])
    return reached
