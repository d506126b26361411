"""Why there is no association, or no more of it, in words and with what to do next."""

from __future__ import annotations

import ssl

from labkit.common.errors import (
    AssociationAborted,
    AssociationError,
    AssociationRejected,
    ResponseTimeout,
)
from labkit.dimse import words
from labkit.dimse.peer import Peer
from labkit.dimse.tls import explain
from labkit.dimse.trace import ACCEPTOR, AssociationTrace, TracedPdu

# What to do next for each (source, reason) of PS3.8 Table 9-21. The words themselves are
# pynetdicom's, in `words`.
_REMEDY = {
    (1, 1): "The other side gives no reason: read its log; it may be busy, or lack a licence.",
    (1, 2): "The other side does not speak DICOM's application context; check host and port.",
    (1, 3): "Have {calling} added to the list of known AE titles on {called}'s side "
    "(title and address), or call with a title it knows.",
    (1, 7): "Check the called AE title, letter by letter and in its case: the program at this "
    "address does not go by {called}.",
    (2, 1): "The other side gives no reason; if you sent a user identity, check it.",
    (2, 2): "The other side wants another version of the protocol; check host and port.",
    (3, 1): "The other side is busy now: wait a little and try again.",
    (3, 2): "The other side serves as many associations as it may: close some, or try again later.",
}


def rejected(pdu: TracedPdu, peer: Peer, calling: str, trace: AssociationTrace) -> AssociationError:
    """Put an A-ASSOCIATE-RJ into words (PS3.8 9.3.4)."""
    result, source, reason = pdu.data[7:10]
    how, _, why = words.rejection(result, source, reason)
    remedy = _REMEDY.get((source, reason), "PS3.8 Table 9-21 reserves this reason; read their log.")
    error = AssociationRejected(
        f"{peer.ae_title} rejected the association from {calling}: {why} "
        f"({how}, {result}/{source}/{reason}, PS3.8 Table 9-21)",
        result=result,
        source=source,
        reason=reason,
        remedy=remedy.format(called=peer.ae_title, calling=calling),
    )
    error.trace = trace
    return error


def aborted(pdu: TracedPdu, peer: Peer, trace: AssociationTrace) -> AssociationError:
    """Put an A-ABORT of the peer into words (PS3.8 9.3.8)."""
    source, reason = pdu.data[8:10]
    _, reason_words = words.abort(source, reason)
    why = "the program itself gave up" if source == 0 else reason_words
    error = AssociationAborted(
        f"{peer.ae_title} aborted the association ({why}, {source}/{reason}, PS3.8 Table 9-26)",
        remedy="An abort carries no more than this: the other side's log says why. Often the "
        "service is not allowed for this AE title, or it could not read what was sent.",
    )
    error.trace = trace
    return error


def unreachable(why: OSError | None, peer: Peer) -> AssociationError:
    """Say that there was no TCP connection."""
    name = peer.ae_title
    if isinstance(why, ConnectionRefusedError):
        text, remedy = (
            f"nothing listens where {name} should be (connection refused)",
            "Check that its service runs, and the port (peer.port).",
        )
    elif isinstance(why, ssl.SSLError):
        problem, remedy = explain(why)
        text = f"no TLS connection to {name}: {problem}"
    elif isinstance(why, TimeoutError):
        return ResponseTimeout(
            f"{name} does not answer at the TCP level (timed out)",
            remedy="Check the address (peer.host); a firewall that drops packets looks like this "
            "too.",
        )
    else:
        reason = (why.strerror if why else None) or str(why or "no connection")
        text, remedy = (
            f"no connection to {name}: {reason}",
            "Check the host name (peer.host) and the port (peer.port).",
        )
    return AssociationError(text, remedy=remedy)


def lost(peer: Peer, trace: AssociationTrace, waiting_for: str, timeout: float) -> AssociationError:
    """Say what happened when no answer came: an abort, a closed connection, or silence."""
    last = trace.pdus[-1] if trace.pdus else None
    for pdu in reversed(trace.pdus):
        if pdu.sender == ACCEPTOR and pdu.data[:1] == b"\x07" and len(pdu.data) >= 10:
            return aborted(pdu, peer, trace)
    ours = last is not None and last.data[:1] == b"\x07"
    error: AssociationError
    if trace.end == "lost" and not ours:
        heard = any(pdu.sender == ACCEPTOR for pdu in trace.pdus)
        error = AssociationAborted(
            f"{peer.ae_title} closed the connection while {waiting_for} was awaited",
            remedy="Its log says why; it may have crashed or been stopped."
            if heard
            else "Check that this port speaks DICOM, and whether it wants TLS.",
        )
    else:
        error = ResponseTimeout(
            f"{peer.ae_title} sent no {waiting_for} within {timeout:g} s",
            remedy="Give it longer (timeout=…); an object may have been stored all the same, so "
            "look before you send it again.",
        )
    error.trace = trace
    return error
