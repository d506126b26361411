"""The client, in process and against what is no FHIR server."""

from collections.abc import Callable

import httpx
import pytest

from labkit.common.errors import DataError, HttpError, NetworkError
from labkit.fhir import FhirClient, FhirError

PATIENT = {"resourceType": "Patient", "name": [{"family": "Rossi"}]}


def test_round_trip(fhir: FhirClient) -> None:
    made = fhir.create(PATIENT)
    assert fhir.read(f"Patient/{made['id']}") == made
    assert fhir.read(f"http://fhir.test/Patient/{made['id']}") == made
    changed = fhir.update({**made, "active": True}, if_match="1")
    assert changed["meta"]["versionId"] == "2"
    assert [p["id"] for p in fhir.search("Patient", family="rossi")] == [made["id"]]
    assert list(fhir.search("Patient", **{"name:exact": "rossi"})) == []
    assert list(fhir.search("Patient", _lastUpdated=["ge2026", "lt2026-01-01"])) == []
    fhir.delete(f"Patient/{made['id']}")
    with pytest.raises(FhirError) as gone:
        fhir.read(f"Patient/{made['id']}")
    assert gone.value.status == 410
    assert fhir.capabilities()["fhirVersion"] == "4.0.1"


def test_create_once_transaction_history_and_validate(fhir: FhirClient) -> None:
    criteria = "identifier=http://example.org/mrn|7"
    resource = {**PATIENT, "identifier": [{"system": "http://example.org/mrn", "value": "7"}]}
    made = fhir.create(resource, if_none_exist=criteria)
    assert fhir.create(resource, if_none_exist=criteria) == made
    entry = {"request": {"method": "PUT", "url": f"Patient?{criteria}"}, "resource": resource}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    done = fhir.transaction(bundle)["entry"][0]
    assert (done["response"]["status"], done["resource"]["meta"]["versionId"]) == ("200 OK", "2")
    told = [row["response"]["etag"] for row in fhir.history(f"Patient/{made['id']}")]
    assert told == ['W/"2"', 'W/"1"']
    assert [issue.severity for issue in fhir.validate(resource)] == ["information"]
    assert fhir.validate({**resource, "gender": "F"})[0].expression == "Patient.gender"


def test_an_error_says_what_the_outcome_says(fhir: FhirClient) -> None:
    with pytest.raises(HttpError, match=r"Patient\.gender: 'F' is not one of") as caught:
        fhir.create({**PATIENT, "gender": "F"})
    assert isinstance(caught.value, FhirError)
    assert caught.value.status == 422
    assert caught.value.issues[0].expression == "Patient.gender"
    with pytest.raises(FhirError, match="If-Match"):
        made = fhir.create(PATIENT)
        fhir.update(made, if_match="9")


def test_what_cannot_be_sent(fhir: FhirClient) -> None:
    with pytest.raises(DataError, match="no resourceType"):
        fhir.create({"name": []})
    with pytest.raises(DataError, match="no id"):
        fhir.update(PATIENT)
    with pytest.raises(DataError, match="another server"):
        fhir.read("http://evil.test/Patient/1")


Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer) -> FhirClient:
    return FhirClient("http://peer.test/fhir", transport=httpx.MockTransport(answer))


def test_the_base_url_may_have_a_path() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json=PATIENT)

    with client(answer) as fhir:
        fhir.read("Patient/1")
        fhir.read("http://peer.test/fhir/Patient/1")
    assert seen == ["http://peer.test/fhir/Patient/1"] * 2
    assert "peer.test" not in repr(fhir)


def test_peers_that_are_not_fhir() -> None:
    with pytest.raises(DataError, match="not a FHIR resource"):
        client(lambda _: httpx.Response(200, text="<html>")).read("Patient/1")
    with pytest.raises(DataError, match="not a FHIR resource"):
        client(lambda _: httpx.Response(200, json=[])).read("Patient/1")
    with pytest.raises(FhirError, match="HTTP 502"):
        client(lambda _: httpx.Response(502, text="<html>")).read("Patient/1")
    with pytest.raises(FhirError, match="HTTP 500"):
        client(lambda _: httpx.Response(500, json={"error": "x"})).read("Patient/1")

    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too long")

    with pytest.raises(NetworkError, match="ReadTimeout") as caught:
        client(silent).read("Patient/1")
    assert caught.value.remedy


def test_an_outcome_with_details_only() -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [
            {"severity": "error", "code": "invalid", "details": {"text": "no"}, "location": ["/a"]}
        ],
    }
    with pytest.raises(FhirError, match="/a: no"):
        client(lambda _: httpx.Response(400, json=outcome)).read("Patient/1")


def test_a_next_link_to_another_server_is_not_followed() -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "next", "url": "http://evil.test/steal"}],
    }
    with pytest.raises(DataError, match="another server"):
        list(client(lambda _: httpx.Response(200, json=bundle)).search("Patient"))
