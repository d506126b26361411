"""ITI-83 over HTTP: what is answered, and each refusal as PIXm has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from labkit.common.access import ALLOW_ALL, AccessRequest, Decision
from labkit.common.errors import DataError, NetworkError
from labkit.common.serving import HttpService
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.pix import CrossReference, Domain, PixClient, pix_app
from labkit.fhir.outcome import FhirError
from labkit.fhir.validation import validate

SERVER = "http://fhir.example/r4"
M, ML, POSY = NORTH.patient("NG-100457"), LAKESIDE.patient("LK-20871"), NORTH.patient("1001234")


@pytest.fixture
def pix() -> CrossReference:
    made = CrossReference(
        [Domain.of(NORTH, "https://north.example/id"), Domain.of(LAKESIDE)], server=SERVER
    )
    made.register(M, reference="Patient/m")
    made.register(ML, reference="Patient/ml")
    made.register(POSY)
    made.link(M, ML, why="a rule")
    return made


@pytest.fixture
def http(pix: CrossReference) -> TestClient:
    return TestClient(pix_app(pix, ALLOW_ALL))


def ask(http: TestClient, source: str, *targets: str, **more: str) -> httpx.Response:
    query = {"sourceIdentifier": source, "targetSystem": list(targets), **more}
    answer: httpx.Response = http.get("/Patient/$ihe-pix", params=query)
    return answer


def rows(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+json")
    body = answer.json()
    assert body["resourceType"] == "Parameters"
    assert "parameter" not in body or validate(body) == []
    return [
        (r["name"], r["valueIdentifier"]["value"] if "valueIdentifier" in r
         else r["valueReference"]["reference"])
        for r in body.get("parameter", [])
    ]  # fmt: skip


def test_all_of_a_person(http: TestClient) -> None:
    answer = ask(http, M.token)
    assert rows(answer) == [
        ("targetIdentifier", "LK-20871"),
        ("targetId", f"{SERVER}/Patient/m"),
        ("targetId", f"{SERVER}/Patient/ml"),
    ]
    identifier = answer.json()["parameter"][0]["valueIdentifier"]
    assert identifier == {
        "system": f"urn:oid:{LAKESIDE.authority}",
        "value": "LK-20871",
        "assigner": {"display": "Lakeside Clinic"},
    }


def test_only_the_targets(http: TestClient) -> None:
    lakeside = f"urn:oid:{LAKESIDE.authority}"
    assert rows(ask(http, M.token, lakeside)) == [("targetIdentifier", "LK-20871")]
    assert rows(ask(http, M.token, f"urn:oid:{NORTH.authority}")) == []
    assert rows(ask(http, M.token, SERVER)) == [
        ("targetId", f"{SERVER}/Patient/m"),
        ("targetId", f"{SERVER}/Patient/ml"),
    ]
    assert len(rows(ask(http, M.token, SERVER, lakeside))) == 3


def test_nobody_else_is_an_empty_answer(http: TestClient) -> None:
    assert rows(ask(http, POSY.token)) == []


def test_another_uri_of_the_authority(http: TestClient) -> None:
    assert ("targetIdentifier", "LK-20871") in rows(ask(http, "https://north.example/id|NG-100457"))


def test_by_the_patient_resource(http: TestClient) -> None:
    assert rows(ask(http, f"{SERVER}|Patient/m")) == [
        ("targetIdentifier", "NG-100457"),
        ("targetIdentifier", "LK-20871"),
        ("targetId", f"{SERVER}/Patient/ml"),
    ]
    assert ask(http, f"{SERVER}|Patient/nobody").status_code == 404


@pytest.mark.parametrize(
    ("source", "target", "status", "code", "says"),
    [
        (NORTH.patient("NG-0").token, "", 404, "not-found",
         "sourceIdentifier Patient Identifier not found"),
        ("urn:oid:2.25.9|NG-100457", "", 400, "code-invalid",
         "sourceIdentifier Assigning Authority not found"),
        (M.token, "urn:oid:2.25.9", 403, "code-invalid", "targetSystem not found"),
        ("NG-100457", "", 400, "invalid", "both are needed"),
        ("|NG-100457", "", 400, "invalid", "both are needed"),
    ],
    ids=["no such patient", "no such authority", "no such target", "bare", "no system"],
)  # fmt: skip
def test_a_refusal(
    http: TestClient, source: str, target: str, status: int, code: str, says: str
) -> None:
    """2:3.83.4.2.2.2 to 2:3.83.4.2.2.4."""
    answer = ask(http, source, *([target] if target else []))
    assert answer.status_code == status
    body = answer.json()
    assert validate(body) == []
    (issue,) = body["issue"]
    assert (issue["severity"], issue["code"]) == ("error", code)
    assert says in issue["diagnostics"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        (f"sourceIdentifier={M.token}&sourceIdentifier={ML.token}", 400),
        (f"sourceIdentifier={M.token}&targetsystem=x", 400),
        (f"sourceIdentifier={M.token}&_format=xml", 406),
    ],
)
def test_a_question_that_is_none(http: TestClient, query: str, status: int) -> None:
    assert http.get(f"/Patient/$ihe-pix?{query}").status_code == status


def test_only_get(http: TestClient) -> None:
    """2:3.83.4.1.2: the HTTP GET operation shall be used."""
    assert http.post("/Patient/$ihe-pix").status_code == 405


def test_it_declares_the_operation(http: TestClient) -> None:
    body = http.get("/metadata").json()
    assert validate(body) == []
    assert body["rest"][0]["resource"][0]["operation"][0]["name"] == "ihe-pix"


def test_without_a_policy_nothing_is_said(pix: CrossReference) -> None:
    closed = TestClient(pix_app(pix))
    for source in (M.token, NORTH.patient("NG-0").token):
        answer = ask(closed, source)
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (403, "forbidden")


def test_the_policy_hears_who_and_whom(pix: CrossReference) -> None:
    heard: list[AccessRequest] = []

    class Policy:
        def decide(self, request: AccessRequest) -> Decision:
            heard.append(request)
            return Decision(True, "yes")

    app = pix_app(pix, Policy(), base_url="http://pix.example", identify=lambda r: "chen")
    ask(TestClient(app), M.token)
    assert heard == [
        AccessRequest(
            "chen", "$ihe-pix", "http://pix.example",
            {"resourceType": "Patient", "identifier": M.token},
        )
    ]  # fmt: skip


# --- the client, over a real socket


@pytest.fixture
def client(pix: CrossReference) -> Iterator[PixClient]:
    service = HttpService("pix")
    port = service.bind()
    service.start(pix_app(pix, ALLOW_ALL))
    try:
        with PixClient(f"http://127.0.0.1:{port}") as made:
            yield made
    finally:
        service.stop()


def test_the_client_is_told(client: PixClient) -> None:
    assert client.corresponding(M) == [ML]
    assert client.corresponding(ML, [NORTH.authority]) == [M]
    assert client.corresponding(POSY) == []


@pytest.mark.parametrize(
    ("value", "targets", "status"),
    [("NG-0", (), 404), ("NG-100457", ("2.25.9",), 403)],
)
def test_the_client_raises(
    client: PixClient, value: str, targets: tuple[str, ...], status: int
) -> None:
    with pytest.raises(FhirError) as caught:
        client.corresponding(NORTH.patient(value), targets)
    assert caught.value.status == status
    assert caught.value.remedy


def _answering(body: Any) -> PixClient:
    return PixClient("http://pix.example", transport=httpx.MockTransport(lambda _: body))


def test_another_server() -> None:
    with pytest.raises(DataError, match="Parameters"):
        _answering(httpx.Response(200, json={"resourceType": "Bundle"})).corresponding(M)
    with pytest.raises(FhirError, match="500"):
        _answering(httpx.Response(500, text="<html>")).corresponding(M)


def test_no_server() -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(NetworkError):
        PixClient("http://x", transport=httpx.MockTransport(nobody)).corresponding(M)
