"""What a node refuses, with which status, and what it says about it."""

import errno
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pynetdicom import build_context, build_role, evt
from pynetdicom.dimse_primitives import C_ECHO, C_GET, C_STORE

from labkit.common.errors import NoPresentationContext
from labkit.dimse import associate, find, get, identifier, store
from labkit.pacs import Service, objects
from labkit.pacs.part10 import read_object
from tests.pacs.conftest import Running, Start, real

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
GET = "1.2.840.10008.5.1.4.1.2.2.3"


def answer_to(node: Running, data: bytes, *, sop_class: str = CT, uid: str = "1.2.3") -> int:
    """Send bytes as a C-STORE; the status."""
    request = C_STORE()
    request.MessageID, request.Priority = 1, 0
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = sop_class, uid
    request.DataSet = BytesIO(data)
    with associate(node.peer, [build_context(sop_class, EXPLICIT)]) as link:
        (context,) = link.assoc.accepted_contexts
        return int(link.exchange(request, context, "C-STORE-RSP").Status)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_or_read_only_disk_is_a700(
    archive_node: Running, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(path: Path, parts: object) -> int:
        path.write_bytes(b"half of i")
        raise OSError(number, "the disk says no")

    monkeypatch.setattr(objects, "write_synced", fail)
    sent = store(archive_node.peer, real("CT_small.dcm"))
    assert sent.failed[0].status.code == 0xA700  # type: ignore[union-attr]
    assert archive_node.logged("C-STORE refused (A700)", "cannot be written: the disk says no")
    monkeypatch.undo()
    assert list(archive_node.archive.objects.root.glob("*/*")) == []
    assert store(archive_node.peer, real("CT_small.dcm")).stored


def test_an_object_that_cannot_be_understood_is_c000(archive_node: Running) -> None:
    assert answer_to(archive_node, b"no data set, just text") == 0xC000
    assert archive_node.logged("C-STORE refused (C000)", "[1.2.3]")


def test_message_and_data_set_have_to_agree_a900(archive_node: Running) -> None:
    ds = dcmread(real("CT_small.dcm")[0])
    _, data = read_object(real("CT_small.dcm")[0])
    assert answer_to(archive_node, data, uid="1.2.3") == 0xA900
    mr = "1.2.840.10008.5.1.4.1.1.4"
    assert answer_to(archive_node, data, sop_class=mr, uid=ds.SOPInstanceUID) == 0xA900
    assert archive_node.logged("the message says SOPClassUID")
    assert answer_to(archive_node, data, uid=ds.SOPInstanceUID) == 0x0000


def test_another_object_under_the_same_uid_is_0111(archive_node: Running) -> None:
    ds = dcmread(real("CT_small.dcm")[0])
    assert store(archive_node.peer, ds).stored
    ds.PatientName = "Somebody^Else"
    sent = store(archive_node.peer, ds)
    assert sent.failed[0].status.code == 0x0111  # type: ignore[union-attr]
    assert archive_node.logged("C-STORE refused (0111)", "is held, and kept")


def test_a_transfer_syntax_that_is_not_taken_is_result_4(start: Start) -> None:
    node = start(accepted_transfer_syntaxes=frozenset({"1.2.840.10008.1.2"}))
    with associate(node.peer, [build_context(CT, EXPLICIT), build_context(FIND)]) as link:
        (rejected,) = link.assoc.rejected_contexts
    assert rejected.result == 4
    assert node.logged("refused (result 4)", "CT Image Storage", "none of its transfer syntaxes")


def test_a_service_that_is_not_offered_is_result_3(start: Start) -> None:
    node = start(services=frozenset({Service.ECHO}))
    contexts = [build_context("1.2.840.10008.1.1"), build_context(CT)]
    with associate(node.peer, contexts) as link:
        (rejected,) = link.assoc.rejected_contexts
    assert rejected.result == 3
    assert node.logged("refused (result 3)", "I do not offer this SOP class")


def test_a_private_storage_class_where_it_is_allowed(start: Start) -> None:
    ds = dcmread(real("CT_small.dcm")[0])
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.3.4.5"
    with pytest.raises(NoPresentationContext):
        store(start().peer, ds)
    node = start("OPEN", unknown_sop_classes=True)
    assert store(node.peer, ds).stored
    assert get(
        node.peer, identifier("STUDY", StudyInstanceUID=ds.StudyInstanceUID),
        storage_classes=["1.2.3.4.5"],
    ).completed == 1  # fmt: skip


def test_a_message_that_is_none_of_the_class_is_0122(archive_node: Running) -> None:
    request = C_ECHO()
    request.MessageID, request.AffectedSOPClassUID = 1, "1.2.840.10008.1.1"
    with associate(archive_node.peer, [build_context(FIND)]) as link:
        (context,) = link.assoc.accepted_contexts
        assert link.exchange(request, context, "C-ECHO-RSP").Status == 0x0122
    assert archive_node.logged("C-ECHO refused (0122)")


def test_what_goes_wrong_inside_is_0110_and_the_node_goes_on(
    archive_node: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(archive_node.archive.index, "reader", broken)
    asked = identifier("STUDY", StudyInstanceUID=None)
    assert find(archive_node.peer, asked).status.code == 0x0110
    assert archive_node.logged("ERROR", "C-FIND failed (0110): RuntimeError: a bug")
    monkeypatch.undo()
    assert find(archive_node.peer, asked).status.code == 0


def test_a_retrieval_that_cannot_be_read_is_c000(archive_node: Running) -> None:
    request = C_GET()
    request.MessageID, request.AffectedSOPClassUID, request.Priority = 1, GET, 0
    request.Identifier = BytesIO(b"\x08\x00")
    with associate(archive_node.peer, [build_context(GET)]) as link:
        (context,) = link.assoc.accepted_contexts
        assert link.exchange(request, context, "C-GET-RSP").Status in (0xA900, 0xC000)
    assert archive_node.logged("C-GET failed")


def test_a_receiver_that_refuses_is_counted(archive_node: Running) -> None:
    store(archive_node.peer, real("CT_small.dcm"))
    study = dcmread(real("CT_small.dcm")[0]).StudyInstanceUID
    contexts = [build_context(GET), build_context(CT, EXPLICIT)]
    for status, final in ((0xA700, 0xA702), (0xB000, 0xB000)):
        handlers = [(evt.EVT_C_STORE, lambda _, answer=status: answer)]
        roles = [build_role(CT, scp_role=True)]
        with associate(archive_node.peer, contexts, handlers=handlers, negotiation=roles) as link:
            *_, (answer, _) = link.assoc.send_c_get(
                identifier("STUDY", StudyInstanceUID=study), GET
            )
        assert answer.Status == final
        assert archive_node.logged(f"the peer answered {status:04X} to the C-STORE")


def test_an_object_whose_file_is_gone_fails_alone(archive_node: Running) -> None:
    store(archive_node.peer, real("CT_small.dcm"))
    (held,) = archive_node.archive.stored()
    held.path.unlink()
    got = get(
        archive_node.peer, identifier("STUDY", StudyInstanceUID=held.entry.study_instance_uid)
    )
    assert (got.status.code, got.failed) == (0xA702, 1)
    asked = identifier(
        "STUDY", StudyInstanceUID=held.entry.study_instance_uid, PatientComments=None
    )
    (match,) = find(archive_node.peer, asked)
    assert match["PatientComments"].is_empty
