"""An association in use: requests sent, their responses waited for, and no answer mistaken."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import decode, encode

from labkit.common.errors import AssociationError, DataError, NoPresentationContext, UsageError
from labkit.dimse.brief import NotPlain, texts
from labkit.dimse.outgoing import UNREADABLE
from labkit.dimse.peer import Peer
from labkit.dimse.recorder import TraceRecorder
from labkit.dimse.refusal import lost
from labkit.dimse.suboperation import take_object
from labkit.dimse.trace import AssociationTrace


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
        """Send a request that has one response; gives its status elements.

        Raises
        ------
        AssociationError
            No response came, or one to another request: nothing may be concluded from it.
        """
        with self._held(waiting_for):
            self.assoc.dimse.send_msg(request, context.context_id)
            response = self._response(request, waiting_for)
        return self.answer(self.assoc._check_received_status(response), waiting_for)

    def query(
        self,
        request: Any,
        context: Any,
        asked: Dataset,
        brief: Mapping[int, str] | None = None,
        *,
        counts: bool = True,
    ) -> Iterator[tuple[Dataset, Any]]:
        """Send a C-FIND, C-MOVE or C-GET with its identifier, and go through the responses.

        Parameters
        ----------
        request
            pynetdicom's primitive, without Message ID and identifier.
        context
            The presentation context to use.
        asked
            The identifier.
        brief
            Of the identifiers that come, these alone are wanted: tag → keyword of values of one
            word.
        counts
            Whether the numbers of sub-operations in pending responses are wanted (PS3.7 9.1.3.1);
            without them, one status stands for all pending ones.

        Yields
        ------
        status, identifier
            The second is a data set or `None`; with `brief` a dictionary, keyword → value. The last
            status is not Pending.

        Raises
        ------
        AssociationError
            The association was lost before the final response.
        DataError
            The identifier of a response cannot be read.
        UsageError
            The identifier cannot be encoded.
        """
        name = type(request).__name__.replace("_", "-") + "-RSP"
        syntax = context.transfer_syntax[0]
        encoding = (syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated)
        data = encode(asked, *encoding)
        if data is None:
            raise UsageError(
                "the identifier cannot be encoded",
                remedy="Print it; a value that does not fit its VR is the usual reason.",
            )
        request.MessageID, request.Priority = self.next_id(), 0  # medium
        request.Identifier = BytesIO(data)
        with self._held(name):
            self.assoc.dimse.send_msg(request, context.context_id)
            pending, usual = True, None
            while pending:
                response = self._response(request, name)
                plain = _only_pending(response, counts)
                if usual is not None and plain:
                    status = usual
                else:
                    status = self.answer(self.assoc._check_received_status(response), name)
                    usual = status if plain else usual
                pending = plain or status.Status in (0xFF00, 0xFF01)
                if brief is None:
                    yield status, _decoded(response.Identifier, encoding, name)
                else:
                    yield status, _in_brief(response.Identifier, encoding, name, brief)

    def cancel(self, request: Any, context: Any) -> None:
        """Ask the peer to stop a `query` (PS3.7 9.3.2.3); it goes on until the peer has."""
        self.assoc.send_c_cancel(request.MessageID, context.context_id)

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

    @contextmanager
    def _held(self, waiting_for: str) -> Iterator[None]:
        """Hold the association's own reactor, or it might take the response (see reactor.py)."""
        if not self.assoc.is_established:
            raise self.failure(waiting_for)
        self.assoc._reactor_checkpoint.clear()
        while not self.assoc._is_paused:
            time.sleep(0.0001)
        try:
            yield
        finally:
            self.assoc._reactor_checkpoint.set()

    def _response(self, request: Any, waiting_for: str) -> Any:
        """Wait for the next response to `request`, storing what a C-GET sends in between."""
        while True:
            _, message = self.assoc.dimse.get_msg(block=True)
            if isinstance(message, C_STORE) and message.is_valid_request:
                take_object(self.assoc, message)  # a sub-operation, PS3.4 C.4.3
                continue
            if (
                message is None
                or type(message) is not type(request)
                or message.MessageIDBeingRespondedTo != request.MessageID
            ):
                raise self.failure(waiting_for)
            return message


def _only_pending(response: Any, counts: bool) -> bool:
    """Whether a response says Pending, and no more that is wanted, as one of many matches does."""
    if response.Status != 0xFF00 or not response.is_valid_response:
        return False
    told = response.STATUS_OPTIONAL_KEYWORDS
    if not counts:
        told = [keyword for keyword in told if not keyword.endswith("Suboperations")]
    return all(getattr(response, keyword, None) is None for keyword in told)


def _in_brief(
    raw: BytesIO | None, encoding: tuple[bool, bool, bool], name: str, wanted: Mapping[int, str]
) -> dict[str, str] | None:
    data = raw.getvalue() if raw else b""
    if not data:
        return None
    implicit, little, deflated = encoding
    if little and not deflated:
        with suppress(NotPlain):
            return texts(data, wanted, implicit=implicit)
    ds = _decoded(raw, encoding, name) or Dataset()
    return {keyword: str(ds.get(keyword) or "").strip() for keyword in wanted.values()}


def _decoded(raw: BytesIO | None, encoding: tuple[bool, bool, bool], name: str) -> Dataset | None:
    if not raw or not raw.getvalue():
        return None
    try:
        ds: Dataset = decode(raw, *encoding)
        list(ds)  # pydicom reads a value when it is looked at
    except UNREADABLE as error:
        raise DataError(
            f"the identifier of a {name} cannot be read: {error}",
            remedy="The peer encodes it otherwise than agreed; look at its bytes in the trace.",
        ) from error
    return ds
