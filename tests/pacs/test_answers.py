"""What the answers of a C-FIND look like on the wire: character sets, encodings; and garbage."""

from io import BytesIO

import pytest
from pynetdicom import build_context
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from labkit.dimse import associate, find, identifier
from tests.pacs.conftest import Running


@pytest.mark.parametrize("character_set", ["ISO_IR 100", "ISO_IR 192", "GB18030"])
def test_a_name_is_found_whatever_character_set_the_query_has(
    node: Running, character_set: str
) -> None:
    asked = identifier("STUDY", PatientName="Müller*", StudyInstanceUID=None)
    asked.SpecificCharacterSet = character_set
    (match,) = find(node.peer, asked)
    assert match.SpecificCharacterSet == character_set
    assert match.PatientName == "Müller^Änne"


def test_an_answer_is_in_a_character_set_that_has_its_characters(node: Running) -> None:
    asked = identifier("STUDY", PatientName="Yamada*", StudyInstanceUID=None)
    asked.SpecificCharacterSet = "ISO_IR 100"
    (match,) = find(node.peer, asked)
    assert match.SpecificCharacterSet == "ISO_IR 192"
    assert match.PatientName.ideographic == "山田^太郎"
    asked.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    (match,) = find(node.peer, asked)
    assert list(match.SpecificCharacterSet) == ["", "ISO 2022 IR 87"]
    assert match.PatientName.phonetic == "やまだ^たろう"


@pytest.mark.parametrize("syntax", [f"1.2.840.10008.1.2{end}" for end in ("", ".1", ".2")])
def test_answers_in_every_encoding(node: Running, syntax: str) -> None:
    uid = StudyRootQueryRetrieveInformationModelFind
    asked = identifier(
        "SERIES", StudyInstanceUID="1.2.1", SeriesInstanceUID="1.2.1.2", Modality=None,
        RequestAttributesSequence={"RequestedProcedureID": None}, PixelSpacing=None,
    )  # fmt: skip
    with associate(node.peer, [build_context(uid, syntax)]) as link:
        (_, match), (status, _) = link.assoc.send_c_find(asked, uid)
    assert status.Status == 0
    assert match.Modality == "PT"
    assert match.RequestAttributesSequence[0].RequestedProcedureID == "R1"


def test_garbage_in_place_of_an_identifier(node: Running) -> None:
    uid = StudyRootQueryRetrieveInformationModelFind
    with associate(node.peer, [build_context(uid, "1.2.840.10008.1.2.1")]) as link:
        for number, junk in enumerate((b"\x08\x00\x52\x00CS\xff\xffX", b"\x00", b"junk" * 50), 1):
            request = C_FIND()
            request.MessageID, request.AffectedSOPClassUID, request.Priority = number, uid, 0
            request.Identifier = BytesIO(junk)
            (context,) = link.assoc.accepted_contexts
            assert link.exchange(request, context, "C-FIND-RSP").Status in (0xA900, 0xC000)
    assert len(find(node.peer, identifier("STUDY", StudyInstanceUID=None))) == 3
