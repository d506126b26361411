"""Real associations to look at: one that works, one that stores, one that finds no context."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydicom.data import get_testdata_file
from pynetdicom import evt
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind, Verification

from labkit import dimse
from labkit.common.errors import AssociationError
from labkit.dimse import AssociationTrace, Receiver


def conversation() -> list[AssociationTrace]:
    """Echo, store two objects, and ask for a service that is not offered."""
    with Receiver("ARCHIVE") as receiver:
        traces = [dimse.echo(receiver.peer).trace]
        files = [str(get_testdata_file(name)) for name in ("CT_small.dcm", "rtplan.dcm")]
        traces += dimse.store(receiver.peer, files).traces
        try:
            dimse.find(receiver.peer, dimse.identifier("STUDY", PatientID="1"))
        except AssociationError as error:
            assert isinstance(error.trace, AssociationTrace)
            traces.append(error.trace)
    return traces


@contextmanager
def finder() -> Iterator[dimse.Peer]:
    """Run an AE that answers each C-FIND with one match, then with a failure."""
    ae = dimse.new_ae("FINDER")
    ae.add_supported_context(Verification)
    ae.add_supported_context(StudyRootQueryRetrieveInformationModelFind)

    def answer(event: evt.Event) -> Iterator[tuple[int, object]]:
        match = event.identifier
        match.StudyDescription = "<b>Head</b>"
        yield 0xFF00, match
        yield 0xA700, None

    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, answer)])
    try:
        yield dimse.Peer("FINDER", "127.0.0.1", server.socket.getsockname()[1])
    finally:
        server.shutdown()
