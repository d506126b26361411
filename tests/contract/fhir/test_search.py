"""What a search finds (R4 search.html): each parameter of ImagingStudy, and the string ones."""

from __future__ import annotations

import httpx
import pytest

from labkit.fhir.definitions import definitions
from tests.contract.fhir.world import World

# name of the case: query, studies it finds among the two of the patient
STUDIES = {
    # every search parameter of ImagingStudy (R4 imagingstudy.html#search)
    "basedon": ("basedon=ServiceRequest/{order}", "one"),
    "bodysite": ("bodysite=http://snomed.info/sct|69536005", "one"),
    "dicom-class": ("dicom-class=urn:ietf:rfc:3986|urn:oid:1.2.840.10008.5.1.4.1.1.2", "one"),
    "encounter": ("encounter=Encounter/{visit}", "one"),
    "endpoint": ("endpoint=Endpoint/{endpoint}", "one"),
    "identifier": ("identifier=urn:dicom:uid|urn:oid:{uid1}", "one"),
    "instance": ("instance={uid1}.1.1", "one"),
    "interpreter": ("interpreter=Practitioner/{doctor}", "one"),
    "modality": ("modality=MR", "two"),
    "patient": ("patient=Patient/{ann}", "one two"),
    "performer": ("performer=Practitioner/{doctor}", "one"),
    "reason": ("reason={system}|headache", "one"),
    "referrer": ("referrer=Practitioner/{doctor}", "one"),
    "series": ("series={uid2}.1", "two"),
    "started": ("started=2026-01-15", "one"),
    "status": ("status=registered", "two"),
    "subject": ("subject=Patient/{ann}", "one two"),
    "_id": ("_id={one}", "one"),
    "_lastUpdated": ("_lastUpdated=ge2020", "one two"),
    "_lastUpdated-none": ("_lastUpdated=lt2020", ""),
    # token (R4 search.html#token)
    "token-code": ("identifier={mark}", "one"),
    "token-system-code": ("modality=http://dicom.nema.org/resources/ontology/DCM|CT", "one"),
    "token-other-system": ("modality=http://example.org/other|CT", ""),
    "token-no-system": ("identifier=|{mark}-bare", "one"),
    "token-no-system-has-one": ("identifier=|{mark}", ""),
    "token-any-of-system": ("modality=http://dicom.nema.org/resources/ontology/DCM|", "one two"),
    "token-not": ("modality:not=CT", "two"),
    "token-or": ("modality=CT,MR", "one two"),
    "token-and": ("modality=CT&status=registered", ""),
    "missing-true": ("reason:missing=true", "two"),
    "missing-false": ("reason:missing=false", "one"),
    # reference (R4 search.html#reference)
    "reference-id": ("basedon={order}", "one"),
    "reference-url": ("basedon={base}/ServiceRequest/{order}", "one"),
    "reference-type": ("basedon:ServiceRequest={order}", "one"),
    "reference-none": ("basedon=ServiceRequest/{order}-no", ""),
    "chain": ("patient.identifier={system}|{mark}-patient", "one two"),
    "chain-type": ("subject:Patient.family=müller", "one two"),
    "chain-none": ("patient.gender=male", ""),
    "chain-order": ("basedon:ServiceRequest.identifier={system}|{mark}-servicerequest", "one"),
    "has": ("_has:DocumentReference:related:status=current", "one"),
    # date (R4 search.html#date): one is at 07:30Z of the 15th, two some time on the 16th
    "date-month": ("started=2026-01", "one two"),
    "date-moment": ("started=2026-01-15T07:30:00Z", "one"),
    "date-moment-elsewhere": ("started=2026-01-15T02:30:00-05:00", "one"),
    "date-ne": ("started=ne2026-01-15", "two"),
    "date-gt": ("started=gt2026-01-15", "two"),
    "date-lt": ("started=lt2026-01-16", "one"),
    "date-ge": ("started=ge2026-01-15", "one two"),
    "date-le": ("started=le2026-01-15", "one"),
    "date-sa": ("started=sa2026-01-15", "two"),
    "date-eb": ("started=eb2026-01-16", "one"),
    "date-range": ("started=ge2026-01-15&started=lt2026-01-16", "one"),
    "date-or": ("started=2026-01-15,2026-01-16", "one two"),
}
PATIENTS = {
    # string (R4 search.html#string): without regard to case and accents, from the beginning
    "string-start": ("family=müller{tail}", True),
    "string-no-accent": ("family=muller{tail}", True),
    "string-not-start": ("family=üller{tail}", False),
    "string-exact": ("family:exact=Müller{tail}", True),
    "string-exact-case": ("family:exact=müller{tail}", False),
    "string-contains": ("family:contains=ÜLLER{tail}", True),
    "name-of-any-part": ("name=ann&family=müller{tail}", True),
    "birthdate": ("birthdate=ge1970-05-05&birthdate=lt1970-05-06", True),
    "gender-not": ("gender:not=female", False),
    "has": ("_has:ImagingStudy:patient:modality=MR", True),
    "has-none": ("_has:ImagingStudy:patient:modality=US", False),
    "has-chain": ("_has:ImagingStudy:patient:basedon.status=active", True),
}


def asked(world: World, query: str) -> list[tuple[str, str]]:
    filled = world.fill(query.replace("{tail}", world.mark[-6:]))
    return [(name, value) for name, _, value in (p.partition("=") for p in filled.split("&"))]


def found(http: httpx.Client, kind: str, pairs: list[tuple[str, str]]) -> list[str]:
    answer = http.get(f"/{kind}", params=pairs)
    assert answer.status_code == 200, answer.text
    entries = answer.json().get("entry", [])
    return sorted(e["resource"]["id"] for e in entries if e["search"]["mode"] == "match")


@pytest.mark.parametrize(("query", "names"), list(STUDIES.values()), ids=list(STUDIES))
def test_studies(http: httpx.Client, world: World, query: str, names: str) -> None:
    pairs = asked(world, query)
    if pairs[0][0] not in ("patient", "subject"):  # the server may hold others
        pairs.append(("patient", world.ids["ann"]))
    assert found(http, "ImagingStudy", pairs) == sorted(world.ids[n] for n in names.split())


@pytest.mark.parametrize(("query", "hit"), list(PATIENTS.values()), ids=list(PATIENTS))
def test_patients(http: httpx.Client, world: World, query: str, hit: bool) -> None:
    pairs = [*asked(world, query), ("identifier", world.fill("{system}|{mark}-patient"))]
    assert found(http, "Patient", pairs) == [world.ids["ann"]] * hit


def test_a_search_by_post(http: httpx.Client, world: World) -> None:
    """R4 http.html#search: parameters in a form, where no proxy logs them."""
    answer = http.post("/ImagingStudy/_search", data={"patient": world.ids["ann"]})
    assert answer.status_code == 200
    assert len(answer.json()["entry"]) == 2


@pytest.mark.usefixtures("target")
def test_every_study_parameter_of_r4_is_tried() -> None:
    """The cases have each search parameter that R4 defines for ImagingStudy."""
    defined = {code for code in definitions().search["ImagingStudy"] if code[0] != "_"}
    assert defined <= set(STUDIES)
