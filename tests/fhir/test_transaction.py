"""Batch and transaction (R4 http.html#transaction)."""

from typing import Any

import httpx
import pytest

from labkit.common import AccessRequest, Decision
from labkit.fhir import FhirStore, validate

JSON = {"Content-Type": "application/fhir+json"}
SYSTEM = "http://example.org/mrn"
PATIENT_URN = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
STUDY_URN = "urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059"
Entry = dict[str, Any]


def patch(path: str, value: Any, kind: str = "replace") -> dict[str, Any]:
    """A FHIRPath Patch of one operation."""
    name = "valueBoolean" if isinstance(value, bool) else "valueCode"
    parts = [
        {"name": "type", "valueCode": kind},
        {"name": "path", "valueString": path},
        {"name": "value", name: value},
    ]
    return {
        "resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}],
    }  # fmt: skip


SUPERSEDE = patch("DocumentReference.status", "superseded")
DEACTIVATE = patch("Patient.identifier[0].use", "old")


def patient(value: str = "7", **more: Any) -> dict[str, Any]:
    identifier = [{"use": "usual", "system": SYSTEM, "value": value}]
    return {"resourceType": "Patient", "identifier": identifier, **more}


def study(subject: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ImagingStudy",
        "status": "available",
        "subject": {"reference": subject},
        **more,
    }


def entry(method: str, url: str, resource: Any = None, full: str = "", **request: str) -> Entry:
    out: Entry = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        out["resource"] = resource
    return {"fullUrl": full, **out} if full else out


def send(
    http: httpx.Client, *entries: Entry, kind: str = "transaction", **headers: str
) -> httpx.Response:
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": kind}
    if entries:
        bundle["entry"] = list(entries)
    return http.post("/", json=bundle, headers={**JSON, **headers})


