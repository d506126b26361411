"""DIMSE over TCP: the verbs of an SCU, a small receiver, and what goes over the wire.

::

    archive = Peer("ARCHIVE", "127.0.0.1", 11112)
    echo(archive).status                                      # 0x0000 Success
    store(archive, "a/folder")
    find(archive, identifier("STUDY", PatientName="*", StudyInstanceUID=None))
    move(archive, identifier("STUDY", StudyInstanceUID="1.2.3"), "WORKSTN")
"""

from labkit.dimse.association import associate
from labkit.dimse.commands import command_lines
from labkit.dimse.commitment import CommitmentResult, request_commitment
from labkit.dimse.echo import EchoResult, echo
from labkit.dimse.entity import new_ae
from labkit.dimse.find import FindResult, find, worklist
from labkit.dimse.identifier import identifier
from labkit.dimse.link import Link
from labkit.dimse.messages import DimseMessage, decode_messages
from labkit.dimse.negotiation import Negotiation, ProposedContext, decode_negotiation
from labkit.dimse.pdu import DecodedPdu, decode_pdu
from labkit.dimse.peer import Peer
from labkit.dimse.procedure_step import MppsResult, mpps_create, mpps_set
from labkit.dimse.reader import Field
from labkit.dimse.receiver import Receiver
from labkit.dimse.recorder import TraceRecorder
from labkit.dimse.retrieve import GetResult, MoveResult, get, move
from labkit.dimse.status import Status
from labkit.dimse.store import SentItem, StoreResult, store
from labkit.dimse.tls import Authority, Credential, client_context, server_context
from labkit.dimse.tools import Transcript, find_dcmtk, run_tool
from labkit.dimse.trace import AssociationTrace, Endpoint, TracedPdu

__all__ = [
    "AssociationTrace",
    "Authority",
    "CommitmentResult",
    "Credential",
    "DecodedPdu",
    "DimseMessage",
    "EchoResult",
    "Endpoint",
    "Field",
    "FindResult",
    "GetResult",
    "Link",
    "MoveResult",
    "MppsResult",
    "Negotiation",
    "Peer",
    "ProposedContext",
    "Receiver",
    "SentItem",
    "Status",
    "StoreResult",
    "TraceRecorder",
    "TracedPdu",
    "Transcript",
    "associate",
    "client_context",
    "command_lines",
    "decode_messages",
    "decode_negotiation",
    "decode_pdu",
    "echo",
    "find",
    "find_dcmtk",
    "get",
    "identifier",
    "move",
    "mpps_create",
    "mpps_set",
    "new_ae",
    "request_commitment",
    "run_tool",
    "server_context",
    "store",
    "worklist",
]
