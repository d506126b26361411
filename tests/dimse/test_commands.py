from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from labkit.common.errors import UsageError
from labkit.dimse import Peer, command_lines, identifier

ARCHIVE = Peer("ARCHIVE", "10.0.0.7", 11112)
STUDY = identifier("STUDY", PatientName="Doe*", StudyInstanceUID=None)


def test_echo() -> None:
    assert command_lines("echo", ARCHIVE, ae_title="CT1") == {
        "DCMTK": "echoscu -aet CT1 -aec ARCHIVE HOST PORT",
        "dcm4che": "storescu -b CT1 -c ARCHIVE@HOST:PORT",
        "pynetdicom": "python -m pynetdicom echoscu -aet CT1 -aec ARCHIVE HOST PORT",
    }


def test_the_address_on_request() -> None:
    lines = command_lines("echo", ARCHIVE, show_address=True)
    assert lines["DCMTK"].endswith("10.0.0.7 11112")
    assert "ARCHIVE@10.0.0.7:11112" in lines["dcm4che"]


def test_find() -> None:
    lines = command_lines("find", ARCHIVE, identifier=STUDY)
    query = '-S -k QueryRetrieveLevel=STUDY -k "PatientName=Doe*" -k StudyInstanceUID'
    assert lines["DCMTK"] == f"findscu -aet LEARNER -aec ARCHIVE {query} HOST PORT"
    assert f"{query}= HOST PORT" in lines["pynetdicom"]
    assert '-M StudyRoot -L STUDY -m "PatientName=Doe*" -r StudyInstanceUID' in lines["dcm4che"]


def test_sequences_and_lists_of_uids() -> None:
    asked = identifier(
        None,
        StudyInstanceUID=["1.2", "1.3"],
        ScheduledProcedureStepSequence={"Modality": "CT", "ScheduledStationAETitle": None},
        RequestedProcedureCodeSequence=None,
    )
    lines = command_lines("find", ARCHIVE, identifier=asked, model="worklist")
    assert '"ScheduledProcedureStepSequence[0].Modality=CT"' in lines["DCMTK"]
    assert '"StudyInstanceUID=1.2\\1.3"' in lines["DCMTK"]
    assert "-W" in lines["pynetdicom"]
    assert "-M MWL" in lines["dcm4che"]
    assert "-m ScheduledProcedureStepSequence/Modality=CT" in lines["dcm4che"]
    assert "-r ScheduledProcedureStepSequence/ScheduledStationAETitle" in lines["dcm4che"]


def test_move_and_get() -> None:
    move = command_lines("move", ARCHIVE, identifier=STUDY, destination="WORKSTN", model="patient")
    assert "-aem WORKSTN -P" in move["DCMTK"]
    assert "--dest WORKSTN" in move["dcm4che"]
    get = command_lines("get", ARCHIVE, identifier=STUDY, folder="here")
    assert get["DCMTK"].endswith("-od here HOST PORT")
    assert "--directory here" in get["dcm4che"]


def test_store_of_files_and_folders(tmp_path: Path) -> None:
    j2k = get_testdata_file("JPEG2000.dcm")
    lines = command_lines("store", ARCHIVE, files=[j2k])
    assert "-R -xw HOST PORT" in lines["DCMTK"], "DCMTK must be told to propose JPEG 2000"
    assert command_lines("store", ARCHIVE, files=j2k) == lines
    lines = command_lines("store", ARCHIVE, files=[tmp_path])
    assert "+sd +r -R" in lines["DCMTK"]
    assert "-r -cx" in lines["pynetdicom"]


@pytest.mark.parametrize(
    ("act", "what"),
    [
        ("fly", {}),
        ("find", {}),
        ("store", {}),
        ("move", {"identifier": STUDY}),
        ("move", {"identifier": STUDY, "destination": "X", "model": "worklist"}),
        ("find", {"identifier": STUDY, "model": "frame"}),
    ],
)
def test_what_is_missing_is_said(act: str, what: dict) -> None:
    with pytest.raises(UsageError) as caught:
        command_lines(act, ARCHIVE, **what)
    assert caught.value.remedy
