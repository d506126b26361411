"""Manifests that we make: what is in the data set, and what profile asks for what."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread

from labkit.common.errors import DataError, UsageError
from labkit.dicom.rejection import rejection_note
from labkit.dicom.samples import sample
from labkit.exchange.manifests import (
    Issued,
    Maker,
    Request,
    build,
    check,
    gather,
    part10,
    read,
    write,
)
from labkit.exchange.manifests.terms import Code
from labkit.exchange.parties import NORTH


def tree(item: Dataset) -> list[Dataset]:
    found = []
    for below in item.get("ContentSequence", []):
        found += [below, *tree(below)]
    return found


@pytest.mark.parametrize(
    "slug", ["ct-chest", "cr-chest-prior", "us-heart", "us-thyroid", "mr-brain", "cr-wrist"]
)
def test_what_is_gathered_is_read_again(slug: str, north: Maker, when: datetime) -> None:
    told = gather(sample(slug).datasets(), "mado", maker=north, when=when)
    found = read(part10(write(told)))
    assert found == told
    assert found.problems == ()
    assert [tuple(r) for r in found.regions] == [tuple(r) for r in told.regions]


def test_a_bare_manifest_says_where_but_describes_nothing(north: Maker, when: datetime) -> None:
    document = build(sample("ct-chest").datasets(), maker=north, when=when)
    title = document.ConceptNameCodeSequence[0]
    assert (title.CodeValue, title.CodingSchemeDesignator) == ("113030", "DCM")
    evidence = document.CurrentRequestedProcedureEvidenceSequence[0]
    assert len(evidence.ReferencedSeriesSequence) == 5
    for series in evidence.ReferencedSeriesSequence:
        assert series.RetrieveURL == "http://127.0.0.1:1/dicomweb"
        assert series.RetrieveLocationUID == NORTH.images
        assert series.RetrieveAETitle == "ARCHIVE"
    assert {item.ValueType for item in document.ContentSequence} == {"IMAGE", "COMPOSITE"}
    assert read(document).modalities == ()  # a KOS has no place for them but the library
    assert check(read(document)) == ()


def test_references_have_no_purpose(north: Maker, when: datetime) -> None:
    """TID 2010, rows 8 to 10; highdicom writes one."""
    document = build(sample("ct-chest").datasets(), "mado", maker=north, when=when)
    references = [item for item in tree(document) if "ReferencedSOPSequence" in item]
    assert len(references) == 2 * 44  # in the list, and in the library
    assert not any("ConceptNameCodeSequence" in item for item in references)


def test_a_mado_manifest_has_what_the_profile_requires(north: Maker, when: datetime) -> None:
    document = build(sample("ct-chest").datasets(), "mado", maker=north, when=when)
    assert check(read(document)) == ()
    assert document.InstitutionName == "North General^^^^^^^^^2.25.2026101.1"
    assert document.TimezoneOffsetFromUTC == "+0000"
    issuer = document.IssuerOfPatientIDQualifiersSequence[0]
    assert (issuer.UniversalEntityID, issuer.UniversalEntityIDType) == (NORTH.authority, "ISO")
    assert document.OtherPatientIDsSequence[0].PatientID == document.PatientID
    (request,) = document.ReferencedRequestSequence
    assert request.AccessionNumber == "NG2600121"
    assert request.IssuerOfAccessionNumberSequence[0].UniversalEntityID == f"{NORTH.authority}.1"
    names = {
        (item.ConceptNameCodeSequence[0].CodeValue, item.ValueType)
        for item in tree(document)
        if "ConceptNameCodeSequence" in item
    }
    assert {("MADOTEMP009", "NUM"), ("MADOTEMP007", "NUM"), ("121139", "CODE")} <= names
    entry = next(i for i in tree(document) if i.ValueType == "IMAGE" and "ContentSequence" in i)
    assert entry.ContentSequence[0].ConceptNameCodeSequence[0].CodeValue == "113609"


def test_mado_is_refused_where_nobody_says_who_issued_the_ids(when: datetime) -> None:
    with pytest.raises(DataError) as caught:
        build(sample("dx-chest").datasets(), "mado", when=when)
    assert "(0010,0024)" in str(caught.value)
    assert "maker=" in caught.value.remedy


def test_a_foreign_patient_id_gets_no_authority_of_ours(north: Maker, when: datetime) -> None:
    told = gather(sample("cr-chest-prior").datasets(), maker=north, when=when)
    assert told.patient.id == Issued("LK-20871", name="LAKESIDE")


def test_a_study_without_accession_number_gets_one_for_mado(north: Maker, when: datetime) -> None:
    one, two = (
        gather(sample("us-thyroid").datasets(), "mado", maker=north, when=when) for _ in "12"
    )
    assert one.accession and one.accession.value.startswith("M")
    assert len(one.accession.value) == 16  # SH
    assert one.accession == two.accession
    assert gather(sample("us-thyroid").datasets(), maker=north, when=when).accession is None


def test_several_accession_numbers_leave_the_attribute_empty(north: Maker, when: datetime) -> None:
    asked = [Request(Issued(n, "2.25.7"), Issued("P1", "2.25.8")) for n in ("A1", "A2")]
    document = build(sample("dx-chest").datasets(), "mado", maker=north, when=when, requests=asked)
    assert document.AccessionNumber == ""
    assert "IssuerOfAccessionNumberSequence" not in document
    assert [item.AccessionNumber for item in document.ReferencedRequestSequence] == ["A1", "A2"]
    assert [a.value for a in read(document).accessions] == ["A1", "A2"]


def test_rejected_objects_their_notes_and_manifests_are_not_listed(
    north: Maker, when: datetime
) -> None:
    study = sample("ct-chest").datasets()
    images = [ds for ds in study if ds.Modality == "CT"]
    note = rejection_note(images[:2], "quality", when=when)
    before = build(study, maker=north, when=when)
    told = gather([*study, note, before], maker=north, when=when)
    assert len(told.instance_uids) == 42
    assert images[0].SOPInstanceUID not in told.instance_uids
    assert note.SOPInstanceUID not in told.instance_uids
    assert before.SOPInstanceUID not in told.instance_uids


def test_a_key_object_selection_among_the_images_is_described(north: Maker, when: datetime) -> None:
    told = read(build(sample("ct-chest").datasets(), "mado", maker=north, when=when))
    titles = [i.document_title for _, _, i in told.references if i.document_title]
    assert [code.scheme_designator for code in titles] == ["DCM"]


def test_as_much_as_a_query_returns_is_enough(north: Maker, when: datetime) -> None:
    answers = []
    for ds in sample("ct-chest").datasets():
        answer = Dataset()
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"):
            setattr(answer, keyword, ds[keyword].value)
        answers.append(answer)
    assert len(read(build(answers, maker=north, when=when)).instance_uids) == 44


def test_the_same_is_made_twice(north: Maker, when: datetime) -> None:
    one, two = (part10(build(sample("dx-chest").datasets(), maker=north, when=when)) for _ in "12")
    assert one == two
    assert dcmread(io.BytesIO(one)).file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def test_what_cannot_be_listed_is_refused(north: Maker, when: datetime) -> None:
    two = sample("dx-chest").datasets() + sample("dx-hand").datasets()
    with pytest.raises(UsageError, match="2 studies"):
        build(two, maker=north, when=when)
    with pytest.raises(UsageError, match="no object"):
        build([], maker=north, when=when)
    with pytest.raises(UsageError, match="no flavour"):
        build(sample("dx-chest").datasets(), "xds", maker=north, when=when)
    mixed = sample("ct-chest").datasets()
    mixed[3].PatientID = "NG-100231"
    with pytest.raises(DataError, match="several patients"):
        build(mixed, maker=north, when=when)
    nameless = sample("dx-chest").datasets()
    del nameless[0].SOPInstanceUID
    with pytest.raises(DataError, match="SOPInstanceUID"):
        build(nameless, maker=north, when=when)


def test_a_body_part_that_the_site_has_not_filed_is_asked_for(north: Maker, when: datetime) -> None:
    study = sample("dx-chest").datasets()
    study[0].BodyPartExamined = "STERNUM"
    with pytest.raises(DataError, match="Target Region"):
        build(study, "mado", maker=north, when=when)
    region = Code("67734004", "SCT", "Upper trunk")
    told = read(build(study, "mado", maker=north, when=when, regions=[region]))
    assert told.regions == (region,)


@pytest.mark.parametrize(
    ("flavour", "unknown"), [("xds-i.b", set()), ("mado", {"NUM", "DATE", "TIME"})]
)
def test_dciodvfy_finds_no_error(
    flavour: str, unknown: set[str], north: Maker, when: datetime, tmp_path: Path
) -> None:
    """It knows the key object selection from before CP-2595, which lets in NUM, DATE and TIME."""
    tool = shutil.which("dciodvfy", path=str(Path(__file__).parents[3] / ".venv" / "bin"))
    tool = tool or shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dciodvfy is not installed")
    path = tmp_path / "manifest.dcm"
    path.write_bytes(part10(build(sample("ct-chest").datasets(), flavour, maker=north, when=when)))
    done = subprocess.run([tool, str(path)], capture_output=True, text=True, check=False)
    said = {x for x in (done.stdout + done.stderr).splitlines() if x.startswith("Error")}
    assert said == {
        f"Error - Unrecognized enumerated value <{kind}> for value 1 of attribute <Value Type>"
        for kind in unknown
    }
