"""C-FIND over the wire: levels, rules of the hierarchy, return keys, character sets."""

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import build_context
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from labkit.dimse import associate, find, identifier
from tests.pacs.conftest import Running, Start, made, real


def studies(node: Running, **keys: object) -> list[str]:
    found = find(node.peer, identifier("STUDY", **{"StudyInstanceUID": None, **keys}))
    assert found.status.code == 0, node.log.lines()[-3:]
    return [str(match.StudyInstanceUID) for match in found]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, "123"),
        ({"PatientID": "P2"}, "2"),
        ({"PatientID": "p2"}, ""),
        ({"PatientName": "ADAMS*"}, "1"),
        ({"PatientName": "Müller^Änne"}, "2"),
        ({"PatientName": "山田*"}, "3"),
        ({"StudyDate": "20260101-20260110"}, "12"),
        ({"StudyDate": "20260111-"}, "3"),
        ({"StudyTime": "10-11", "StudyDate": "-20260107"}, "1"),
        ({"StudyInstanceUID": ["1.2.1", "1.2.3", "1.2.9"]}, "13"),
        ({"ModalitiesInStudy": "PT"}, "1"),
        ({"ModalitiesInStudy": ["PT", "CT"]}, "123"),
        ({"SOPClassesInStudy": "1.2.840.10008.5.1.4.1.1.4"}, "123"),
        ({"PatientSex": "F"}, "2"),
        ({"StudyID": "7"}, "1"),
        # Study 2 has no accession number: it may be any (PS3.4 C.2.2.1.2).
        ({"AccessionNumber": "A3"}, "23"),
        ({"AccessionNumber": "nobody's"}, "2"),
        ({"ReferringPhysicianName": "Nobody"}, ""),
        ({"PatientComments": "*nothing*"}, ""),
        ({"BodyPartExamined": None}, "123"),
    ],
)
def test_studies_found(node: Running, keys: dict[str, object], expected: str) -> None:
    assert "".join(uid[-1] for uid in studies(node, **keys)) == expected


def test_unknown_values_match_nothing_where_the_node_is_set_so(
    start: Start, tmp_path: Path
) -> None:
    node = start(unknown_matches=False)
    node.archive.add_file(made(tmp_path, 1, AccessionNumber=""))
    assert studies(node, AccessionNumber="A1") == []


def test_computed_attributes(node: Running) -> None:
    asked = identifier(
        "STUDY", StudyInstanceUID="1.2.1", ModalitiesInStudy=None, SOPClassesInStudy=None,
        NumberOfStudyRelatedSeries=None, NumberOfStudyRelatedInstances=None,
        InstanceAvailability=None, RetrieveAETitle=None,
    )  # fmt: skip
    (match,) = find(node.peer, asked)
    assert list(match.ModalitiesInStudy) == ["MR", "PT"]
    assert match.SOPClassesInStudy == "1.2.840.10008.5.1.4.1.1.4"
    assert (match.NumberOfStudyRelatedSeries, match.NumberOfStudyRelatedInstances) == (2, 3)
    assert (match.InstanceAvailability, match.RetrieveAETitle) == ("ONLINE", "ARCHIVE")
    asked = identifier(
        "PATIENT", PatientID="P1", NumberOfPatientRelatedStudies=None,
        NumberOfPatientRelatedSeries=None, NumberOfPatientRelatedInstances=None,
    )  # fmt: skip
    (match,) = find(node.peer, asked, model="patient")
    assert match.NumberOfPatientRelatedStudies == 1
    assert match.NumberOfPatientRelatedSeries == 2
    assert match.NumberOfPatientRelatedInstances == 3
    asked = identifier(
        "SERIES", StudyInstanceUID="1.2.1", SeriesInstanceUID="1.2.1.1",
        NumberOfSeriesRelatedInstances=None,
    )  # fmt: skip
    (match,) = find(node.peer, asked)
    assert match.NumberOfSeriesRelatedInstances == 2


def test_all_four_levels_of_patient_root(node: Running) -> None:
    def at(level: str, **keys: object) -> list[Dataset]:
        found = find(node.peer, identifier(level, **keys), model="patient")
        assert found.status.code == 0, node.log.lines()[-3:]
        return list(found)

    assert [m.PatientID for m in at("PATIENT", PatientID=None, PatientName="*")] == [
        "P1", "P2", "P3",
    ]  # fmt: skip
    assert [m.StudyInstanceUID for m in at("STUDY", PatientID="P1", StudyInstanceUID=None)] == [
        "1.2.1"
    ]
    keys: dict[str, object] = {"PatientID": "P1", "StudyInstanceUID": "1.2.1"}
    series = at("SERIES", **keys, SeriesInstanceUID=None, Modality=None, PatientName=None)
    assert [(m.SeriesInstanceUID, m.Modality) for m in series] == [
        ("1.2.1.1", "MR"), ("1.2.1.2", "PT"),
    ]  # fmt: skip
    assert series[0].PatientName == "Adams^Ann"
    keys["SeriesInstanceUID"] = "1.2.1.1"
    images = at("IMAGE", **keys, SOPInstanceUID=None, InstanceNumber="2", Rows=None)
    assert [(m.SOPInstanceUID, m.Rows) for m in images] == [("1.2.1.1.2", 64)]


