"""Query: levels, matching types, character sets, rules of the hierarchy (PS3.4 C)."""

from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import build_context

from labkit.dimse import associate, find, identifier
from tests.contract.pacs.cases import ROOT, Holdings, uid

STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"


def at_study(holdings: Holdings, **keys: object) -> list[str]:
    """Numbers of the suite's studies that match."""
    character_set = keys.pop("SpecificCharacterSet", None)
    asked = identifier("STUDY", **{"StudyInstanceUID": None, **keys})
    if character_set:
        asked.SpecificCharacterSet = character_set
    found = find(holdings.peer, asked)
    assert found.status.code == 0x0000, found.status
    uids = [str(match.StudyInstanceUID) for match in found]
    return sorted(
        {u.removeprefix(ROOT + ".") for u in uids if u.startswith(ROOT) and len(u) < len(ROOT) + 3}
    )


MATCHING = {
    "single-value": ({"PatientID": "CONTRACT1"}, "1"),
    "single-value-case": ({"PatientID": "contract1"}, ""),
    "single-value-date": ({"StudyDate": "20260110"}, "2"),
    "single-value-time-by-meaning": ({"StudyTime": "1015", "StudyDate": "20260120"}, "3"),
    "name-any-case": ({"PatientName": "CONTRACT^ADAM"}, "1"),
    "name-trailing-carets": ({"PatientName": "Contract^Adam^^"}, "1"),
    "list-of-uid": ({"StudyInstanceUID": [uid(1), uid(3), uid(99)]}, "13"),
    "universal": ({"PatientName": None, "StudyInstanceUID": [uid(1), uid(2)]}, "12"),
    "wildcard-star": ({"PatientName": "Contract^Ad*"}, "1"),
    "wildcard-question-mark": ({"PatientName": "Contract^?dam"}, "1"),
    "wildcard-in-the-middle": ({"PatientID": "C*RACT1"}, "1"),
    "wildcard-brackets-are-text": ({"PatientID": "[C]ONTRACT1"}, ""),
    "range-both": ({"StudyDate": "20260104-20260110", "PatientID": "CONTRACT*"}, "12"),
    "range-from": ({"StudyDate": "20260119-", "PatientID": "CONTRACT3"}, "3"),
    "range-until": ({"StudyDate": "-20260105", "PatientID": "CONTRACT*"}, "1"),
    "range-time": ({"StudyTime": "2300-2359", "StudyDate": "20260101-20260131"}, "2"),
    "modalities-in-study": ({"ModalitiesInStudy": "PT", "PatientID": "CONTRACT*"}, "1"),
    "accession": ({"AccessionNumber": "CA2", "PatientID": "CONTRACT2"}, "2"),
    "description": ({"StudyDescription": "contr*", "PatientID": "CONTRACT2"}, "2"),
    "referring-physician": ({"ReferringPhysicianName": "who*", "PatientID": "CONTRACT2"}, "2"),
    "no-match": ({"PatientID": "NOBODY"}, ""),
    "unknown-required-key-matches-all": (
        {"AccessionNumber": "NOBODYS", "PatientID": "CONTRACT4"}, "4",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MATCHING)
def test_matching(holdings: Holdings, case: str) -> None:
    keys, expected = MATCHING[case]
    assert "".join(at_study(holdings, **keys)) == expected  # type: ignore[arg-type]


CHARACTER_SETS = {
    "latin1-in-latin1": ("Müller^Änne", "ISO_IR 100", "2"),
    "latin1-in-utf8": ("Müller*", "ISO_IR 192", "2"),
    "latin1-lower-case-umlaut": ("müller^änne", "ISO_IR 192", "2"),
    "ideographic-in-utf8": ("山田*", "ISO_IR 192", "3"),
    "phonetic-in-utf8": ("*=*=やまだ*", "ISO_IR 192", "3"),
    "alphabetic-group-alone": ("Yamada^Tarou", "", "3"),
    "ideographic-in-iso-2022": ("*=山田*", ["", "ISO 2022 IR 87"], "3"),
}


@pytest.mark.parametrize("case", CHARACTER_SETS)
def test_character_sets(holdings: Holdings, case: str) -> None:
    name, character_set, expected = CHARACTER_SETS[case]
    found = at_study(holdings, PatientName=name, SpecificCharacterSet=character_set)
    assert "".join(found) == expected


def one(holdings: Holdings, level: str, model: str = "study", **keys: Any) -> Dataset:
    (match,) = find(holdings.peer, identifier(level, **keys), model=model)
    return match


def test_an_answer_can_be_decoded(holdings: Holdings) -> None:
    match = one(holdings, "STUDY", StudyInstanceUID=uid(3), PatientName=None)
    assert match.PatientName.ideographic == "山田^太郎"
    match = one(holdings, "STUDY", StudyInstanceUID=uid(2), PatientName=None)
    assert match.PatientName == "Müller^Änne"


def test_levels_of_patient_root(holdings: Holdings) -> None:
    given: dict[str, Any] = {}
    for level, keyword, value in (
        ("PATIENT", "PatientID", "CONTRACT1"),
        ("STUDY", "StudyInstanceUID", uid(1)),
        ("SERIES", "SeriesInstanceUID", uid(1, 2)),
        ("IMAGE", "SOPInstanceUID", uid(1, 2, 1)),
    ):
        given[keyword] = value
        match = one(holdings, level, "patient", **given)
        assert str(match[keyword].value) == value
        assert match.QueryRetrieveLevel == level


def test_levels_of_study_root(holdings: Holdings) -> None:
    series = find(holdings.peer, identifier("SERIES", StudyInstanceUID=uid(1), Modality=None))
    assert sorted(match.Modality for match in series) == ["CT", "PT"]
    asked = identifier(
        "IMAGE", StudyInstanceUID=uid(1), SeriesInstanceUID=uid(1, 1), SOPInstanceUID=None
    )
    images = find(holdings.peer, asked)
    assert sorted(match.SOPInstanceUID for match in images) == [uid(1, 1, 1), uid(1, 1, 2)]


def test_match_at_series_and_image(holdings: Holdings) -> None:
    assert one(holdings, "SERIES", StudyInstanceUID=uid(1), Modality="PT", SeriesNumber=None)
    match = one(
        holdings, "IMAGE", StudyInstanceUID=uid(1), SeriesInstanceUID=uid(1, 1),
        InstanceNumber="2", SOPInstanceUID=None,
    )  # fmt: skip
    assert match.SOPInstanceUID == uid(1, 1, 2)


def test_a_sequence_is_matched(holdings: Holdings) -> None:
    match = one(
        holdings, "SERIES", StudyInstanceUID=uid(1), SeriesInstanceUID=None,
        RequestAttributesSequence={"RequestedProcedureID": "CR1"},
    )  # fmt: skip
    assert match.SeriesInstanceUID == uid(1, 2)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientName", "Contract^Adam"), ("PatientBirthDate", "19700101"), ("PatientSex", "O"),
        ("StudyDate", "20260105"), ("AccessionNumber", "CA1"), ("StudyID", "1"),
        ("StudyDescription", "contract"), ("ReferringPhysicianName", "Who^Doctor"),
        ("ModalitiesInStudy", "['CT', 'PT']"), ("NumberOfStudyRelatedInstances", "3"),
        ("NumberOfStudyRelatedSeries", "2"),
    ],
)  # fmt: skip
def test_a_return_key_of_a_study(holdings: Holdings, keyword: str, value: str) -> None:
    match = one(holdings, "STUDY", StudyInstanceUID=uid(1), **{keyword: None})
    assert keyword in match
    found = match[keyword].value
    assert str(sorted(found) if value.startswith("[") else found) == value


