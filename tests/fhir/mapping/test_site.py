"""The site file, and what its policies make of references."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks.golden import CASES
from labkit.common.errors import LabkitError
from labkit.fhir.mapping import MappedStudy, MappingTable, Site, StudyBuilder, combine
from labkit.fhir.mapping.check import check_resource
from tests.fhir.mapping.headers import code, header, item

PAGE = Path(__file__).resolve().parents[3] / "docs" / "mapping.md"
SYSTEM = '[issuer]\nNORTHGEN = "https://north.example/id"\n'


def mapped(site: str, *headers: Any, **options: Any) -> MappedStudy:
    builder = StudyBuilder(site=Site.parse(site), **options)
    for ds in headers or (header(),):
        builder.add(ds)
    return builder.studies()[0]


def test_the_page_shows_a_site_file_and_a_row_that_work(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    site = next(b for b in blocks if b.startswith("zone"))
    assert Site.parse(site).policy_of("Patient") == "conditional"
    path = tmp_path / "t.toml"
    path.write_text(next(b for b in blocks if b.startswith("[[row]]")), "utf-8")
    assert MappingTable.load(path).rows[0] in MappingTable.load().rows
    assert f"| **all** | {len(CASES)} of {len(CASES)} |" in PAGE.read_text("utf-8")
    assert f"maps {len(CASES)} small studies" in PAGE.read_text("utf-8")


@pytest.mark.parametrize(
    "text",
    ['zone = "Europe/Atlantis"', 'zone = "../etc/passwd"', "zon = 1", "zone = 1", 'issuer = "x"',
     '[policy]\nPatient = "guess"', '[policy]\nObservation = "create"', "[ae]\nCT1 = 3", "zone ="],
)  # fmt: skip
def test_what_a_site_file_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(LabkitError) as caught:
        Site.parse(text)
    assert caught.value.remedy


def test_an_empty_site_knows_nothing() -> None:
    assert Site.load() == Site()
    assert Site().zoneinfo() is None


def test_a_zone_of_the_site_file_is_named_as_the_source() -> None:
    zone = 'zone = "Europe/Rome"\n'
    why = mapped(zone).trail.why("ImagingStudy.started")
    assert "(0008,0030) of" in why and "the zone Europe/Rome of the site file" in why
    assert "(0008,0201)" not in why
    own = mapped(zone, header(TimezoneOffsetFromUTC="+0100")).trail.why("ImagingStudy.started")
    assert "(0008,0201)" in own and "site file" not in own
    assert "site file" not in mapped("").trail.why("ImagingStudy.started")


def test_create_has_an_id_of_its_identifier_alone() -> None:
    one, other = mapped("", header()), mapped("", header(2, study=2))
    subject = one.imaging_study["subject"]["reference"]
    assert subject == other.imaging_study["subject"]["reference"]
    assert subject in {f"Patient/{r['id']}" for r in one.resources}


def test_an_id_of_nobody_makes_a_patient_of_that_study_alone() -> None:
    one = mapped("", header(IssuerOfPatientID=None))
    other = mapped("", header(study=2, IssuerOfPatientID=None))
    assert one.imaging_study["subject"] != other.imaging_study["subject"]
    assert "no-issuer" in {o.reason for o in one.trail.omissions}


def test_conditional_only_in_a_transaction_and_only_with_a_system() -> None:
    study = mapped(SYSTEM + '[policy]\nPatient = "conditional"\n')
    assert not any(r["resourceType"] == "Patient" for r in study.resources)
    assert "reference" not in study.imaging_study["subject"]
    sent = study.bundle("transaction")["entry"][0]["resource"]["subject"]
    assert sent["reference"] == "Patient?identifier=https://north.example/id|NG-1"
    assert "reference" not in study.bundle()["entry"][0]["resource"]["subject"]
    study = mapped('[policy]\nPatient = "conditional"\n')
    assert "reference" not in study.bundle("transaction")["entry"][0]["resource"]["subject"]


def test_lookup_asks_and_falls_back() -> None:
    asked = []

    def lookup(*question: str) -> str:
        asked.append(question)
        return "Patient/17" if question[2] == "NG-1" else ""

    site = SYSTEM + '[policy]\nPatient = "lookup"\n'
    found = mapped(site, lookup=lookup).imaging_study["subject"]
    assert found["reference"] == "Patient/17"
    assert ("Patient", "https://north.example/id", "NG-1") in asked
    lost = mapped(site, header(PatientID="NG-9"), lookup=lookup).imaging_study["subject"]
    assert (lost["identifier"]["value"], "reference" in lost) == ("NG-9", False)


@pytest.mark.parametrize("fhir", ["R4", "R5"])
def test_orders_and_people_are_created_where_the_site_wants_it(fhir: str) -> None:
    site = """
        [scheme]
        99STAFF = "https://s.example/staff"
        [policy]
        ServiceRequest = "create"
        Practitioner = "create"
        [organization]
        NORTHGEN = "Organization/north"
    """
    who = item(PersonIdentificationCodeSequence=[code("D-77", "99STAFF", "number")])
    order = item(AccessionNumber="A1", RequestedProcedureDescription="CT head",
                 ReasonForTheRequestedProcedure="fall")  # fmt: skip
    study = mapped(site, header(ReferringPhysicianName="Bianchi^Carla",
                                ReferringPhysicianIdentificationSequence=[who],
                                RequestAttributesSequence=[order]), fhir=fhir)  # fmt: skip
    by = {r["resourceType"]: r for r in study.resources}
    assert by["Practitioner"]["name"][0]["family"] == "Bianchi"
    assert by["ServiceRequest"]["subject"] == study.imaging_study["subject"]
    assert by["ServiceRequest"]["intent"] == "order"
    assigner = by["Patient"]["identifier"][0]["assigner"]
    assert assigner == {"reference": "Organization/north", "display": "NORTHGEN"}
    for resource in (*study.resources, study.bundle(), study.bundle("transaction")):
        assert [str(i) for i in check_resource(resource, fhir)] == []


def test_a_coded_person_without_a_name_is_a_reference_all_the_same() -> None:
    who = item(PersonIdentificationCodeSequence=[code("D-77", "99STAFF", "number")])
    study = mapped("", header(ReferringPhysicianIdentificationSequence=[who]))
    assert study.imaging_study["referrer"]["identifier"]["value"] == "D-77"


def test_a_station_that_the_site_knows() -> None:
    site = '[ae.CT1]\ndevice = "Device/ct1"\nlocation = "Location/r1"\ndisplay = "CT, room 1"\n'
    study = mapped(site, header(StationName="CT1", Manufacturer="ACME"))
    (performer,) = study.imaging_study["series"][0]["performer"]
    assert performer["actor"] == {"reference": "Device/ct1", "display": "CT, room 1"}
    assert study.imaging_study["location"]["reference"] == "Location/r1"


def test_resources_that_studies_share_are_there_once_and_contradictions_are_told() -> None:
    builder = StudyBuilder()
    builder.add(header())
    builder.add(header(study=2, PatientBirthDate="19800301", PatientTelephoneNumbers="1"))
    resources, problems = combine(builder.studies())
    (patient,) = (r for r in resources if r["resourceType"] == "Patient")
    assert "birthDate" not in patient
    assert patient["telecom"][0]["value"] == "1"
    assert ["Patient.birthDate" in p.words for p in problems] == [True]


PRIVATE = """
[[private]]
source = '(0019,"ACME 1.0",10)'
path = "ImagingStudy.series.description"
[[private]]
source = '(0019,"ACME 1.0",11)'
path = "ImagingStudy.series.modality"
transform = "modality"
"""


def test_a_private_element_counts_where_the_standard_one_says_nothing() -> None:
    def with_block(**elements: Any) -> Any:
        ds = header(**elements)
        block = ds.private_block(0x0019, "ACME 1.0", create=True)
        block.add_new(0x10, "LO", "HEAD 5.0")
        block.add_new(0x11, "CS", "CT")
        return ds

    (series,) = mapped(PRIVATE, with_block(Modality=None)).imaging_study["series"]
    assert (series["description"], series["modality"]["code"]) == ("HEAD 5.0", "CT")
    said = with_block(SeriesDescription="Axial", Modality="MR")
    (series,) = mapped(PRIVATE, said).imaging_study["series"]
    assert (series["description"], series["modality"]["code"]) == ("Axial", "MR")
    trail = mapped(PRIVATE, with_block()).trail
    assert '(0019,"ACME 1.0",10)' in trail.why("ImagingStudy.series.description")


@pytest.mark.parametrize(
    "text", ["[private]\na = 1", "[[private]]\nsource = 'x'", "[[private]]\nsource = '(0019,10)'\n"
             "path = 'ImagingStudy.description'"],
)  # fmt: skip
def test_a_private_element_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(LabkitError) as caught:
        mapped(text)
    assert caught.value.remedy


def test_bundles_of_another_kind_are_refused() -> None:
    with pytest.raises(LabkitError, match="searchset"):
        mapped("").bundle("searchset")
