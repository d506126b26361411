"""What a registry is told of a manifest; RAD-68 to a real one; a replacement."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from labkit.common.errors import UsageError
from labkit.dicom.rejection import rejection_note
from labkit.dicom.samples import sample
from labkit.exchange.manifests import Issued, Maker, Manifest, Request, gather, read, without, write
from labkit.exchange.manifests.documents import document_entry, publish, utc
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.xds import DEPRECATED, Code
from tests.exchange.xds.conftest import Domain, domain, make_domain  # noqa: F401 - fixtures

DCM = "1.2.840.10008.2.16.4"


@pytest.fixture
def chest(north: Maker, when: datetime) -> Manifest:
    return gather(sample("ct-chest").datasets(), "mado", maker=north, when=when)


def test_what_a_registry_is_told(chest: Manifest) -> None:
    entry = document_entry(chest)
    assert entry.uniqueId == chest.uid
    assert (entry.formatCode.code, entry.formatCode.scheme) == (
        "1.2.840.10008.5.1.4.1.1.88.59", "1.2.840.10008.2.6.1",
    )  # fmt: skip
    assert entry.mimeType == "application/dicom"
    assert entry.patientId == NORTH.patient("NG-100457")
    assert entry.sourcePatientId == f"NG-100457^^^&{NORTH.authority}&ISO"
    assert "PID-7|19510719" in entry.sourcePatientInfo
    assert entry.serviceStartTime == "20260113093012" and entry.creationTime == "20260115080000"
    assert entry.referenceIdList == (
        f"NG2600121^^^&{NORTH.authority}.1&ISO^urn:ihe:iti:xds:2013:accession",
        f"{chest.study_uid}^^^^urn:ihe:iti:xds:2016:studyInstanceUID",
    )
    assert entry.author[0].authorInstitution == (chest.institution,)
    # CID 29: what acquires. SEG, SR, PR and KO acquire nothing.
    assert [c.code for c in entry.eventCodeList if c.scheme == DCM] == ["CT"]
    assert Code("67734004", "2.16.840.1.113883.6.96", "Upper trunk") in entry.eventCodeList


def test_the_same_manifest_is_the_same_entry(chest: Manifest) -> None:
    assert document_entry(chest) == document_entry(chest)


def test_a_bare_manifest_that_was_read_needs_its_modalities(north: Maker, when: datetime) -> None:
    bare = read(write(gather(sample("dx-chest").datasets(), maker=north, when=when)))
    assert document_entry(bare).eventCodeList == ()
    told = document_entry(bare, modalities=["DX"])
    assert [c.code for c in told.eventCodeList] == ["DX"]


def test_an_order_and_several_accession_numbers(chest: Manifest) -> None:
    orders = tuple(Request(Issued(n, "2.25.7"), Issued("P", "2.25.8")) for n in ("1", "2"))
    entry = document_entry(replace(chest, accession=None, requests=orders))
    kinds = [value.rpartition(":")[2] for value in entry.referenceIdList]
    assert kinds == ["accession", "accession", "order", "studyInstanceUID"]


def test_a_patient_whose_issuer_nobody_names_is_refused(when: datetime) -> None:
    nameless = gather(sample("dx-chest").datasets(), when=when)
    with pytest.raises(UsageError, match="by OID"):
        document_entry(nameless)
    assert document_entry(nameless, patient=LAKESIDE.patient("LK-1")).patientId.value == "LK-1"


@pytest.mark.parametrize(
    ("date", "time", "zone", "said"),
    [
        ("20260101", "003000", "+0100", "20251231233000"),
        ("20260101", "2330", "-0500", "20260102043000"),
        ("20260101", "0930", "", "20260101"),
        ("20260101", "", "+0100", "20260101"),
        ("", "0930", "+0100", ""),
        ("2026", "0930", "+0100", ""),
        ("20260199", "093000", "+0100", "20260199"),
    ],
)
def test_times_are_utc(date: str, time: str, zone: str, said: str) -> None:
    assert utc(date, time, zone) == said


def test_published_found_retrieved_and_replaced(
    chest: Manifest,
    domain: Domain,  # noqa: F811
    when: datetime,
) -> None:
    entry = publish(domain.source, chest, NORTH, when)
    patient = NORTH.patient("NG-100457")
    (found,) = domain.consumer.find_documents(patient)
    assert found.uniqueId == chest.uid and found.repositoryUniqueId == NORTH.repository
    (by_number,) = domain.consumer.find_documents_by_reference_id(patient, entry.referenceIdList[0])
    assert by_number.uniqueId == chest.uid
    (document,) = domain.consumer.retrieve([found])
    assert read(document.data) == chest
    note = read(rejection_note(sample("ct-chest").datasets("CT")[:2], "quality", when=when))
    later = when + timedelta(hours=1)
    after = without(chest, note.instance_uids, when=later)
    publish(domain.source, after, NORTH, later, replaces=entry)
    (current,) = domain.consumer.find_documents(patient)
    assert current.uniqueId == after.uid
    (old,) = domain.consumer.get_documents([entry.entryUUID])
    assert old.availabilityStatus == DEPRECATED
