"""What goes wrong with web servers, and what the doctor says of it."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from labkit.lab.doctor.finding import Finding, LayerFails, LayerSkipped, examined
from labkit.lab.doctor.web import DicomWebChecks, FhirChecks, WebChecks

Answer = Callable[[httpx.Request], httpx.Response]
CAPABLE = {
    "resourceType": "CapabilityStatement",
    "fhirVersion": "4.0.1",
    "rest": [{"resource": [{"type": "Patient"}, {"type": "ImagingStudy"}]}],
}


def checks(kind: Any, answer: Answer, token: str = "", **headers: str) -> Any:
    def http() -> httpx.Client:
        return httpx.Client(
            base_url="http://server.example/base/",
            transport=httpx.MockTransport(answer),
            headers=headers,
        )

    section = "[fhir]" if kind is FhirChecks else "[dicomweb]"
    return kind("http://server.example/base", http, ssl.create_default_context, token, section)


def run(these: WebChecks) -> list[tuple[str, str]]:
    """The layers above the network, as far as they go."""
    said = []
    for layer, check in these.layers:  # type: ignore[attr-defined]
        if layer in ("name", "TCP", "TLS"):
            continue
        try:
            said.append((layer, check()))
        except LayerSkipped as error:
            said.append((layer, f"skipped: {error.message}"))
        except LayerFails as error:
            return [*said, (layer, f"FAILED: {error.message} -> {error.remedy}")]
    return said


def always(status: int = 200, **more: Any) -> Answer:
    return lambda request: httpx.Response(status, **more)


def test_https_has_one_layer_more() -> None:
    plain = FhirChecks("http://h:1", httpx.Client, ssl.create_default_context)
    secure = FhirChecks("https://h", httpx.Client, ssl.create_default_context)
    assert [name for name, _ in plain.layers][:3] == ["name", "TCP", "metadata"]
    assert [name for name, _ in secure.layers][:3] == ["name", "TCP", "TLS"]


def test_a_fhir_server_that_is_well() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.path.endswith("/metadata"):
            return httpx.Response(200, json=CAPABLE)
        return httpx.Response(200, json={"resourceType": "Bundle", "total": 12})

    assert run(checks(FhirChecks, answer)) == [
        ("metadata", "FHIR 4.0.1, a server without a name, 2 resource types"),
        ("token", "skipped: none given"),
        ("search", "ImagingStudy: 12"),
    ]
    assert asked[-1] == "http://server.example/base/ImagingStudy?_summary=count"


def test_a_fhir_server_without_images() -> None:
    some = {"resourceType": "CapabilityStatement"}
    assert run(checks(FhirChecks, always(json=some)))[-1] == (
        "search",
        "skipped: it serves neither ImagingStudy nor Patient",
    )


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (always(401, headers={"www-authenticate": "Bearer realm=x"}), "it wants Bearer -> You: g"),
        (always(403), "it knows who asks"),
        (always(404), "HTTP 404 -> You: check url in [fhir]"),
        (always(500), "HTTP 500 -> The server's administrator"),
        (always(302, headers={"location": "https://login/?secret=1"}), "leads away, to https://lo"),
        (always(200, html="<p>"), "answers with text/html, which is not JSON -> You"),
        (always(200, json=[]), "no CapabilityStatement -> You: check url"),
        (always(204), "no CapabilityStatement"),
    ],
)
def test_a_fhir_server_that_is_not(answer: Answer, says: str) -> None:
    ((layer, said),) = run(checks(FhirChecks, answer))
    assert layer == "metadata" and says in said and "secret" not in said


def test_a_login_that_is_not_accepted() -> None:
    answer = always(401, headers={"www-authenticate": "Bearer"})
    ((_, said),) = run(checks(FhirChecks, answer, authorization="Basic c2VjcmV0"))
    assert "does not accept our Basic, and wants Bearer" in said and "c2VjcmV0" not in said


def test_a_server_that_does_not_answer() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silent")

    ((_, said),) = run(checks(FhirChecks, answer))
    assert "no answer (ReadTimeout)" in said


def token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2ln"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "skipped: none given"),
        ("opaque", "given; it does not say until when"),
        ("a.b.c", "given; it does not say until when"),
        (token({"sub": "x"}), "given; it does not say until when"),
        (token([1]), "given; it does not say until when"),
        (token({"exp": 32503680000}), "given, valid until 3000-01-01 00:00 UTC"),
        (token({"exp": 0}), "FAILED: the token ended at 1970-01-01 00:00 UTC"),
    ],
)
def test_tokens(given: str, says: str) -> None:
    found = run(checks(FhirChecks, always(json=CAPABLE), given))
    assert found[1][0] == "token" and found[1][1].startswith(says)


STUDY = {"0020000D": {"vr": "UI", "Value": ["1.2"]}}
INSTANCE = {"0020000E": {"Value": ["1.2.3"]}, "00080018": {"Value": ["1.2.3.4"]}}


def dicomweb(studies: Any, instances: Any = (INSTANCE,)) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept"] == "application/dicom+json"
        path = request.url.path.removeprefix("/base/")
        if path == "studies":
            return httpx.Response(200, json=studies) if studies else httpx.Response(204)
        if path == "studies/1.2/instances":
            return httpx.Response(200, json=list(instances))
        assert path == "studies/1.2/series/1.2.3/instances/1.2.3.4/metadata"
        return httpx.Response(200, json=[{"00100010": {"Value": ["ADA"]}}])

    return answer


@pytest.mark.parametrize(
    ("answer", "qido", "wado"),
    [
        (dicomweb([STUDY]), "1 study", "metadata of one instance: 1 data elements"),
        (
            dicomweb([STUDY, STUDY]),
            "2 studies and more",
            "metadata of one instance: 1 data elements",
        ),
        (dicomweb([]), "nothing found", "skipped: there is no study to ask for"),
        (dicomweb([{}]), "1 study", "skipped: there is no study to ask for"),
        (dicomweb([STUDY], []), "1 study", "skipped: the study shows no instance"),
    ],
)
def test_a_dicomweb_server_that_is_well(answer: Answer, qido: str, wado: str) -> None:
    found = dict(run(checks(DicomWebChecks, answer)))
    assert found["QIDO"] == f"a search works: {qido}" and found["WADO"] == wado


@pytest.mark.parametrize("studies", [{"a": 1}, [1], "text"])
def test_json_that_is_not_of_dicom(studies: Any) -> None:
    (_, (layer, said)) = run(checks(DicomWebChecks, always(json=studies)))
    assert layer == "QIDO" and "not DICOM JSON" in said and "before /studies" in said


def test_a_finding_in_words_and_as_data() -> None:
    found = Finding("FHIR", "token", "failed", "ended", "You: renew it.", ("line",))
    assert found.lines[0] == "  FAILED  token        ended"
    assert "-> You: renew it." in found.lines[1] and found.lines[2].strip() == "line"
    assert found.to_json()["entry"] == ["line"]


def test_garbage_of_one_server_does_not_end_the_round() -> None:
    answer = dicomweb([{"0020000D": "text"}])
    layers = [one for one in checks(DicomWebChecks, answer).layers if one[0] in ("QIDO", "WADO")]
    (found,) = examined("DICOMWEB", layers)
    assert found.state == "failed" and "cannot be read (AttributeError)" in found.said
    assert found.remedy
