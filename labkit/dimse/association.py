"""One association as requestor: had, used, released; every failure with its reason."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import build_context

from labkit.common.errors import AssociationError, UsageError
from labkit.dimse.entity import new_ae
from labkit.dimse.link import Link
from labkit.dimse.peer import Peer
from labkit.dimse.permission import ask_contexts
from labkit.dimse.recorder import TraceRecorder
from labkit.dimse.refusal import lost, rejected, unreachable
from labkit.dimse.tls import Tls as Tls
from labkit.dimse.trace import ACCEPTOR, AssociationTrace


def query_context(abstract_syntax: str) -> Any:
    """Build the context of a service without pixels: uncompressed, little endian."""
    return build_context(abstract_syntax, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])


@contextmanager
def associate(
    peer: Peer,
    contexts: Sequence[Any],
    *,
    ae_title: str = "LEARNER",
    timeout: float = 30.0,
    tls: Tls = None,
    handlers: Sequence[Any] = (),
    negotiation: Sequence[Any] = (),
) -> Iterator[Link]:
    """Open an association, and release it at the end (abort it when the body raises).

    Parameters
    ----------
    peer
        Whom to call.
    contexts
        The presentation contexts to propose, 1–128 (PS3.8 9.3.2.2): ``pynetdicom.build_context``.
    ae_title
        The calling AE title; for the default, what the peer knows us as (``peer.calling``).
    timeout
        Seconds to wait for the connection, the acceptance, and each answer.
    tls
        An ``ssl.SSLContext``, or a pair of it and the server name to check; without it, what the
        peer has.
    handlers
        More of pynetdicom's ``(event, handler)`` pairs.
    negotiation
        User information items such as ``pynetdicom.build_role`` gives (PS3.7 D.3.3).

    Raises
    ------
    AssociationRejected, AssociationAborted, NoPresentationContext, ResponseTimeout
        There is no usable association; ``error.trace`` has the PDUs.
    AssociationError
        There was no TCP connection.
    AccessDenied
        The peer's policy says no to one of the contexts; nothing was sent.
    UsageError
        An argument cannot be.
    """
    if not isinstance(peer, Peer):
        raise UsageError(
            f"a peer is a Peer, not {type(peer).__name__}",
            remedy="Use a node of the lab (lab.archive), or Peer('TITLE', 'host', port).",
        )
    if not 1 <= len(contexts) <= 128:
        raise UsageError(
            f"{len(contexts)} presentation contexts cannot be proposed; 1 to 128 can",
            remedy="Split the work over several associations (PS3.8 9.3.2.2).",
        )
    ae = new_ae(peer.called_by(ae_title), timeout=timeout)
    ask_contexts(peer, ae.ae_title, contexts, negotiation)
    if peer.identity is not None:
        negotiation = [*negotiation, peer.identity.item]
    finished: list[AssociationTrace] = []
    recorder = TraceRecorder(finished.append)
    tls = peer.tls if tls is None else tls
    context = tls[0] if isinstance(tls, tuple) else tls
    if context is not None and not isinstance(context, ssl.SSLContext):
        raise UsageError(
            f"tls is an ssl.SSLContext, not {type(context).__name__}",
            remedy="Make one with ssl.create_default_context(cafile=…).",
        )
    tls_args = (tls, peer.host) if isinstance(tls, ssl.SSLContext) else tls
    try:
        assoc = ae.associate(
            peer.host,
            peer.port,
            contexts=list(contexts),
            ae_title=peer.ae_title,
            max_pdu=ae.maximum_pdu_size,
            ext_neg=list(negotiation),
            bind_address=(peer.source, 0) if peer.source else None,
            tls_args=tls_args,
            evt_handlers=[*recorder.handlers, *handlers],
        )
    except OSError as error:  # the name does not resolve, or the source is not ours
        raise unreachable(error, peer) from error
    link = Link(assoc, peer, timeout, recorder, finished)
    if not assoc.is_established:
        raise _why_not(link, ae.ae_title)
    if peer.identity is not None and peer.identity.confirm:
        _confirmed(link)
    try:
        yield link
    except BaseException:
        assoc.abort()
        raise
    else:
        assoc.release()


def _confirmed(link: Link) -> None:
    """Leave, unless the acceptor says that it has taken the user identity."""
    if link.assoc.acceptor.user_identity is not None:
        return
    link.assoc.release()
    error = AssociationError(
        f"{link.peer.ae_title} accepted the association without a word on the user identity",
        remedy="It does not know user identities, and has checked nothing (PS3.7 D.3.3.7). Give "
        "confirm=False to call it all the same, and do not rely on who the user is.",
    )
    error.trace = link.trace
    raise error


def _why_not(link: Link, calling: str) -> AssociationError:
    trace = link.trace
    for pdu in trace.pdus:
        if pdu.sender == ACCEPTOR and pdu.data[:1] == b"\x03" and len(pdu.data) >= 10:
            return rejected(pdu, link.peer, calling, trace)
        if pdu.sender == ACCEPTOR and pdu.data[:1] == b"\x02" and link.assoc.rejected_contexts:
            return link.no_context(link.assoc.rejected_contexts[0].abstract_syntax)
    why = getattr(link.assoc.dul.socket, "connect_error", None)
    if not trace.pdus or why is not None:
        return unreachable(why, link.peer)
    return lost(link.peer, trace, "A-ASSOCIATE-AC", link.timeout)
