"""The DIMSE messages of a trace, put together from their fragments (PS3.7 6.3, PS3.8 E)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.uid import UID, ImplicitVRLittleEndian
from pynetdicom.dsutils import decode

from labkit.common.cite import Citation
from labkit.dimse.command_set import MESSAGES, NO_DATA_SET, message_section, service_of
from labkit.dimse.negotiation import ProposedContext, decode_negotiation
from labkit.dimse.outgoing import UNREADABLE
from labkit.dimse.status import Status
from labkit.dimse.trace import AssociationTrace, TracedPdu


@dataclass
class DimseMessage:
    """One DIMSE message as it went over the wire.

    Attributes
    ----------
    sender
        ``"requestor"`` or ``"acceptor"``.
    at, ended
        Seconds since the trace started: its first and its last PDU.
    context
        The presentation context it was sent in; `None` if the trace does not have it.
    command
        Group 0000.
    data
        The encoded data set as far as the trace kept it.
    data_length
        Bytes of the data set that went over the wire, as far as the trace tells.
    pdus
        Indices of its PDUs in ``trace.pdus``.
    problems
        What is wrong with it, or missing from the trace.
    """

    sender: str
    at: float
    context_id: int
    context: ProposedContext | None = None
    command: Dataset = field(default_factory=Dataset)
    data: bytes = b""
    data_length: int = 0
    pdus: list[int] = field(default_factory=list)
    ended: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """``"C-STORE-RQ"`` …, by Command Field (0000,0100)."""
        code = self.command.get("CommandField")
        if not isinstance(code, int):  # none, or one that is spoilt
            return "unknown message"
        return MESSAGES.get(code, f"command {code:04X}H")

    @property
    def section(self) -> Citation:
        """Where PS3.7 defines it."""
        return message_section(self.name)

    @property
    def status(self) -> Status | None:
        """The status, of a response."""
        if self.command.get("Status") is None:
            return None
        syntax = self.context.abstract_syntax if self.context else ""
        return Status.of(self.command, service_of(self.name, syntax))

    @property
    def message_id(self) -> int | None:
        """Message ID (0000,0110), or the one being responded to (0000,0120)."""
        value = self.command.get("MessageIDBeingRespondedTo", self.command.get("MessageID"))
        return None if value is None else int(value)

    @property
    def sop_class(self) -> str:
        """The affected or requested SOP Class UID, or empty."""
        ds = self.command
        return str(ds.get("AffectedSOPClassUID") or ds.get("RequestedSOPClassUID") or "")

    @property
    def data_set(self) -> Dataset | None:
        """The data set; `None` if there is none, or if the trace did not keep all of it."""
        if not self.data or len(self.data) < self.data_length:
            return None
        syntax = UID(
            self.context.accepted_transfer_syntax if self.context else ImplicitVRLittleEndian
        )
        try:
            ds: Dataset = decode(
                BytesIO(self.data),
                syntax.is_implicit_VR,
                syntax.is_little_endian,
                syntax.is_deflated,
            )
            list(ds)  # pydicom reads values when they are looked at
        except UNREADABLE:
            return None
        return ds

    def __repr__(self) -> str:
        status = f" {self.status}" if self.status is not None else ""
        return f"<{self.name}{status}>"


def decode_messages(trace: AssociationTrace) -> list[DimseMessage]:
    """Put the DIMSE messages of an association together.

    Parameters
    ----------
    trace
        From either end, whole or not.

    Returns
    -------
    list of DimseMessage
        In the order in which they began. What is broken or missing is in their `problems`.
    """
    contexts = {context.id: context for context in decode_negotiation(trace).contexts}
    messages: list[DimseMessage] = []
    open_: dict[str, _Open] = {}
    for index, pdu in enumerate(trace.pdus):
        for context_id, header, fragment, length in _values(pdu):
            current = open_.get(pdu.sender)
            if current is None:
                message = DimseMessage(pdu.sender, pdu.at, context_id, contexts.get(context_id))
                current = open_[pdu.sender] = _Open(message)
                messages.append(message)
            if current.add(index, pdu, header, fragment, length):
                del open_[pdu.sender]
    for current in open_.values():
        current.message.problems.append("its last fragment is not in the trace")
    return messages


class _Open:
    """A message whose last fragment has not been seen."""

    def __init__(self, message: DimseMessage) -> None:
        self.message = message
        self.command = b""
        self.has_command = False

    def add(self, index: int, pdu: TracedPdu, header: int, fragment: bytes, length: int) -> bool:
        """Add a fragment; whether the message is complete with it."""
        message = self.message
        if index not in message.pdus:
            message.pdus.append(index)
        message.ended = pdu.at
        last = bool(header & 2)
        if header & 1:
            self.command += fragment
            return last and self._read_command()
        if not self.has_command and not message.problems:
            message.problems.append("a data set fragment came before any command (PS3.8 E.2)")
        if message.data_length == len(message.data):  # nothing missing so far
            message.data += fragment
        message.data_length += length
        return last

    def _read_command(self) -> bool:
        """Decode the command set; whether no data set follows."""
        self.has_command = True
        try:
            ds = decode(BytesIO(self.command), True, True).group_dataset(0)
            self.message.command = Dataset({element.tag: element for element in ds})
        except UNREADABLE as error:
            self.message.problems.append(f"its command set cannot be read: {error}")
            return True
        if "CommandField" not in self.message.command:
            self.message.problems.append("its command set has no Command Field (PS3.7 E.1)")
        return bool(self.message.command.get("CommandDataSetType", NO_DATA_SET) == NO_DATA_SET)


def _values(pdu: TracedPdu) -> Iterator[tuple[int, int, bytes, int]]:
    """Give context ID, header, fragment and its whole length of each PDV, as far as kept."""
    data = pdu.data
    if data[:1] != b"\x04":
        return
    at = 6
    while at + 6 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length < 2 or at + 4 + length > pdu.length:
            return  # decode_pdu says what is wrong
        yield data[at + 4], data[at + 5], data[at + 6 : at + 4 + length], length - 2
        at += 4 + length