def test_sequences_are_matched_and_returned(node: Running) -> None:
    asked = identifier(
        "SERIES", StudyInstanceUID="1.2.1", SeriesInstanceUID=None,
        RequestAttributesSequence={"RequestedProcedureID": "R1", "ScheduledProcedureStepID": None},
    )  # fmt: skip
    (match,) = find(node.peer, asked)
    assert match.SeriesInstanceUID == "1.2.1.2"
    assert match.RequestAttributesSequence[0].ScheduledProcedureStepID == "S1"


def test_attributes_that_are_not_indexed_come_from_the_object(node: Running) -> None:
    asked = identifier(
        "IMAGE", StudyInstanceUID="1.2.1", SeriesInstanceUID="1.2.1.1", SOPInstanceUID=None,
        EchoTime=None, ImageType=None, PixelSpacing=None, PatientComments=None,
    )  # fmt: skip
    found = find(node.peer, asked)
    first = dcmread(real("MR_small.dcm")[0])
    assert found[0].EchoTime == first.EchoTime
    assert found[0].PixelSpacing == first.PixelSpacing
    assert found[0]["PatientComments"].is_empty


@pytest.mark.parametrize(
    ("level", "keys", "words"),
    [
        ("PATIENT", {"PatientID": None}, "Query/Retrieve Level"),
        ("", {"PatientID": None}, "Query/Retrieve Level"),
        ("SERIES", {"Modality": "CT"}, "StudyInstanceUID is missing"),
        ("SERIES", {"StudyInstanceUID": "1.2.*"}, "has no single value"),
        ("SERIES", {"StudyInstanceUID": ["1.2.1", "1.2.2"]}, "has no single value"),
        ("IMAGE", {"StudyInstanceUID": "1.2.1"}, "SeriesInstanceUID is missing"),
        ("SERIES", {"StudyInstanceUID": "1.2.1", "PatientName": "A*"}, "cannot be matched"),
        ("STUDY", {"StudyDate": "2026-01-05"}, "is no DA"),
        ("STUDY", {"StudyDescription": ["a", "b"]}, "several values"),
    ],
)
def test_what_breaks_a_rule_is_a900_with_a_reason(
    node: Running, level: str, keys: dict[str, object], words: str
) -> None:
    asked = identifier("STUDY")
    asked.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        asked.__setattr__(keyword, value)
    with associate(node.peer, [build_context(StudyRootQueryRetrieveInformationModelFind)]) as link:
        ((status, _),) = link.assoc.send_c_find(asked, StudyRootQueryRetrieveInformationModelFind)
    assert status.Status == 0xA900
    assert status.ErrorComment
    assert status.OffendingElement
    assert node.logged("C-FIND failed (A900)", words)


def test_a_key_of_a_lower_level_is_ignored_with_ff01(node: Running) -> None:
    uid = StudyRootQueryRetrieveInformationModelFind
    with associate(node.peer, [build_context(uid)]) as link:
        answers = list(link.assoc.send_c_find(identifier("STUDY", Modality="CT"), uid))
    assert [status.Status for status, _ in answers] == [0xFF01] * 3 + [0x0000]
    assert all("Modality" not in match for _, match in answers[:-1])
    assert node.logged("FF01: Modality is a key of level SERIES")


def test_relational_queries_are_negotiated(node: Running) -> None:
    uid = StudyRootQueryRetrieveInformationModelFind
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid = uid
    item.service_class_application_information = b"\x01\x01\x01"
    asked = identifier("SERIES", PatientName="A*", SeriesInstanceUID=None)
    with associate(node.peer, [build_context(uid)], negotiation=[item]) as link:
        answer = link.assoc.acceptor.sop_class_extended[uid]
        answers = list(link.assoc.send_c_find(asked, uid))
    assert answer == b"\x01\x00\x00"  # the combined and fuzzy matching that was offered is not had
    assert [m.SeriesInstanceUID for _, m in answers[:-1]] == ["1.2.1.1", "1.2.1.2"]


def test_a_query_is_cancelled(start: Start, tmp_path: Path) -> None:
    node = start()
    for number in range(300):
        node.archive.add_file(made(tmp_path, number))
    uid = StudyRootQueryRetrieveInformationModelFind
    codes = []
    with associate(node.peer, [build_context(uid)]) as link:
        asked = identifier("STUDY", StudyInstanceUID=None, PatientComments="*")
        asked.EchoTime = None  # read from each object, so that there is time to change one's mind
        for number, (status, _) in enumerate(link.assoc.send_c_find(asked, uid, 5)):
            codes.append(status.Status)
            if number == 2:
                link.assoc.send_c_cancel(5, query_model=uid)
    assert codes[-1] == 0xFE00
    assert len(codes) < 301
    assert node.logged("C-FIND cancelled by the peer")


def test_two_persons_with_one_patient_id_keep_their_names(start: Start, tmp_path: Path) -> None:
    node = start()
    node.archive.add_file(made(tmp_path, 1, PatientID="X", PatientName="Adams^Ann"))
    node.archive.add_file(made(tmp_path, 2, PatientID="X", PatientName="Brown^Bob"))
    found = find(node.peer, identifier("STUDY", PatientID="X", PatientName=None))
    assert [str(match.PatientName) for match in found] == ["Adams^Ann", "Brown^Bob"]
