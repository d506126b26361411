"""Manifests that others have written, whole and odd."""

from __future__ import annotations

import copy
from datetime import datetime
from pathlib import Path

import pytest
from pydicom import Dataset

from labkit.common.errors import DataError
from labkit.dicom.rejection import rejection_note
from labkit.dicom.samples import sample
from labkit.exchange.manifests import Issued, Location, Maker, build, check, read
from labkit.exchange.manifests.terms import Code


def test_ihe_s_own_samples_are_read(real: Path) -> None:
    told = read(real)
    assert told.flavour == "mado"
    assert told.patient.id == Issued("UV59569735", "1.3.6.1.4.1.19376.1.1.100.1", "ISO",
                                     "ACME_HOSPITAL")  # fmt: skip
    expected = {"KOS_A.dcm": [50, 36], "KOS_B.dcm": [20, 1]}[real.name]
    assert [len(series.instances) for series in told.series] == expected
    assert told.series[0].location.url == "https://dicomserver.com/AET/rs/"
    assert told.series[0].location.uid.startswith("1.3.6.1.4.1.19376.1.1.20")
    assert told.display_url.startswith("https://dicomviewer/IHEInvokeImageDisplay?")
    numbers = [instance.number for instance in told.series[0].instances]
    assert numbers == list(range(1, expected[0] + 1))
    assert check(told) == ()


def test_the_samples_accession_numbers(real: Path) -> None:
    told = read(real)
    if real.name == "KOS_A.dcm":
        assert told.accession == told.requests[0].accession
        assert [a.value for a in told.accessions] == ["1731954284869428"]
    else:  # two requests, so the attribute is empty
        assert told.accession is None
        assert [a.value for a in told.accessions] == ["8529258169397744", "9426932401715315"]
        (listed,) = told.series[1].instances
        assert listed.document_title == Code("113000", "DCM", "Of Interest")
        assert listed.description == "Significant DICOM Instances"


def test_what_the_samples_write_otherwise_is_told(real: Path) -> None:
    """A count as the text ``(50, UCUM, "instances")``; what is said of an entry beside it."""
    words = [str(problem) for problem in read(real).problems]
    assert sum("is the text '(" in text for text in words) == 2
    assert sum("not below them" in text for text in words) == 2
    assert len(words) == 4


@pytest.fixture
def kos(north: Maker, when: datetime) -> Dataset:
    return build(sample("ct-chest").datasets(), "mado", maker=north, when=when)


def problems(ds: Dataset) -> str:
    return " | ".join(str(problem) for problem in read(ds).problems)


def test_evidence_and_content_that_contradict_each_other_are_told(kos: Dataset) -> None:
    series = kos.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    gone = series[0].ReferencedSOPSequence.pop().ReferencedSOPInstanceUID
    said = problems(kos)
    assert f"refers to {gone}, which the evidence does not list" in said
    assert "has 40 instances; 39 are listed" in said
    assert gone not in read(kos).instance_uids


def test_a_manifest_without_content_is_still_a_list(kos: Dataset) -> None:
    del kos.ContentSequence
    told = read(kos)
    assert len(told.instance_uids) == 44
    assert len(told.problems) == 44


def test_nothing_but_a_sop_class(kos: Dataset) -> None:
    bare = Dataset()
    bare.SOPClassUID = kos.SOPClassUID
    told = read(bare)
    assert told.series == () and told.patient.id is None
    assert "no document title" in problems(bare)
    assert any("nothing is listed" in str(p) for p in check(told, "mado"))


def test_a_series_listed_twice_is_one(kos: Dataset) -> None:
    series = kos.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    half = copy.deepcopy(series[0])
    half.ReferencedSOPSequence = half.ReferencedSOPSequence[20:]
    series[0].ReferencedSOPSequence = series[0].ReferencedSOPSequence[:20]
    series.append(half)
    told = read(kos)
    assert len(told.series) == 5 and len(told.series[0].instances) == 40
    assert "listed twice" in problems(kos)


def test_dicom_s_own_codes_are_read_as_ihe_s_temporary_ones(kos: Dataset) -> None:
    final = {"MADOTEMP002": "131563", "MADOTEMP003": "131561", "MADOTEMP004": "131562",
             "MADOTEMP007": "131564", "MADOTEMP009": "131565"}  # fmt: skip
    before = read(kos)

    def rewrite(item: Dataset) -> None:
        for below in item.get("ContentSequence", []):
            name = below.get("ConceptNameCodeSequence", [Dataset()])[0]
            if name.get("CodeValue") in final:
                name.CodeValue, name.CodingSchemeDesignator = final[name.CodeValue], "DCM"
            rewrite(below)

    rewrite(kos)
    kos.ConceptNameCodeSequence[0].CodeValue = "131560"
    kos.ConceptNameCodeSequence[0].CodingSchemeDesignator = "DCM"
    assert read(kos).series == before.series
    assert read(kos).flavour == "mado"


def test_several_retrieve_ae_titles(kos: Dataset) -> None:
    series = kos.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    series.RetrieveAETitle = ["ARCHIVE", "MIRROR"]
    del series.RetrieveURL, series.RetrieveLocationUID
    assert read(kos).series[0].location == Location(ae_titles=("ARCHIVE", "MIRROR"))


def test_a_rejection_note_is_no_manifest(when: datetime) -> None:
    note = rejection_note(sample("dx-chest").datasets(), "patient safety", when=when)
    told = read(note)
    assert told.is_rejection and told.flavour == "rejection"
    assert len(told.instance_uids) == 1
    assert any("no manifest" in str(p) for p in check(told))


def test_what_is_no_key_object_selection_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Digital X-Ray"):
        read(sample("dx-chest").paths()[0])
    (tmp_path / "answer.dcm").write_text("<html>login</html>")
    with pytest.raises(DataError, match="HTML"):
        read(tmp_path / "answer.dcm")
