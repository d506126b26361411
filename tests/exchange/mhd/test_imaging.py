"""Manifests as documents: what RAD's profiles want said of them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from pydicom import dcmread

from labkit.common.errors import DataError
from labkit.dicom import samples
from labkit.exchange.manifests import Maker, build, part10, read, to_fhir
from labkit.exchange.mhd import (
    MhdClient,
    attributes_of_xds,
    fhir_manifest_document,
    manifest_document,
)
from labkit.exchange.mhd.imaging import FHIR_MANIFEST, KOS
from labkit.exchange.parties import NORTH
from tests.exchange.mhd.cases import SUBJECT

DATASETS = [dcmread(path, stop_before_pixels=True) for path in samples.sample("ct-chest").paths()]
WHEN = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)


def kos(flavour: str = "mado") -> bytes:
    maker = Maker.of(NORTH, url="http://archive.example/dicom-web")
    return part10(build(DATASETS, flavour, maker=maker, when=WHEN, uid="2.25.77"))


def test_what_is_said_of_a_kos() -> None:
    document = manifest_document(kos())
    study = str(DATASETS[0].StudyInstanceUID)
    assert (document.content_type, document.format) == ("application/dicom", KOS)
    assert document.unique_id == "2.25.77"
    assert "CT" in [event.code for event in document.events]
    assert document.creation == "2026-01-15T08:00:00+00:00"
    assert document.period[0].startswith("2026-01-13T09:30:12")
    kinds = {r["type"]["coding"][0]["code"]: r["value"] for r in document.related}
    assert kinds == {"110180": f"urn:oid:{study}", "ACSN": "NG2600121"}


def test_a_bare_manifest_has_its_modalities_told() -> None:
    assert manifest_document(kos("xds-i.b")).events == ()
    told = manifest_document(kos("xds-i.b"), modalities=["CT", "SR", "CT"])
    assert [event.code for event in told.events] == ["CT", "SR"]


def test_what_is_no_manifest_is_refused() -> None:
    with pytest.raises(DataError):
        manifest_document(b"%PDF-1.4")


def test_the_same_as_a_fhir_document(mhd: MhdClient) -> None:
    made = mhd.provide([manifest_document(kos())], subject=SUBJECT)
    manifest = read(kos())
    bundle = to_fhir(manifest)
    document = fhir_manifest_document(bundle, manifest, transforms=made.documents[0])
    assert (document.content_type, document.format) == ("application/fhir+json", FHIR_MANIFEST)
    # MADO names the Bundle by the UID of the KOS; as documents they are two.
    assert bundle["identifier"]["value"] == "urn:oid:2.25.77" != f"urn:oid:{document.unique_id}"
    assert document == fhir_manifest_document(bundle, manifest, transforms=made.documents[0])
    assert fhir_manifest_document(bundle, manifest, unique_id="2.25.78").unique_id == "2.25.78"
    again = mhd.provide([document], subject=SUBJECT)
    assert again.superseded == ()
    stored = mhd.fhir.read(again.documents[0])
    assert stored["relatesTo"][0]["code"] == "transforms"
    assert len(mhd.find_documents(SUBJECT)) == 2
    got = mhd.retrieve(stored)
    assert got.verified
    assert got.content == document.content


@pytest.mark.parametrize("bundle", [{}, {"type": "document"}, {"type": "collection"}])
def test_a_bundle_that_is_no_document_is_refused(bundle: dict[str, str]) -> None:
    with pytest.raises(DataError, match="no FHIR document"):
        fhir_manifest_document(bundle, read(kos()))


def test_each_element_has_its_attribute_of_xds() -> None:
    names = attributes_of_xds()
    assert names["masterIdentifier"] == ["uniqueId"]
    assert names["context.related"] == ["referenceIdList"]
    assert "custodian" not in names, "not mapped"
    assert attributes_of_xds("IHE.MHD.Minimal.SubmissionSet")["date"] == ["submissionTime"]