def statuses(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert validate(answer.json()) == []
    return [row["response"]["status"][:3] for row in answer.json().get("entry", [])]


def test_entries_refer_to_each_other_in_any_order(http: httpx.Client) -> None:
    narrative = {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{PATIENT_URN}">Ann</a></div>',
    }
    answer = send(
        http,
        entry("POST", "ImagingStudy", study(PATIENT_URN, text=narrative), STUDY_URN),
        entry("POST", "Patient", patient(), PATIENT_URN),
        entry("GET", "ImagingStudy?patient.identifier=7&_include=ImagingStudy:patient"),
    )
    assert statuses(answer) == ["201", "201", "200"]
    made, person, found = answer.json()["entry"]
    assert (
        made["response"]["location"] == "ImagingStudy/2/_history/1" or made["response"]["location"]
    )
    assert "resource" not in person
    assert person["response"]["etag"] == 'W/"1"'
    kinds = [row["resource"]["resourceType"] for row in found["resource"]["entry"]]
    assert kinds == ["ImagingStudy", "Patient"], "a GET sees what the transaction stored"
    stored = found["resource"]["entry"][0]["resource"]
    id_ = person["response"]["location"].split("/")[1]
    assert stored["subject"]["reference"] == f"Patient/{id_}"
    assert f'<a href="Patient/{id_}">' in stored["text"]["div"]


def test_an_identifier_is_not_a_link(http: httpx.Client) -> None:
    own = {"system": "urn:ietf:rfc:3986", "value": PATIENT_URN}
    resource = {"resourceType": "Patient", "identifier": [own]}
    answer = send(
        http, entry("POST", "Patient", resource, PATIENT_URN), Prefer="return=representation"
    )
    assert answer.json()["entry"][0]["resource"]["identifier"] == [own]


def test_a_full_url_that_is_an_address_is_a_link_too(http: httpx.Client) -> None:
    answer = send(
        http,
        entry("POST", "Patient", patient(id="9"), "http://old.example.org/fhir/Patient/9"),
        entry("POST", "ImagingStudy", study("Patient/9")),
        entry("POST", "ImagingStudy", study("http://old.example.org/fhir/Patient/9")),
        Prefer="return=representation",
    )
    person, *studies = [row["resource"] for row in answer.json()["entry"]]
    for one in studies:
        assert one["subject"]["reference"] == f"Patient/{person['id']}"


def test_twice_the_same_changes_nothing(http: httpx.Client) -> None:
    criteria = f"identifier={SYSTEM}|7"
    uid = "identifier=urn:dicom:uid|urn:oid:1.2.3"
    one = study(PATIENT_URN, identifier=[{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}])
    entries = [
        entry("POST", "Patient", patient(), PATIENT_URN, ifNoneExist=criteria),
        entry("PUT", f"ImagingStudy?{uid}", one, STUDY_URN),
    ]
    assert statuses(send(http, *entries)) == ["201", "201"]
    assert statuses(send(http, *entries)) == ["200", "200"]
    found = http.get("/ImagingStudy").json()["entry"]
    assert len(found) == 1
    assert found[0]["resource"]["subject"]["reference"] == "Patient/1"
    assert len(http.get("/Patient").json()["entry"]) == 1


def test_two_entries_may_want_the_same_patient(http: httpx.Client) -> None:
    criteria = f"identifier={SYSTEM}|7"
    other = "urn:uuid:00000000-0000-4000-8000-000000000002"
    answer = send(
        http,
        entry("POST", "Patient", patient(), PATIENT_URN, ifNoneExist=criteria),
        entry("POST", "Patient", patient(), other, ifNoneExist=criteria),
        entry("POST", "ImagingStudy", study(other)),
    )
    assert statuses(answer) == ["201", "200", "201"]
    assert http.get("/ImagingStudy?patient=Patient/1").json()["total"] == 1
    assert http.get("/Patient").json()["total"] == 1


def test_conditional_references_find_what_is_there_and_what_comes(http: httpx.Client) -> None:
    reference = f"Patient?identifier={SYSTEM}|7"
    order = {
        "resourceType": "ServiceRequest", "status": "active", "intent": "order",
        "identifier": [{"system": SYSTEM, "value": "A1"}], "subject": {"reference": reference},
    }  # fmt: skip
    based = study(reference, basedOn=[{"reference": f"ServiceRequest?identifier={SYSTEM}|A1"}])
    answer = send(
        http,
        entry("POST", "ImagingStudy", based),
        entry("POST", "ServiceRequest", order),
        entry("POST", "Patient", patient()),
        Prefer="return=representation",
    )
    assert statuses(answer) == ["201"] * 3
    one, request, person = [row["resource"] for row in answer.json()["entry"]]
    assert one["subject"]["reference"] == f"Patient/{person['id']}"
    assert one["basedOn"][0]["reference"] == f"ServiceRequest/{request['id']}"
    assert one["meta"]["versionId"] == "1"
    assert http.get(f"/ImagingStudy?basedon={request['id']}").json()["total"] == 1
    missing = send(http, entry("POST", "ImagingStudy", study(f"Patient?identifier={SYSTEM}|8")))
    assert missing.status_code == 412
    assert missing.json()["issue"][0]["expression"] == ["Bundle.entry[0]"]


def test_the_order_is_delete_post_put_get(http: httpx.Client) -> None:
    send(http, entry("PUT", "Patient/old", patient(id="old")))
    answer = send(
        http,
        entry("GET", f"Patient?identifier={SYSTEM}|7&_summary=count"),
        entry("PUT", "Patient/kept", patient(id="kept")),
        entry("POST", "Patient", patient(), ifNoneExist=f"identifier={SYSTEM}|7"),
        entry("DELETE", "Patient/old"),
    )
    assert statuses(answer) == ["200", "201", "201", "204"]
    assert answer.json()["entry"][0]["resource"]["total"] == 2


FAILING = [
    ([entry("POST", "Patient", {"resourceType": "Patient", "gender": "F"})], 422, "gender"),
    ([entry("PUT", "Patient/9", patient(id="8"))], 400, "id"),
    ([entry("PUT", "Patient/1", patient(id="1"), ifMatch='W/"7"')], 412, "If-Match"),
    ([entry("GET", "Patient/none")], 404, "no Patient/none"),
    ([entry("GET", "Patient?nmae=x")], 400, "nmae"),
    ([entry("PATCH", "Patient", patient(id="1"))], 400, "no act"),
    ([entry("PATCH", "Patient/1", patient(id="1"))], 400, "Parameters"),
    ([entry("PATCH", "Patient/1")], 400, "needs a resource"),
    ([entry("PATCH", "Patient/none", SUPERSEDE)], 404, "no Patient/none"),
    ([entry("PATCH", "Patient/1", SUPERSEDE)], 422, "begins with Patient"),
    ([entry("PATCH", "Patient/1", DEACTIVATE, ifMatch='W/"7"')], 412, "If-Match"),
    ([entry("PATCH", "Patient/1", DEACTIVATE), entry("PUT", "Patient/1", patient(id="1"))], 400,
     "too"),
    ([entry("POST", "Nonsense", {"resourceType": "Nonsense"})], 400, "Nonsense"),
    ([entry("POST", "Patient", study("Patient/1"))], 400, "ImagingStudy"),
    ([entry("POST", "Patient")], 400, "needs a resource"),
    ([entry("POST", "http://elsewhere.example.org/Patient", patient())], 400, "another server"),
    ([entry("POST", "ImagingStudy", study(PATIENT_URN)),
      entry("POST", "Device", {"resourceType": "Device", "status": "active"}, PATIENT_URN),
      entry("PUT", "ImagingStudy/x", study("Practitioner/1", id="x"))], 422, "Practitioner"),
    ([entry("PUT", "Patient/a", patient(id="a")), entry("DELETE", "Patient/a"),
      entry("PUT", "Patient/a", patient(id="a"))], 400, "too"),
    ([entry("PUT", "Patient/1", patient(id="1")), entry("DELETE", "Patient/1")], 400, "too"),
    ([entry("POST", "Patient", patient(), PATIENT_URN)] * 2, 400, "two entries"),
    ([{"resource": patient()}], 400, "method"),
    ([{}], 400, "request"),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "status", "says"), FAILING)