def test_where_to_retrieve_from(holdings: Holdings) -> None:
    match = one(holdings, "STUDY", StudyInstanceUID=uid(1), RetrieveAETitle=None)
    assert match.RetrieveAETitle == holdings.peer.ae_title


WRONG = {
    "no-level": ("", {"StudyInstanceUID": None}),
    "level-of-the-other-model": ("PATIENT", {"PatientID": None}),
    "no-unique-key-above": ("SERIES", {"Modality": "CT"}),
    "list-in-unique-key-above": ("SERIES", {"StudyInstanceUID": [uid(1), uid(2)]}),
    "key-of-a-level-above": ("SERIES", {"StudyInstanceUID": uid(1), "PatientName": "X"}),
    "no-date": ("STUDY", {"StudyDate": "2026-01-15"}),
    "wildcard-in-a-uid": ("STUDY", {"StudyInstanceUID": "1.2.*"}),
}


@pytest.mark.filterwarnings("ignore:Invalid value")
@pytest.mark.parametrize("case", WRONG)
def test_an_identifier_that_breaks_a_rule_fails(holdings: Holdings, case: str) -> None:
    level, keys = WRONG[case]
    asked = Dataset()
    asked.QueryRetrieveLevel = level
    for keyword, value in keys.items():  # type: ignore[attr-defined]
        setattr(asked, keyword, value)
    with associate(holdings.peer, [build_context(STUDY_ROOT_FIND)]) as link:
        answers = [status.Status for status, _ in link.assoc.send_c_find(asked, STUDY_ROOT_FIND)]
    assert len(answers) == 1
    assert answers[0] == 0xA900 or answers[0] >> 12 == 0xC
