"""One DIMSE request being answered: what every service class provider works with."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import dcmread, read_dataset
from pydicom.filewriter import write_dataset
from pynetdicom.pdu_primitives import A_ABORT, A_P_ABORT

from labkit.common.access import AccessPolicy, AccessRequest, Decision, decide
from labkit.common.errors import DataError
from labkit.dimse import Peer
from labkit.dimse.codec import put_uid
from labkit.pacs.archive import Archive, ObjectSink
from labkit.pacs.config import NodeConfig
from labkit.pacs.header import Encoding, encoding_of
from labkit.pacs.log import EventLog
from labkit.pacs.mpps import MppsStore
from labkit.pacs.part10 import file_meta
from labkit.pacs.worklist import Worklist

SUCCESS = 0x0000
PENDING = 0xFF00
PENDING_WITH_WARNING = 0xFF01
CANCEL = 0xFE00
PROCESSING_FAILURE = 0x0110
NOT_AUTHORISED = 0x0124
SOP_CLASS_NOT_SUPPORTED = 0x0122
_AHEAD = 500  # PDUs that may wait to be sent
_COMMENT = 64  # Error Comment (0000,0902) is LO: 64 characters


@dataclass
class Surroundings:
    """What a node gives its services to work with.

    Attributes
    ----------
    sink
        Where C-STORE puts objects, if not into the archive.
    transactions
        Transaction UIDs of storage commitment seen lately.
    """

    config: NodeConfig
    policy: AccessPolicy
    log: EventLog
    destinations: Mapping[str, Peer]
    archive: Archive | None = None
    sink: ObjectSink | None = None
    worklist: Worklist | None = None
    mpps: MppsStore | None = None
    transactions: deque[str] = field(default_factory=lambda: deque(maxlen=1000))


@dataclass
class Exchange:
    """A request, the association it came on, and the ways to answer.

    Attributes
    ----------
    assoc
        pynetdicom's association.
    number
        Its number in the log.
    request
        pynetdicom's primitive, such as ``C_FIND``.
    context
        The accepted presentation context it came in.
    """

    around: Surroundings
    assoc: Any
    number: int
    request: Any
    context: Any
    answered: bool = field(default=False, init=False)

    @property
    def actor(self) -> str:
        """Calling AE title."""
        return str(self.assoc.requestor.ae_title).strip()

    @property
    def config(self) -> NodeConfig:
        """The node's settings."""
        return self.around.config

    @property
    def archive(self) -> Archive:
        """The node's archive."""
        if self.around.archive is None:
            raise DataError(f"{self.config.name} has no archive")
        return self.around.archive

    @property
    def transfer_syntax(self) -> str:
        """Transfer syntax of the presentation context."""
        return str(self.context.transfer_syntax[0])

    @property
    def encoding(self) -> Encoding:
        """How data sets of this exchange are encoded."""
        return encoding_of(self.transfer_syntax)

    def log(self, level: str, text: str) -> None:
        """Write a line to the node's log."""
        self.around.log.write(level, self.config.name, f"{self.actor}#{self.number}", text)

    def info(self, text: str) -> None:
        """Log what went as it should."""
        self.log("INFO", text)

    def warn(self, text: str) -> None:
        """Log what was refused or went wrong."""
        self.log("WARNING", text)

    def may(self, action: str, resource: Mapping[str, str]) -> Decision:
        """Ask the access policy."""
        question = AccessRequest(self.actor, action, self.config.ae_title, dict(resource))
        return decide(self.around.policy, question)

    def cancelled(self) -> bool:
        """Whether a C-CANCEL has come for this request (PS3.7 9.3.2.3)."""
        return self.assoc.dimse.cancel_req.pop(self.request.MessageID, None) is not None

    @property
    def lost(self) -> bool:
        """Whether the association has ended meanwhile."""
        ended = isinstance(self.assoc.dul.peek_next_pdu(), (A_ABORT, A_P_ABORT))
        return ended or not self.assoc.is_established or not self.assoc.dul.is_alive()

    def await_message(self) -> Any:
        """Wait for a message of the peer; ``None`` if it releases, aborts or stays silent."""
        end = time.monotonic() + self.config.timeout
        dul, messages = self.assoc.dul, self.assoc.dimse.msg_queue
        dul.attend(lambda: bool(messages.queue or dul.to_user_queue.queue), self.config.timeout)
        while time.monotonic() < end and dul.peek_next_pdu() is None:
            try:
                return messages.get(timeout=0.05)[1]
            except queue.Empty:
                continue
        return None

    def decode(self, stream: BytesIO | None) -> Dataset:
        """Decode a data set of the request.

        Raises
        ------
        DataError
            It is missing or damaged.
        """
        raw = stream.getvalue() if stream is not None else b""
        if not raw:
            raise DataError("the request has no data set")
        try:
            encoding = self.encoding
            if encoding.deflated:
                meta = file_meta("", "", self.transfer_syntax)
                ds = Dataset(dcmread(BytesIO(meta + raw)))
            else:  # half the time: there is no File Meta Information to read
                ds = read_dataset(BytesIO(raw), encoding.implicit, encoding.little)
            for _ in ds.iterall():  # pydicom is lazy: have it find what is damaged now
                pass
        except Exception as error:
            raise DataError(f"the data set cannot be decoded ({type(error).__name__})") from error
        return ds

    def encode(self, ds: Dataset) -> bytes:
        """Encode a data set for this exchange."""
        encoding = self.encoding
        file = DicomBytesIO()
        file.is_little_endian, file.is_implicit_VR = encoding.little, encoding.implicit
        write_dataset(file, ds)
        return bytes(file.getvalue())

    def encoded_stream(self, ds: Dataset) -> BytesIO:
        """As `encode`, the way pynetdicom's primitives take it."""
        return BytesIO(self.encode(ds))

    def respond(
        self,
        status: int,
        data: bytes | None = None,
        *,
        comment: str = "",
        offending: list[int] | None = None,
        **fields: Any,
    ) -> None:
        """Send one response.

        Parameters
        ----------
        data
            The encoded identifier or attribute list.
        comment
            For Error Comment (0000,0902); cut to 64 characters.
        offending
            Tags for Offending Element (0000,0901).
        fields
            More attributes of pynetdicom's primitive.
        """
        request = self.request
        response = type(request)()
        response.MessageIDBeingRespondedTo = request.MessageID
        for name in ("SOPClassUID", "SOPInstanceUID"):
            value = getattr(request, f"Affected{name}", None) or getattr(
                request, f"Requested{name}", None
            )
            if value is not None:
                put_uid(response, f"Affected{name}", value)
        response.Status = status
        if comment:
            response.ErrorComment = comment.encode("ascii", "replace").decode()[:_COMMENT]
        if offending:
            response.OffendingElement = offending
        for name, value in fields.items():
            setattr(response, name, value)
        if data:
            setattr(response, _DATA[type(request).__name__], BytesIO(data))
        self.answered = status not in (PENDING, PENDING_WITH_WARNING)
        while self.assoc.dul.to_provider_queue.qsize() > _AHEAD and not self.lost:
            time.sleep(0.001)  # a peer that reads slowly must not fill our memory with answers
        self.assoc.dimse.send_msg(response, self.context.context_id)


_DATA = {
    "C_FIND": "Identifier",
    "C_MOVE": "Identifier",
    "C_GET": "Identifier",
    "N_CREATE": "AttributeList",
    "N_SET": "AttributeList",
    "N_GET": "AttributeList",
    "N_ACTION": "ActionReply",
}
