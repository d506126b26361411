"""One association as requestor: had, used, released; every failure with its reason."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import build_context

from labkit.common.errors import AssociationError, NoPresentationContext, UsageError
from labkit.dimse.entity import new_ae
from labkit.dimse.peer import Peer
from labkit.dimse.recorder import TraceRecorder
from labkit.dimse.refusal import lost, rejected, unreachable
from labkit.dimse.trace import ACCEPTOR, AssociationTrace

Tls = ssl.SSLContext | tuple[ssl.SSLContext, str] | None


@dataclass
class Link:
    """An established association, and the trace that grows while it is used.

    Attributes
    ----------
    assoc
        pynetdicom's ``Association``; everything it can do is at hand.
    peer, timeout
        What it was opened with.
    """

    assoc: Any
    peer: Peer
    timeout: float
    _recorder: TraceRecorder = field(repr=False)
    _finished: list[AssociationTrace] = field(repr=False)
    _message_id: int = 0

    @property
    def trace(self) -> AssociationTrace:
        """What has gone over the wire so far."""
        if self._finished:
            return self._finished[-1]
        return self._recorder.trace(self.assoc) or AssociationTrace()

    def next_id(self) -> int:
        """Give the next Message ID (0000,0110)."""
        self._message_id = self._message_id % 0xFFFF + 1
        return self._message_id

    def require(self, abstract_syntax: str) -> Any:
        """Give the accepted presentation context of a SOP class, as SCU.

        Raises
        ------
        NoPresentationContext
            The peer accepted the association and not this (PS3.8 9.3.3.2).
        """
        for context in self.assoc.accepted_contexts:
            if context.abstract_syntax == abstract_syntax and context.as_scu:
                return context
        raise self.no_context(abstract_syntax)

    def exchange(self, request: Any, context: Any, waiting_for: str) -> Dataset:
        """Send one request and give the status elements of the response to it.

        Raises
        ------
        AssociationError
            No response came, or one to another request: nothing may be concluded from it.
        """
        assoc = self.assoc
        if not assoc.is_established:
            raise self.failure(waiting_for)
        # Hold the association's own reactor, or it might take the response (see reactor.py).
        assoc._reactor_checkpoint.clear()
        while not assoc._is_paused:
            time.sleep(0.0001)
        try:
            assoc.dimse.send_msg(request, context.context_id)
            _, response = assoc.dimse.get_msg(block=True)
        finally:
            assoc._reactor_checkpoint.set()
        if response is None or type(response) is not type(request):
            raise self.failure(waiting_for)
        if response.MessageIDBeingRespondedTo != request.MessageID:
            raise self.failure(waiting_for)
        return self.answer(assoc._check_received_status(response), waiting_for)

    def responses(
        self, send: Callable[..., Any], *args: Any
    ) -> Iterator[tuple[Dataset, Dataset | None]]:
        """Go through the responses of one of pynetdicom's ``send_c_find``, ``_get``, ``_move``.

        Raises
        ------
        AssociationError
            The association was lost before the final response.
        UsageError
            The identifier, the first of `args`, cannot be encoded.
        """
        name = send.__name__.replace("send_", "").replace("_", "-").upper() + "-RSP"
        try:
            answers = send(*args)
        except (ValueError, TypeError, AttributeError) as error:
            raise UsageError(
                f"the identifier cannot be encoded: {error}",
                remedy="Print it; a value that does not fit its VR is the usual reason.",
            ) from error
        for status, identifier in answers:
            yield self.answer(status, name), identifier

    def operate(
        self, waiting_for: str, send: Callable[..., Any], *args: Any
    ) -> tuple[Dataset, Dataset | None]:
        """Call one of pynetdicom's ``send_n_…``; gives status and attributes of the response."""
        try:
            status, attributes = send(*args)
        except (ValueError, TypeError, AttributeError) as error:
            raise UsageError(
                f"the data set cannot be encoded: {error}",
                remedy="Print it; a value that does not fit its VR is the usual reason.",
            ) from error
        return self.answer(status, waiting_for), attributes

    def answer(self, status: Dataset, waiting_for: str) -> Dataset:
        """Pass a status data set on, or raise what its absence means."""
        if "Status" not in status:
            raise self.failure(waiting_for)
        return status

    def failure(self, waiting_for: str) -> AssociationError:
        """Make the error that says why no answer came."""
        self.assoc.abort()  # does nothing where it has ended already
        return lost(self.peer, self.trace, waiting_for, self.timeout)

    def no_context(self, abstract_syntax: str, transfer_syntax: str = "") -> NoPresentationContext:
        """Make the error that says which context was not accepted, and with what result."""
        name = UID(abstract_syntax).name
        if transfer_syntax:
            name += f" in {UID(transfer_syntax).name}"
        # The transfer syntax of a refused context is not significant in the answer (PS3.8 9.3.3.2):
        # look up what was proposed under its ID.
        proposed = {cx.context_id: cx for cx in self.assoc.requestor.requested_contexts}
        results = {
            f"result {context.result}: {context.status.lower()}"
            for context in self.assoc.rejected_contexts
            if proposed[context.context_id].abstract_syntax == abstract_syntax
            and transfer_syntax in ("", *proposed[context.context_id].transfer_syntax)
        }
        why = f" ({', '.join(sorted(results))})" if results else ""
        error = NoPresentationContext(
            f"{self.peer.ae_title} accepted no presentation context for {name}{why}",
            remedy="It does not offer this service, or none of the transfer syntaxes proposed: "
            "compare with its conformance statement (PS3.8 9.3.3.2).",
        )
        error.trace = self.trace
        return error


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
        The calling AE title.
    timeout
        Seconds to wait for the connection, the acceptance, and each answer.
    tls
        An ``ssl.SSLContext``, or a pair of it and the server name to check.
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
    ae = new_ae(ae_title, timeout=timeout)
    finished: list[AssociationTrace] = []
    recorder = TraceRecorder(finished.append)
    tls_args = (tls, peer.host) if isinstance(tls, ssl.SSLContext) else tls
    try:
        assoc = ae.associate(
            peer.host,
            peer.port,
            contexts=list(contexts),
            ae_title=peer.ae_title,
            max_pdu=ae.maximum_pdu_size,
            ext_neg=list(negotiation),
            tls_args=tls_args,
            evt_handlers=[*recorder.handlers, *handlers],
        )
    except OSError as error:  # the name does not resolve
        raise unreachable(error, peer) from error
    link = Link(assoc, peer, timeout, recorder, finished)
    if not assoc.is_established:
        raise _why_not(link, ae.ae_title)
    try:
        yield link
    except BaseException:
        assoc.abort()
        raise
    else:
        assoc.release()


def _why_not(link: Link, calling: str) -> AssociationError:
    trace = link.trace
    for pdu in trace.pdus:
        if pdu.sender == ACCEPTOR and pdu.data[:1] == b"\x03" and len(pdu.data) >= 10:
            return rejected(pdu, link.peer, calling, trace)
        if pdu.sender == ACCEPTOR and pdu.data[:1] == b"\x02" and link.assoc.rejected_contexts:
            return link.no_context(link.assoc.rejected_contexts[0].abstract_syntax)
    if not trace.pdus:
        return unreachable(getattr(link.assoc.dul.socket, "connect_error", None), link.peer)
    return lost(link.peer, trace, "A-ASSOCIATE-AC", link.timeout)
