import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import (
    AssociationAborted,
    DimseError,
    NoPresentationContext,
    UsageError,
)
from labkit.dimse import FindResult, Peer, decode_messages, find, identifier, new_ae, worklist
from labkit.dimse.table import html_table
from tests.dimse.wire import between


def test_matches_and_their_table(scp, ct) -> None:
    asked = identifier("STUDY", PatientName="*", StudyInstanceUID=None)
    result = find(scp.peer, asked)
    assert len(result) == 1
    assert result[0].PatientName == ct.PatientName
    assert result[0:1] == list(result)
    assert result.status == 0x0000
    assert result.trace.end == "released"
    assert repr(result).splitlines() == [
        "C-FIND: 1 match, 0x0000 Success",
        "PatientName            StudyInstanceUID",
        "CompressedSamples^CT1  1.3.6.1.4.1.59…19072730.12322",
    ]
    assert f">{ct.StudyInstanceUID}</td>" in result._repr_html_()
    result.raise_for_status()


def test_matches_can_be_put_in_an_order_of_ones_own(scp) -> None:
    step = {"ScheduledProcedureStepSequence": {"Modality": None}}
    asked = identifier("STUDY", PatientName=None, StudyDate=None, **step)
    rows = [("Zoe", "20260102", "CT"), ("Ann", "20260103", "MR"), ("Ann", "20260101", "US")]
    matches = [
        identifier(None, PatientName=name, StudyDate=date,
                   ScheduledProcedureStepSequence={"Modality": modality})
        for name, date, modality in rows
    ]  # fmt: skip
    came = find(scp.peer, asked)
    result = FindResult(matches, came.status, came.trace, asked)
    assert [m.StudyDate[-1] for m in result.sorted_by("PatientName", "StudyDate")] == [
        "1",
        "3",
        "2",
    ]
    by_step = result.sorted_by("ScheduledProcedureStepSequence.Modality")
    assert [m.StudyDate[-1] for m in by_step] == ["2", "3", "1"]
    assert [m.StudyDate[-1] for m in result] == ["2", "3", "1"]  # as they came
    assert [m.StudyDate[-1] for m in result.sorted_by("PatientName")] == ["3", "1", "2"]
    assert repr(result.sorted_by("StudyDate")).splitlines()[0] == repr(result).splitlines()[0]


def test_nothing_found_is_a_success(scp) -> None:
    result = find(scp.peer, identifier("STUDY", StudyInstanceUID="1.2.3"))
    assert (len(result), result.status.category) == (0, "Success")
    assert repr(result) == "C-FIND: 0 matches, 0x0000 Success"


def test_a_failure_does_not_raise_unless_asked(scp) -> None:
    status = Dataset()
    status.Status = 0xA900
    status.ErrorComment = "no StudyInstanceUID"
    scp.find_status = status
    result = find(scp.peer, identifier("SERIES", SeriesInstanceUID=None))
    assert str(result.status) == "0xA900 Identifier Does Not Match SOP Class"
    with pytest.raises(DimseError, match=r"no StudyInstanceUID") as caught:
        result.raise_for_status()
    assert caught.value.status == 0xA900
    assert "PS3.4 C.4.1.1.4" in caught.value.remedy


def test_limit_cancels(scp, ct) -> None:
    for i in range(20):
        scp.objects[str(i)] = ct
    result = find(scp.peer, identifier("STUDY", StudyInstanceUID=None), limit=3)
    assert len(result) == 3
    assert "C-CANCEL-RQ" in [m.name for m in decode_messages(result.trace)]
    assert result.status in (0xFE00, 0x0000)


def test_identifiers_that_cannot_be(scp) -> None:
    with pytest.raises(UsageError, match="no information model"):
        find(scp.peer, identifier("STUDY"), model="frame")
    with pytest.raises(UsageError, match="no Query/Retrieve Level"):
        find(scp.peer, Dataset())
    with pytest.raises(UsageError, match="is a data set, not dict"):
        find(scp.peer, {"PatientID": "1"})  # type: ignore[arg-type]
    for limit in (0, -1, "3"):
        with pytest.raises(UsageError, match="a limit is"):
            find(scp.peer, identifier("STUDY"), limit=limit)  # type: ignore[arg-type]
    broken = identifier("STUDY")
    broken.add_new("Rows", "US", "many")
    with pytest.raises(UsageError, match="cannot be encoded"):
        find(scp.peer, broken)