def test_all_or_nothing(
    http: httpx.Client, store: FhirStore, entries: list[Entry], status: int, says: str
) -> None:
    send(http, entry("PUT", "Patient/1", patient("1", id="1")))
    before = [store.query(f"SELECT * FROM {name}", []) for name in ("version", "ix_token")]
    good = entry("POST", "Patient", patient("good"))
    answer = send(http, good, *entries)
    assert answer.status_code == status, answer.text
    issue = answer.json()["issue"][0]
    assert says in answer.text
    assert issue["expression"][0].startswith("Bundle.entry[")
    after = [store.query(f"SELECT * FROM {name}", []) for name in ("version", "ix_token")]
    assert before == after


def test_a_batch_does_what_it_can(http: httpx.Client) -> None:
    answer = send(
        http,
        entry("POST", "Patient", patient()),
        entry("POST", "Patient", {"resourceType": "Patient", "gender": "F"}),
        entry("POST", "ImagingStudy", study(PATIENT_URN)),
        entry("GET", "Patient/1"),
        entry("GET", "Patient/none"),
        entry("PATCH", "Patient/1", patient()),
        entry("PATCH", "Patient/1", DEACTIVATE),
        entry("GET", "metadata"),
        entry("DELETE", "Patient/1"),
        entry("GET", "Patient/1"),
        entry("POST", "Patient/$validate", {"resourceType": "Patient", "gender": "F"}),
        kind="batch",
    )
    expected = ["201", "422", "400", "200", "404", "400", "200", "400", "204", "410", "200"]
    assert statuses(answer) == expected
    rows = answer.json()["entry"]
    assert rows[1]["response"]["outcome"]["issue"][0]["code"] == "code-invalid"
    assert rows[3]["resource"]["id"] == "1"
    assert rows[10]["resource"]["resourceType"] == "OperationOutcome"


def test_what_is_sent_to_the_base_is_a_batch_or_a_transaction(http: httpx.Client) -> None:
    assert send(http, kind="searchset").status_code == 400
    assert send(http, kind="nonsense").status_code == 400
    assert send(http).json() == {"resourceType": "Bundle", "type": "transaction-response"}
    assert http.post("/", json=patient(), headers=JSON).status_code == 400


@pytest.mark.parametrize("request_", [None, 1, "method url", [], {}], ids=repr)
def test_an_entry_without_a_request_is_refused(http: httpx.Client, request_: Any) -> None:
    assert send(http, {"request": request_}, kind="batch").status_code == 400


def test_the_policy_is_asked_for_each_entry(connect: Any, store: FhirStore) -> None:
    class NoStudies:
        def decide(self, request: AccessRequest) -> Decision:
            return Decision(request.resource["resourceType"] == "Patient", "patients only")

    http = connect(policy=NoStudies())
    both = [entry("POST", "Patient", patient()), entry("POST", "ImagingStudy", study("Patient/1"))]
    assert send(http, *both).status_code == 403
    assert store.query("SELECT * FROM resource", []) == []
    assert statuses(send(http, *both, kind="batch")) == ["201", "403"]
