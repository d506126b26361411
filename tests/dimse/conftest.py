"""A small archive on our own AE, to call: enough of each service to see both sides of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import (
    AllStoragePresentationContexts,
    StoragePresentationContexts,
    build_context,
    build_role,
    evt,
)
from pynetdicom.sop_class import (
    ModalityPerformedProcedureStep,
    ModalityWorklistInformationFind,
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from labkit.dimse import AssociationTrace, Peer, TraceRecorder, new_ae


@dataclass
class Scp:
    """What the small archive holds, answers and saw; tests change it as they go."""

    peer: Peer
    ae: Any
    objects: dict[str, Dataset] = field(default_factory=dict)
    stored: list[tuple[str, bytes]] = field(default_factory=list)
    traces: list[AssociationTrace] = field(default_factory=list)
    asked: list[Dataset] = field(default_factory=list)
    find_status: int | Dataset = 0x0000
    store_status: int = 0x0000
    destinations: dict[str, Peer] = field(default_factory=dict)
    steps: dict[str, Dataset] = field(default_factory=dict)
    action_status: int = 0x0000
    report_to: Peer | str = "same"  # or "none", or where to open a new association to


QUERY = [
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelMove,
    StudyRootQueryRetrieveInformationModelGet,
    ModalityWorklistInformationFind,
    ModalityPerformedProcedureStep,
    StorageCommitmentPushModel,
    Verification,
]


def matches(scp: Scp, asked: Dataset) -> list[Dataset]:
    """Match on UIDs only, which is all these tests ask."""
    keys = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    wanted = [k for k in keys if asked.get(k)]
    return [ds for ds in scp.objects.values() if all(ds[k].value == asked[k].value for k in wanted)]


def report(scp: Scp, assoc: Any, asked: Dataset) -> None:
    """Commit what is held, and say so (PS3.4 J.3.3)."""
    held = [i for i in asked.ReferencedSOPSequence if i.ReferencedSOPInstanceUID in scp.objects]
    missing = [i for i in asked.ReferencedSOPSequence if i not in held]
    answer = Dataset()
    answer.TransactionUID = asked.TransactionUID
    answer.ReferencedSOPSequence = held
    for item in missing:
        item.FailureReason = 0x0112
    if missing:
        answer.FailedSOPSequence = missing
    kind = 2 if missing else 1
    push = (StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
    if scp.report_to == "same":
        assoc.send_n_event_report(answer, kind, *push)
    elif isinstance(scp.report_to, Peer):
        role = build_role(StorageCommitmentPushModel, scp_role=True)
        new = scp.ae.associate(
            scp.report_to.host,
            scp.report_to.port,
            [build_context(StorageCommitmentPushModel)],
            ae_title=scp.report_to.ae_title,
            ext_neg=[role],
        )
        new.send_n_event_report(answer, kind, *push)
        new.release()


@pytest.fixture
def scp() -> Iterator[Scp]:
    ae = new_ae("ARCHIVE", timeout=5, check_called=True)
    ae.requested_contexts = StoragePresentationContexts[:64]
    for uid in QUERY:
        ae.add_supported_context(uid)
    for context in AllStoragePresentationContexts:
        ae.add_supported_context(
            context.abstract_syntax,
            [ExplicitVRLittleEndian, ImplicitVRLittleEndian],
            scu_role=True,
            scp_role=True,
        )
    ds = dcmread(get_testdata_file("CT_small.dcm"))
    archive = Scp(Peer("ARCHIVE", "127.0.0.1", 1), ae, {str(ds.SOPInstanceUID): ds})

    def on_store(event: Any) -> int:
        archive.stored.append((event.request.AffectedSOPInstanceUID, event.encoded_dataset(False)))
        return archive.store_status

    def on_find(event: Any) -> Any:
        archive.asked.append(event.identifier)
        for match in matches(archive, event.identifier):
            if event.is_cancelled:
                yield 0xFE00, None
                return
            answer = Dataset()
            for element in event.identifier:
                if element.tag in match:
                    answer[element.tag] = match[element.tag]
            answer.QueryRetrieveLevel = event.identifier.get("QueryRetrieveLevel", "")
            yield 0xFF00, answer
        yield archive.find_status, None

    def on_move(event: Any) -> Any:
        target = archive.destinations.get(event.move_destination)
        if target is None:
            yield None, None
            return
        found = matches(archive, event.identifier)
        yield target.host, target.port, {"ae_title": event.move_destination}
        yield len(found)
        for match in found:
            yield 0xFF00, match

    def on_get(event: Any) -> Any:
        found = matches(archive, event.identifier)
        yield len(found)
        for match in found:
            yield 0xFF00, match

    def on_create(event: Any) -> Any:
        step = event.attribute_list
        if step.get("PerformedProcedureStepStatus") != "IN PROGRESS":
            return 0x0106, None
        archive.steps[event.request.AffectedSOPInstanceUID] = step
        return 0x0000, step

    def on_set(event: Any) -> Any:
        step = archive.steps.get(event.request.RequestedSOPInstanceUID)
        if step is None:
            return 0x0112, None
        step.update(event.modification_list)
        return 0x0000, step

    def on_action(event: Any) -> Any:
        threading.Thread(
            target=report, args=(archive, event.assoc, event.action_information)
        ).start()
        return archive.action_status, None

    server = ae.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[
            *TraceRecorder(archive.traces.append).handlers,
            (evt.EVT_C_STORE, on_store),
            (evt.EVT_C_FIND, on_find),
            (evt.EVT_C_MOVE, on_move),
            (evt.EVT_C_GET, on_get),
            (evt.EVT_N_CREATE, on_create),
            (evt.EVT_N_SET, on_set),
            (evt.EVT_N_ACTION, on_action),
        ],
    )
    archive.peer = Peer("ARCHIVE", "127.0.0.1", server.server_address[1])
    yield archive
    ae.shutdown()


@pytest.fixture
def ct() -> Dataset:
    return dcmread(get_testdata_file("CT_small.dcm"))
