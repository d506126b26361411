"""The FHIR form, there and back."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from labkit.common.errors import DataError
from labkit.dicom.samples import sample
from labkit.exchange.manifests import (
    Issued,
    Location,
    Maker,
    Manifest,
    Request,
    from_fhir,
    gather,
    read,
    to_fhir,
    unread,
    unsaid,
    write,
)
from labkit.exchange.manifests.fhir import names
from labkit.exchange.parties import NORTH
from labkit.fhir import validate

SYSTEMS = {"99LABKIT": "https://labkit.example/codes"}


@pytest.fixture
def chest(north: Maker, when: datetime) -> Manifest:
    return gather(sample("ct-chest").datasets(), "mado", maker=north, when=when)


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


@pytest.mark.parametrize(
    "slug", ["ct-chest", "cr-wrist", "us-heart", "us-thyroid", "mr-brain", "dx-hand", "nm-bone"]
)
def test_ours_lose_nothing_in_either_direction(slug: str, when: datetime) -> None:
    by_web = Maker.of(NORTH, url="http://127.0.0.1:1/dicomweb")
    told = gather(sample(slug).datasets(), "mado", maker=by_web, when=when)
    bundle = to_fhir(told, systems=SYSTEMS)
    assert validate(bundle) == []
    assert from_fhir(bundle, systems=SYSTEMS) == told
    assert unsaid(told, systems=SYSTEMS) == ()
    assert unread(bundle, systems=SYSTEMS) == ()
    assert read(write(from_fhir(bundle, systems=SYSTEMS))) == told


def test_names_of_three_component_groups_come_back(north: Maker, when: datetime) -> None:
    told = gather(sample("us-heart").datasets(), "mado", maker=north, when=when)
    assert told.patient.name == "Kumorizora^Haru=曇空^晴=くもりぞら^はる"
    assert from_fhir(to_fhir(told)).patient == told.patient


def test_the_document_has_what_the_profile_asks_for(chest: Manifest) -> None:
    bundle = to_fhir(chest)
    kinds = [e["resource"]["resourceType"] for e in bundle["entry"]]
    assert kinds[0] == "Composition" and bundle["type"] == "document"
    for kind in ("ImagingStudy", "Patient", "Device", "Organization", "Endpoint"):
        assert kinds.count(kind) == 1
    (study,), (endpoint,) = resources(bundle, "ImagingStudy"), resources(bundle, "Endpoint")
    assert study["numberOfSeries"] == 5 and study["numberOfInstances"] == 44
    assert all(s["endpoint"] and s["numberOfInstances"] for s in study["series"])
    assert endpoint["extension"][0]["valueString"] == chest.series[0].location.uid
    urls = {e["fullUrl"] for e in bundle["entry"]}
    references = [s["endpoint"][0]["reference"] for s in study["series"]]
    assert {study["subject"]["reference"], *references} <= urls
    value = bundle["identifier"]["value"]
    assert value == f"urn:oid:{chest.uid}"  # that of the key object selection


def test_the_same_document_is_made_twice(chest: Manifest) -> None:
    assert to_fhir(chest) == to_fhir(chest)


def test_a_place_without_address_is_said_to_have_none(chest: Manifest) -> None:
    hidden = replace(chest, series=tuple(
        replace(s, location=Location(uid="2.25.9")) for s in chest.series))  # fmt: skip
    (endpoint,) = resources(to_fhir(hidden), "Endpoint")
    assert endpoint["address"] == names.NO_ADDRESS
    assert endpoint["_address"]["extension"][0]["valueCode"] == "unknown"
    assert from_fhir(to_fhir(hidden)).locations == (Location(uid="2.25.9"),)


def test_what_fhir_cannot_say_is_told_with_the_reason(chest: Manifest) -> None:
    odd = replace(
        chest, study_time="09", description="for conference",
        series=(replace(chest.series[0], location=Location("http://x", "2.25.9", ("ARCHIVE",))),),
    )  # fmt: skip
    said = {problem.where: problem.rule for problem in unsaid(odd, systems=SYSTEMS)}
    assert set(said) == {"study_time", "description", "series[0].location.ae_titles"}
    assert "zone and minutes" in said["study_time"]
    assert "DIMSE" in said["series[0].location.ae_titles"]


def test_a_bare_manifest_becomes_one_with_description(north: Maker, when: datetime) -> None:
    bare = read(write(gather(sample("dx-chest").datasets(), maker=north, when=when)))
    bundle = to_fhir(bare)
    assert validate(bundle) == []  # R4 wants a modality: it is said to be unknown
    assert resources(bundle, "ImagingStudy")[0]["series"][0]["modality"]["extension"]
    where = {problem.where for problem in unsaid(bare)}
    assert {"title.value", "requests[0].codes"} <= where
    assert from_fhir(bundle).series[0].modality == ""


def test_a_code_without_system_is_words(chest: Manifest) -> None:
    (study,) = resources(to_fhir(chest), "ImagingStudy")
    assert study["procedureCode"] == [{"text": "CT chest with contrast"}]
    assert any("no FHIR system" in p.rule for p in unsaid(chest))


def test_ihe_s_samples_go_there_and_back(real: Path) -> None:
    told = read(real)
    bundle = to_fhir(told)
    assert validate(bundle) == []
    # All but what the document's own series is.
    assert {p.where for p in unsaid(told)} == {"series_uid", "series_number", "series_description"}
    assert read(write(from_fhir(bundle))).series == told.series


def test_orders_of_a_group_case_stay_apart(chest: Manifest) -> None:
    orders = tuple(
        Request(Issued(n, "2.25.7"), Issued(f"P{n}", "2.25.8"), Issued(f"F{n}", "2.25.9"))
        for n in ("1", "2")
    )
    both = replace(chest, accession=None, requests=orders)
    assert from_fhir(to_fhir(both)).requests == orders
    assert from_fhir(to_fhir(both)).accession is None


def test_times_of_other_zones_are_of_one(chest: Manifest) -> None:
    bundle = to_fhir(chest)
    (study,) = resources(bundle, "ImagingStudy")
    study["started"] = "2026-01-13T23:30:00-05:00"
    told = from_fhir(bundle)
    assert (told.study_date, told.study_time, told.timezone) == ("20260114", "043000", "+0000")


def test_a_foreign_document_is_read_and_its_oddities_told(chest: Manifest) -> None:
    bundle = copy.deepcopy(to_fhir(chest))
    bundle["identifier"] = {"system": "http://a.example/ids", "value": "mado-1"}
    (study,) = resources(bundle, "ImagingStudy")
    study["numberOfSeries"] = 9
    study["series"][0]["endpoint"] = [{"reference": "Endpoint/elsewhere"}]
    study["note"] = [{"text": "seen by Dr Moreau"}]
    told = from_fhir(bundle)
    said = " | ".join(str(p) for p in told.problems)
    assert "'mado-1' is no UID" in said
    assert "says 9; 5 are listed" in said
    assert "Endpoint/elsewhere is not in the document" in said
    assert told.uid.startswith("2.25.")
    assert "ImagingStudy.note.text" not in {p.where for p in unread(bundle)}  # text is for people
    study["interpreter"] = [{"identifier": {"value": "7"}}]
    assert "ImagingStudy.interpreter.identifier.value" in {p.where for p in unread(bundle)}


def test_what_is_no_manifest_is_refused(chest: Manifest) -> None:
    with pytest.raises(DataError, match="no FHIR document"):
        from_fhir({"resourceType": "Patient"})
    bundle = to_fhir(chest)
    bundle["entry"] = [
        e for e in bundle["entry"] if e["resource"]["resourceType"] != "ImagingStudy"
    ]
    with pytest.raises(DataError, match="0 ImagingStudy"):
        from_fhir(bundle)
    bundle = to_fhir(chest)
    resources(bundle, "ImagingStudy")[0]["identifier"] = [{"value": "1"}]
    with pytest.raises(DataError, match="Study Instance UID"):
        from_fhir(bundle)
