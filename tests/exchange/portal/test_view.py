"""What is shown: what the token gives, from all sites, and where a hole is."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from labkit.common.errors import AccessDenied
from labkit.exchange.portal import Portal
from labkit.exchange.portal.pages import HEADERS
from tests.exchange.portal.conftest import HERS, HIS, NOWHERE, House, document


def test_a_patient_sees_her_own_and_no_others(house: House) -> None:
    view = house.portal.view(house.token())
    assert view.patient == "Patient/thistlewick" and view.unanswered == ()
    with house.lab.fhir.client() as fhir:
        hers = {
            each["identifier"][0]["value"].removeprefix("urn:oid:")
            for each in fhir.search("ImagingStudy", patient="Patient/thistlewick")
        }
    assert {study.StudyInstanceUID for study in view.studies} == hers
    assert HERS in hers and HIS not in hers
    by_uid = {study.StudyInstanceUID: study for study in view.studies}
    assert by_uid[HERS].at == {"North General": "has it", "Lakeside Clinic": "has none"}
    assert "CT chest with contrast" in repr(view)


def test_a_picture_comes_by_wado_rs_with_the_same_token(house: House) -> None:
    token, mark = house.token(), house.lab.audit.last
    study = house.portal.study(token, HERS)
    data = house.portal.picture(token, HERS, *study.images[0], size=64)
    assert data.startswith(b"\x89PNG")
    asked = [r for r in house.lab.audit.records(mark) if r.get("door", "").endswith("/dicom-web")]
    assert asked and all(r["grant"]["client"] == "portal" for r in asked)
    assert {r["grant"]["patient"] for r in asked} == {"thistlewick"}


def test_a_narrow_token_has_a_narrow_view_that_says_so(house: House) -> None:
    view = house.portal.view(
        house.token(scope="patient/Patient.rs patient/ImagingStudy.rs?modality=CT")
    )
    assert [study.StudyInstanceUID for study in view.studies] == [HERS]
    assert view.unanswered == (
        "the token gives no DiagnosticReport", "the token gives no DocumentReference",
    )  # fmt: skip


def test_a_site_that_is_silent_is_not_a_site_that_has_none(house: House) -> None:
    sites = {"North General": house.lab.dicomweb.url, "Lakeside Clinic": "http://127.0.0.1:9/x"}
    portal = Portal(house.lab.fhir.url, sites, house.trail)
    view = portal.view(house.token())
    assert view.unanswered == ("Lakeside Clinic did not answer",)
    assert {study.at["Lakeside Clinic"] for study in view.studies} == {"did not answer"}
    assert portal.study(house.token(), HERS).images


def test_a_clinician_has_to_name_the_patient(house: House) -> None:
    token = house.lab.auth.token("workbook", scope="user/*.rs", user="lanternwick")
    with pytest.raises(AccessDenied, match="which patient"):
        house.portal.view(token)
    assert house.portal.view(token, "thistlewick").studies


def test_a_document_is_a_download_and_nothing_else(house: House) -> None:
    binary = {"resourceType": "Binary", "id": "letter", "contentType": "text/html",
              "securityContext": {"reference": "Patient/thistlewick"},
              "data": "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="}  # fmt: skip
    house.put(binary, document("Binary/letter"))
    browser = house.browser(house.token())
    assert 'href="/documents/paper"' in browser.get("/").text
    answer = browser.get("/documents/paper")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"].startswith("sandbox")


def test_the_same_as_data_over_http(house: House) -> None:
    token = house.token()
    with house.browser() as program:
        answer = program.get("/", headers={"Authorization": f"Bearer {token}",
                                           "Accept": "application/json"})  # fmt: skip
    assert answer.json()["studies"] == [
        {**vars(s), "modalities": list(s.modalities), "images": []}
        for s in house.portal.view(token).studies
    ]


def test_each_look_is_written_down_before_it_is_shown(house: House) -> None:
    token = house.token()
    house.portal.view(token)
    house.portal.study(token, HERS)
    with pytest.raises(AccessDenied):
        house.portal.study(token, NOWHERE)
    assert [(r["action"], r["actor"], r["allowed"]) for r in house.records()] == [
        ("view", "thistlewick", True), ("images", "thistlewick", True), ("images", "", False),
    ]  # fmt: skip
    assert house.records()[0]["what"] == {"patient": "Patient/thistlewick"}
    browser = house.browser(token)
    house.trail.close()
    answer = browser.get("/")
    assert answer.status_code == 503 and "Thistlewick" not in answer.text


class Outline(HTMLParser):
    """What somebody who does not see the page is told."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.labelled = 0
        self._in_label = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_label = self._in_label or tag == "label"
        if tag == "input" and dict(attrs).get("type") != "hidden":
            assert self._in_label, "a field without a label"
            self.labelled += 1

    def handle_endtag(self, tag: str) -> None:
        self._in_label = self._in_label and tag != "label"


def test_pages_can_be_heard_and_have_no_script(house: House) -> None:
    browser = house.browser(house.token())
    for path in ("/", f"/studies/{HERS}", "/shared/x/y"):
        answer = browser.get(path)
        outline = Outline(answer.text)
        names = [tag for tag, _ in outline.tags]
        assert names.count("h1") == 1 and names.count("main") == 1
        assert dict(outline.tags)["html"]["lang"] == "en"
        assert all(attrs.get("scope") == "col" for tag, attrs in outline.tags if tag == "th")
        assert all(attrs.get("alt") for tag, attrs in outline.tags if tag == "img")
        assert "script" not in names and not [
            name for _, attrs in outline.tags for name in attrs if name.startswith("on")
        ]
        assert {n: answer.headers[n] for n in HEADERS} == HEADERS
