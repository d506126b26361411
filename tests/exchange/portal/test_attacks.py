"""Ways round: each is tried, and each tries what works where it is allowed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from labkit.common.errors import AccessDenied
from labkit.exchange.portal.app import COOKIE
from labkit.exchange.portal.sessions import IDLE, TICKET
from tests.exchange.portal.conftest import FRIEND, HERS, HIS, NOWHERE, House, document

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


class Trap(ThreadingHTTPServer):
    """Notes who calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        trap = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                trap.calls.append(f"{self.path} {self.headers.get('Authorization', '')}")
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def test_another_patients_study_is_as_one_that_is_nowhere(house: House) -> None:
    token = house.token()
    browser = house.browser(token)
    his = house.portal.study(house.token("quillfeather"), HIS)
    series, sop = his.images[0]
    told = set()
    for uid in (HIS, NOWHERE, "1..2", "x" * 65, "%3Cscript%3E"):
        answer = browser.get(f"/studies/{uid}")
        told.add((answer.status_code, answer.text))
        answer = browser.get(f"/studies/{uid}/images/{series}/{sop}")
        told.add((answer.status_code, answer.text))
    assert len(told) == 1 and next(iter(told))[0] == 404
    # The pictures are there, for him.
    assert house.portal.picture(house.token("quillfeather"), HIS, series, sop)


def test_his_picture_under_her_study(house: House) -> None:
    series, sop = house.portal.study(house.token("quillfeather"), HIS).images[0]
    (own, _), *_ = house.portal.study(house.token(), HERS).images
    for guessed in ((series, sop), (own, sop)):
        with pytest.raises(AccessDenied):
            house.portal.picture(house.token(), HERS, *guessed)


@pytest.mark.parametrize("path", [
    "/studies/{uid}/images/..%2f..%2fx/1", "/studies/{uid}/images/1/2%2frendered%3fx",
    "/documents/..%2fPatient%2fquillfeather", "/documents/paper%2f_history%2f1",
    "/documents/paper%3f_format=xml",
])  # fmt: skip
def test_a_path_in_a_name_leads_nowhere(house: House, path: str) -> None:
    assert house.browser(house.token()).get(path.format(uid=HERS)).status_code == 404


def test_without_a_token_there_is_nothing(house: House) -> None:
    paths = ("/", f"/studies/{HERS}", f"/studies/{HERS}/images/1/2", "/documents/paper", "/shared")
    for path in paths:
        for headers in ({}, {"Cookie": f"{COOKIE}=guessed"}, {"Authorization": "Bearer x.y.z"},
                        {"Authorization": "Basic eDp5"}):  # fmt: skip
            answer = house.browser().get(path, headers=headers)
            assert answer.status_code in (401, 404), (path, headers)
            assert "Thistlewick" not in answer.text


def test_a_token_in_an_address_is_refused(house: House) -> None:
    token = house.token()
    for path in ("/", f"/studies/{HERS}", "/enter/x"):
        answer = house.browser().get(f"{path}?access_token={token}")
        assert answer.status_code == 400 and "logs" in answer.text


def test_a_token_goes_into_no_page_no_address_and_no_record(house: House) -> None:
    token = house.token()
    browser = house.browser()
    url = house.portal.enter(token)
    seen = [url]
    answer = browser.get(url)
    seen += [answer.headers["location"], answer.headers["set-cookie"], answer.text]
    seen += [browser.get(path).text for path in ("/", f"/studies/{HERS}")]
    share = house.portal.share(token, HERS, FRIEND)
    seen += [share.url, repr(share), repr(house.portal), repr(house.records())]
    parts = [token, *token.split(".")]
    assert not [part for part in parts for text in seen if part in text]
    assert share.passcode not in repr(house.records()) + repr(share) + share.url
    assert share.url.rsplit("/", 1)[1] not in repr(house.records()) + repr(share)


def test_a_ticket_is_good_once_and_soon(house: House) -> None:
    token = house.token()
    url = house.portal.enter(token)
    assert house.browser().get(url).status_code == 303
    assert house.browser().get(url).status_code == 401
    late = house.portal.enter(token)
    house.clock.late = TICKET + 1
    assert house.browser().get(late).status_code == 401


def test_a_session_ends(house: House) -> None:
    browser = house.browser(house.token())
    house.clock.late = IDLE + 1
    assert browser.get("/").status_code == 401
    other = house.browser(house.token())
    form = other.get("/").text.split('name="form" value="')[1].split('"')[0]
    cookie = other.cookies[COOKIE]
    assert other.post("/leave", data={"form": form}).status_code == 200
    again = httpx.get(house.portal.url, cookies={COOKIE: cookie}, trust_env=False)
    assert again.status_code == 401


def test_a_token_that_is_taken_back_ends_the_session(house: House) -> None:
    token = house.token()
    browser = house.browser(token)
    assert browser.get("/").status_code == 200
    house.lab.auth.client("portal").revoke(token)
    answer = browser.get("/")
    assert answer.status_code == 401 and "Thistlewick" not in answer.text


