"""C-STORE: what arrives, what does not, and that the two are never mixed up."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, generate_uid
from pynetdicom import evt

from labkit.common.errors import AssociationError, AssociationRejected, DimseError, UsageError
from labkit.dimse import Peer, decode_negotiation, new_ae, store
from labkit.dimse.outgoing import gather
from labkit.dimse.store import _batches, _proposals
from tests.dimse.wire import answering, between


def made(uid: str, **attributes: str) -> Dataset:
    ds = dcmread(get_testdata_file("CT_small.dcm"), stop_before_pixels=True)
    ds.SOPInstanceUID = uid
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def is_store_rsp(pdu: bytes) -> bool:
    return pdu[0] == 4 and b"\x00\x00\x00\x01\x02\x00\x00\x00\x01\x80" in pdu


def test_each_kind_of_source(scp, tmp_path: Path) -> None:
    path = Path(get_testdata_file("MR_small.dcm"))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.dcm").write_bytes(path.read_bytes())
    (tmp_path / ".hidden").write_bytes(b"x")
    (tmp_path / "DICOMDIR").write_bytes(b"x")
    ds = dcmread(path)
    result = store(
        scp.peer, [ds, path, str(path), path.read_bytes(), tmp_path, (p for p in [path])]
    )
    assert len(result.stored) == 6
    assert repr(result) == "<StoreResult: 6 stored, 0 failed>"
    assert {item.status.code for item in result.items} == {0}
    result.raise_for_status()


def test_files_go_byte_for_byte_in_their_own_transfer_syntax(scp) -> None:
    path = Path(get_testdata_file("MR_small.dcm"))  # Explicit VR Little Endian
    store(scp.peer, [path, path.read_bytes()])
    assert scp.stored[0][1] == scp.stored[1][1] == path.read_bytes()[-len(scp.stored[0][1]) :]
    implicit = Path(get_testdata_file("MR_small_implicit.dcm"))
    store(scp.peer, implicit)
    assert implicit.read_bytes().endswith(scp.stored[2][1])


def test_a_deflated_data_set_of_odd_length_is_padded() -> None:
    data = []

    def on_store(event: evt.Event) -> int:
        data.append(event.request.DataSet.getvalue())
        return 0x0000

    ae = new_ae("ARCHIVE", timeout=5)
    path = get_testdata_file("image_dfl.dcm")
    ds = dcmread(path)
    ae.add_supported_context(ds.SOPClassUID, ds.file_meta.TransferSyntaxUID)
    server = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, on_store)]
    )
    try:
        assert store(Peer("ARCHIVE", "127.0.0.1", server.server_address[1]), path).stored
    finally:
        ae.shutdown()
    assert len(data[0]) % 2 == 0
    assert Path(path).read_bytes().endswith(data[0][:-1])


def test_what_cannot_be_sent_is_reported_and_the_rest_goes_on(scp, tmp_path: Path) -> None:
    good = made("1.2.3")
    empty = tmp_path / "empty.dcm"
    empty.write_bytes(b"")
    part = tmp_path / "part.dcm"
    part.write_bytes(Path(get_testdata_file("CT_small.dcm")).read_bytes()[:140])
    no_uid = made("1.2.4")
    del no_uid.SOPInstanceUID
    bad_uid = made("1.2.5", SOPClassUID="CT")
    wrong = made("1.2.6")
    wrong.add_new("Rows", "US", "many")
    j2k = get_testdata_file("JPEG2000.dcm")
    result = store(
        scp.peer, [empty, part, tmp_path / "none.dcm", no_uid, bad_uid, wrong, j2k, b"??", good]
    )
    problems = [item.problem for item in result.items]
    assert [item.SOPInstanceUID for item in result.stored] == ["1.2.3"]
    for problem, words in zip(
        problems,
        ["", "", "no such file", "no SOP Instance UID", "not a UID", "cannot be encoded",
         "in JPEG 2000 Image Compression (result 4: transfer syntax(es) not supported)",
         "not a DICOM file"],
        strict=False,
    ):  # fmt: skip
        assert words in problem
        assert problem
    assert "8 failed" in repr(result)
    with pytest.raises(DimseError, match="8 of 9 objects were not stored"):
        result.raise_for_status()


def test_all_of_pydicoms_files_never_raise(scp) -> None:
    files = sorted(Path(get_testdata_file("CT_small.dcm")).parent.glob("*.dcm"))
    result = store(scp.peer, files)
    assert len(result.items) == len(files)
    assert len(result.stored) == len(scp.stored) > 20  # it takes no compressed ones


def test_a_failure_status_does_not_raise(scp) -> None:
    scp.store_status = 0xA700
    result = store(scp.peer, made("1.2.3"))
    assert str(result.failed[0]) == "1.2.3: 0xA700 Refused: Out of Resources"
    with pytest.raises(DimseError) as caught:
        result.raise_for_status()
    assert caught.value.status == 0xA700
    scp.store_status = 0xB007
    assert store(scp.peer, made("1.2.3")).stored[0].status.category == "Warning"


def test_implicit_is_proposed_beside_the_uncompressed(scp) -> None:
    result = store(scp.peer, [made("1.2.3"), get_testdata_file("JPEG2000.dcm")])
    contexts = decode_negotiation(result.trace).contexts
    assert [cx.transfer_syntaxes for cx in contexts] == [
        ["1.2.840.10008.1.2.1"], ["1.2.840.10008.1.2.4.91"], ["1.2.840.10008.1.2"],
    ]  # fmt: skip


def test_re_encoded_where_only_implicit_is_taken() -> None:
    got = []
    ae = new_ae("ARCHIVE")
    ae.add_supported_context("1.2.840.10008.5.1.4.1.1.2", ImplicitVRLittleEndian)
    server = ae.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[(evt.EVT_C_STORE, lambda e: got.append(e.dataset) or 0)],
    )
    peer = Peer("ARCHIVE", "127.0.0.1", server.server_address[1])
    big = made("1.2.7")
    big.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    big.set_original_encoding(False, False)
    result = store(peer, [get_testdata_file("CT_small.dcm"), made("1.2.3"), big])
    ae.shutdown()
    assert [item.stored for item in result.items] == [True, True, False], result
    assert "Explicit VR Big Endian" in result.failed[0].problem
    assert got[0] == dcmread(get_testdata_file("CT_small.dcm"))


def test_more_than_128_contexts_take_more_associations(scp) -> None:
    def item(i: int) -> Dataset:
        return made(f"1.2.{i}", SOPClassUID=f"1.2.840.10008.5.1.4.1.1.{9000 + i}")

    items = list(gather([item(i) for i in range(130)]))
    batches = list(_batches(items))
    assert [len(batch) for batch in batches] == [64, 64, 2]
    assert all(len(_proposals(batch)) <= 128 for batch in batches)
    result = store(scp.peer, [made("1.2.3"), *(item(i) for i in range(64)), made("1.2.4")])
    assert len(result.traces) == 2
    assert [i.SOPInstanceUID for i in result.stored] == ["1.2.3", "1.2.4"]


def test_a_lost_response_is_made_up_for_and_never_counted(scp) -> None:
    """The peer stores the third object, and its answer is lost with the connection."""
    answers = []

    def lose_third(pdu: bytes) -> bytes | None:
        answers.append(is_store_rsp(pdu))
        return None if answers[-1] and answers.count(True) == 3 else pdu

    with between(scp.peer, lose_third) as wire:
        result = store(wire.peer, [made(f"1.2.{i}") for i in range(6)], timeout=5)
    assert len(result.stored) == 6
    assert [item.attempts for item in result.items] == [1, 1, 2, 1, 1, 1]
    assert [trace.end for trace in result.traces] == ["lost", "released"]
    assert [uid for uid, _ in scp.stored] == [f"1.2.{i}" for i in (0, 1, 2, 2, 3, 4, 5)]


def test_an_object_that_is_always_lost_fails_and_the_rest_goes_on(scp) -> None:
    def lose(pdu: bytes) -> bytes | None:
        return None if is_store_rsp(pdu) and b"1.2.666" in pdu else pdu

    with between(scp.peer, lose) as wire:
        result = store(wire.peer, [made("1.2.1"), made("1.2.666"), made("1.2.3")], timeout=5)
    assert [item.stored for item in result.items] == [True, False, True]
    assert result.failed[0].attempts == 2
    assert "not acknowledged: ARCHIVE closed the connection" in result.failed[0].problem


def test_a_mute_peer_is_given_up(scp) -> None:
    with between(scp.peer, lambda pdu: None if is_store_rsp(pdu) else pdu) as wire:
        result = store(wire.peer, [made(f"1.2.{i}") for i in range(50)], timeout=5)
    assert wire.connections == 3
    assert len(result.failed) == 50
    assert result.items[-1].attempts == 0
    assert result.items[-1].problem.startswith("not sent: ")


def test_a_peer_that_goes_away_for_good(scp) -> None:
    def lose_second(pdu: bytes) -> bytes | None:
        if is_store_rsp(pdu) and len(scp.stored) == 2:
            wire.close()
            return None
        return pdu

    with between(scp.peer, lose_second) as wire:
        result = store(wire.peer, [made(f"1.2.{i}") for i in range(4)], timeout=5)
    assert [item.stored for item in result.items] == [True, False, False, False]
    assert "nothing listens" in result.failed[0].problem


def test_an_answer_to_something_else_counts_for_nothing(scp) -> None:
    """The answer says that it responds to message 99."""
    tag = b"\x00\x00\x20\x01\x02\x00\x00\x00"

    def twist(pdu: bytes) -> bytes:
        return pdu.replace(tag + b"\x01\x00", tag + b"\x63\x00") if is_store_rsp(pdu) else pdu

    with between(scp.peer, twist) as wire:
        result = store(wire.peer, made("1.2.3"), timeout=2)
    assert len(scp.stored) == 2
    assert not result.stored
    assert result.failed[0].attempts == 2


def test_no_association_at_all_raises(scp) -> None:
    with pytest.raises(AssociationRejected):
        store(Peer("WRONG", scp.peer.host, scp.peer.port), made("1.2.3"))
    with answering(b"") as mute, pytest.raises(AssociationError):
        store(mute.peer, made("1.2.3"), timeout=0.3)


@pytest.mark.parametrize("nothing", [[], 7, None])
def test_nothing_to_send(scp, nothing) -> None:
    with pytest.raises(UsageError):
        store(scp.peer, nothing)


def test_a_folder_without_files(scp, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to send"):
        store(scp.peer, tmp_path)


def test_a_data_set_made_in_memory(scp) -> None:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", generate_uid()
    ds.PatientName = "Müller^Jörg"
    ds.SpecificCharacterSet = "ISO_IR 192"
    assert store(scp.peer, ds).stored
    buffer = BytesIO(scp.stored[0][1])
    assert "Müller".encode() in buffer.getvalue()