def test_a_service_that_is_not_offered(scp) -> None:
    with pytest.raises(NoPresentationContext, match="result 3: abstract syntax not supported") as e:
        find(scp.peer, identifier("STUDY"), model="patient")
    assert "Patient Root Query/Retrieve" in e.value.message
    assert e.value.trace.pdus


def test_an_association_lost_on_the_way(scp) -> None:
    lost = between(scp.peer, lambda pdu: None if pdu[0] == 4 else pdu)
    with lost as wire, pytest.raises(AssociationAborted, match="while C-FIND-RSP was awaited") as e:
        find(wire.peer, identifier("STUDY", StudyInstanceUID=None), timeout=3)
    assert e.value.trace.end == "lost"


def test_worklist_asks_for_what_a_modality_shows(scp) -> None:
    result = worklist(scp.peer, {"ScheduledProcedureStepSequence": {"Modality": "CT"}})
    (asked,) = scp.asked
    (step,) = asked.ScheduledProcedureStepSequence
    assert step.Modality == "CT"
    assert step.ScheduledStationAETitle == ""
    assert "QueryRetrieveLevel" not in asked
    assert asked.AccessionNumber == ""
    assert result.status.service == "MWL"
    worklist(scp.peer, identifier(None, PatientID="1"))
    assert [e.keyword for e in scp.asked[1]] == ["PatientID"]
    worklist(scp.peer)
    assert len(scp.asked[2].ScheduledProcedureStepSequence) == 1


def test_a_match_of_many_attributes_stands_upright() -> None:
    wide = Dataset()
    keywords = ["PatientName", "PatientID", "PatientSex", "PatientAge", "StudyID", "StudyDate",
                "StudyTime", "Modality", "InstanceNumber"]  # fmt: skip
    for keyword in keywords:
        setattr(wide, keyword, "1" if keyword == "InstanceNumber" else "")
    columns = [(keyword,) for keyword in keywords]
    shown = html_table("1 match", [wide], columns)
    assert shown.count("<tr>") == 10 and ">attribute<" in shown and ">match 1<" in shown
    assert html_table("1 match", [wide], columns[:8]).count("<tr>") == 2


def test_long_tables_are_cut(scp, ct) -> None:
    for i in range(40):
        scp.objects[str(i)] = ct
    result = find(scp.peer, identifier("STUDY", StudyInstanceUID=None, PatientName=None))
    assert repr(result).splitlines()[-1] == "… and 16 more"
    assert "… and 16 more" in result._repr_html_()


def test_values_are_escaped_and_sequences_named(scp) -> None:
    ds = Dataset()
    ds.StudyInstanceUID = "1.2"
    ds.PatientName = "<b>x"
    ds.OtherPatientIDs = ["a", "b"]
    ds.ProcedureCodeSequence = [Dataset(), Dataset()]
    ds.RequestAttributesSequence = [Dataset()]
    ds.RequestAttributesSequence[0].RequestedProcedureID = "P1"
    scp.objects = {"1.2": ds}
    asked = identifier("STUDY", PatientName=None, OtherPatientIDs=None, ProcedureCodeSequence=None,
                       RequestAttributesSequence={"RequestedProcedureID": None},
                       Modality=None)  # fmt: skip
    result = find(scp.peer, asked)
    assert repr(result).splitlines()[2].split() == ["2", "items", "<b>x", "a\\b", "P1"]
    assert "&lt;b&gt;x" in result._repr_html_()


def test_several_at_once(scp) -> None:
    """The reactors of both ends under a little load: every query gets its own answer."""
    from concurrent.futures import ThreadPoolExecutor

    def ask(_: int) -> int:
        return len(find(scp.peer, identifier("STUDY", StudyInstanceUID=None)))

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(ask, range(36))) == [1] * 36


def test_too_many_associations_are_rejected() -> None:
    from labkit.common.errors import AssociationRejected
    from labkit.dimse import associate
    from labkit.dimse.association import query_context

    ae = new_ae("ARCHIVE", max_associations=1)
    ae.add_supported_context("1.2.840.10008.1.1")
    server = ae.start_server(("127.0.0.1", 0), block=False)
    peer = Peer("ARCHIVE", "127.0.0.1", server.server_address[1])
    contexts = [query_context("1.2.840.10008.1.1")]
    with (
        associate(peer, contexts),
        pytest.raises(AssociationRejected, match="2/3/2") as caught,
        associate(peer, contexts),
    ):
        pass
    assert "close some, or try again later" in caught.value.remedy
    ae.shutdown()