def test_a_form_of_another_page_is_not_taken(house: House) -> None:
    token = house.token()
    browser = house.browser(token)
    share = house.portal.share(token, HERS, FRIEND)
    for form in ({}, {"form": "guessed"}):
        sent = {"study": HERS, "recipient": FRIEND, "hours": "1", **form}
        assert browser.post("/shares", data=sent).status_code == 404
        assert browser.post(f"/shares/{share.id}/end", data=form).status_code == 404
        assert browser.post("/leave", data=form).status_code == 404
    assert [s.state for s in house.portal.shares(token)] == ["open"]
    form = {"form": browser.get("/").text.split('name="form" value="')[1].split('"')[0]}
    made = browser.post("/shares", data={"study": HERS, "recipient": FRIEND, "hours": "1", **form})
    assert made.status_code == 200 and "Passcode" in made.text
    assert browser.post(f"/shares/{share.id}/end", data=form).status_code == 303
    assert sorted(s.state for s in house.portal.shares(token)) == ["open", "revoked"]
    bad = browser.post("/shares", data={"study": HERS, "recipient": FRIEND, "hours": "x", **form})
    assert bad.status_code == 400
    assert browser.post("/shares", content=b"x" * 20000).status_code == 400


def test_names_are_text(house: House) -> None:
    with house.lab.fhir.client() as fhir:
        her = fhir.read("Patient/thistlewick")
        fhir.update({**her, "name": [{"family": NASTY, "given": [NASTY]}]})
    study = house.study()
    study |= {"description": NASTY, "modality": [{"system": "x", "code": "CT"}]}
    attachment = {"contentType": "text/html", "url": "javascript:alert(1)", "title": NASTY}
    house.put(study, document("x", content=[{"attachment": attachment}]))
    browser = house.browser(house.token())
    pages = [browser.get("/").text, browser.get(f"/studies/{HERS}").text]
    share = house.portal.share(house.token(), HERS, FRIEND)
    guest = house.browser()
    guest.post(share.url, data={"passcode": share.passcode})
    pages.append(guest.get("/shared").text)
    for page in pages:
        assert "<script" not in page and "<img src=x" not in page and "javascript:" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&gt;" in page
    for nasty in (
        f"/studies/{NASTY}",
        f"/documents/{NASTY}",
        f"/enter/{NASTY}",
        f"/shared/{NASTY}/x",
    ):
        assert "<script" not in browser.get(nasty).text


ELSEWHERE = [
    "{trap}/secret", "{fhir}@127.0.0.1:{port}/Binary/1", "{fhir}.evil.example/Binary/1",
    "//127.0.0.1:{port}/Binary/1", "file:///etc/passwd", "{fhir}/Binary/../Patient/quillfeather",
    "{fhir}/Patient/quillfeather", "Binary/1?x={trap}", "{fhir}/Binary/1#{trap}", "http://[::1",
    "\\\\127.0.0.1:{port}/Binary/1",
]  # fmt: skip


def test_an_address_in_a_document_is_not_called(house: House, trap: Trap) -> None:
    token, port = house.token(), trap.server_port
    for url in ELSEWHERE:
        place = url.format(trap=f"http://127.0.0.1:{port}", port=port, fhir=house.lab.fhir.url)
        house.put(document(place))
        (shown,) = house.portal.view(token).documents
        assert not shown.here and shown.reference == "DocumentReference/paper", place
        with pytest.raises(AccessDenied):
            house.portal.attachment(token, "paper")
    assert trap.calls == []


def test_an_endpoint_of_a_study_is_not_called(house: House, trap: Trap) -> None:
    address = f"http://127.0.0.1:{trap.server_port}/dicom-web"
    endpoint = {
        "resourceType": "Endpoint", "id": "evil", "status": "active", "address": address,
        "connectionType": {"code": "dicom-wado-rs"}, "payloadType": [{"text": "DICOM"}],
    }  # fmt: skip
    house.put(endpoint, {**house.study(), "endpoint": [{"reference": "Endpoint/evil"}]})
    token = house.token()
    study = house.portal.study(token, HERS)
    assert house.portal.picture(token, HERS, *study.images[0])
    assert trap.calls == []


def test_a_document_of_somebody_else_that_points_to_hers(house: House) -> None:
    """His letter, under her name: the Binary is asked for with her token too."""
    binary = {"resourceType": "Binary", "id": "his", "contentType": "text/plain", "data": "aGlz",
              "securityContext": {"reference": "Patient/quillfeather"}}  # fmt: skip
    house.put(binary, document("Binary/his"))
    with pytest.raises(AccessDenied):
        house.portal.attachment(house.token(), "paper")


def test_another_name_for_this_machine_is_not_the_portal(house: House) -> None:
    answer = httpx.get(house.portal.url, headers={"Host": "evil.example"}, trust_env=False)
    assert answer.status_code == 400


def test_a_cookie_is_for_the_browser_alone(house: House) -> None:
    answer = house.browser().get(house.portal.enter(house.token()))
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said and "samesite=lax" in said and "path=/" in said


def test_a_server_that_fails_shows_nothing_of_itself(house: House) -> None:
    browser = house.browser(house.token())
    house.lab.stop_node("FHIR")
    try:
        answer = browser.get("/")
    finally:
        house.lab.start_node("FHIR")
    assert answer.status_code == 503 and answer.headers["retry-after"] == "60"
    assert "127.0.0.1" not in answer.text and "Thistlewick" not in answer.text
