from pathlib import Path

import pytest
from pydicom import dcmread

from labkit.common import DENY_ALL
from labkit.common.errors import AssociationRejected, LabError, PortTaken
from labkit.dimse import Peer, echo, find, identifier, store
from labkit.pacs import Archive, NodeConfig, PacsNode
from labkit.pacs.part10 import read_object
from tests.pacs.conftest import Running, Start, real

FILES = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "SC_rgb_rle.dcm", "image_dfl.dcm")


def test_echo(archive_node: Running) -> None:
    assert echo(archive_node.peer).status.code == 0x0000
    assert archive_node.logged("LEARNER#1", "C-ECHO answered")


def test_a_wrong_called_title_is_rejected_and_the_log_says_why(archive_node: Running) -> None:
    with pytest.raises(AssociationRejected) as caught:
        echo(Peer("WRONG", "127.0.0.1", archive_node.peer.port))
    assert (caught.value.result, caught.value.source, caught.value.reason) == (1, 1, 7)
    assert archive_node.logged("WARNING", "called AE title WRONG is not mine (ARCHIVE)")


def test_a_calling_title_that_is_not_listed_is_rejected(start: Start) -> None:
    node = start(accept_calling=frozenset({"CT1"}))
    assert echo(node.peer, ae_title="CT1").status.code == 0
    with pytest.raises(AssociationRejected) as caught:
        echo(node.peer)
    assert caught.value.reason == 3
    assert node.logged("calling AE title LEARNER is not on my list")


@pytest.mark.parametrize("name", FILES)
def test_objects_are_kept_byte_for_byte(archive_node: Running, name: str) -> None:
    (path,) = real(name)
    assert store(archive_node.peer, path).stored
    held = archive_node.archive.get(dcmread(path).SOPInstanceUID)
    assert held is not None
    (sent_meta, sent), (kept_meta, kept) = read_object(path), read_object(held.path)
    # A deflated data set of odd length goes over the wire with a pad (PS3.5 A.5).
    assert kept == sent + b"\x00" * (len(sent) % 2)
    assert kept_meta.transfer_syntax == sent_meta.transfer_syntax
    assert kept_meta.source == "LEARNER"


def test_without_a_policy_everything_is_refused(start: Start) -> None:
    node = start(policy=DENY_ALL)
    assert echo(node.peer).status.code == 0x0124
    sent = store(node.peer, real("CT_small.dcm"))
    assert not sent.stored
    assert sent.failed[0].status.code == 0x0124
    assert find(node.peer, identifier("STUDY", StudyInstanceUID=None)).status.code == 0x0124
    assert list(node.archive.stored()) == []
    assert node.logged("C-STORE refused (0124)", "no access policy is configured")


def test_a_port_that_is_taken(tmp_path: Path, archive_node: Running) -> None:
    other = PacsNode(NodeConfig("OTHER"), Archive(tmp_path / "x"))
    with pytest.raises(PortTaken):
        other.start(archive_node.peer.port)
    assert not other.running


def test_a_node_starts_once_and_stops_twice(archive_node: Running) -> None:
    with pytest.raises(LabError):
        archive_node.node.start()
    archive_node.node.stop()
    archive_node.node.stop()
    assert not archive_node.node.running
    assert archive_node.node.start(archive_node.peer.port) == archive_node.peer.port
    assert echo(archive_node.peer).status.code == 0


def test_find_returns_what_was_asked(archive_node: Running) -> None:
    store(archive_node.peer, real(*FILES[:4]))
    asked = identifier(
        "STUDY", PatientID="1CT1", PatientName=None, ModalitiesInStudy=None,
        NumberOfStudyRelatedInstances=None, PatientAge=None, StudyComments=None,
    )  # fmt: skip
    found = find(archive_node.peer, asked)
    assert found.status.code == 0
    (match,) = found
    assert match.PatientName == "CompressedSamples^CT1"
    assert match.ModalitiesInStudy == "CT"
    assert match.NumberOfStudyRelatedInstances == 1
    assert match.PatientAge == "000Y"
    assert match["StudyComments"].is_empty
    assert match.RetrieveAETitle == "ARCHIVE"
