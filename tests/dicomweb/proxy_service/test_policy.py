"""Who may do what at a façade: no token, no images."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.common.access import AccessRequest
from labkit.dicom import encoded
from labkit.dicomweb.proxy.service.clients import ANONYMOUS
from labkit.dicomweb.proxy.service.policy import new_token
from tests.contract.pacs.cases import small, studies, uid
from tests.dicomweb.proxy.conftest import StartPacs
from tests.dicomweb.proxy_service.conftest import (
    Serve,
    Served,
    bearer,
    client_section,
    pacs_section,
)

WHOLE = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
DICOM = {"Content-Type": "application/dicom"}
OPEN = "[clients]\nopen = true\n"


def uids(served: Served, name: str, path: str = "/dicom-web/studies") -> set[str]:
    answer = served.web.get(path, headers=bearer(name))
    assert answer.status_code in (200, 204), answer.text
    return {row["0020000D"]["Value"][0] for row in answer.json()} if answer.content else set()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic token-of-ai"},
        {"Authorization": "Bearer token-of-ai extra"},
    ],
)
def test_without_a_token_there_is_nothing(
    pacs: StartPacs, serve: Serve, headers: dict[str, str]
) -> None:
    behind = pacs()
    behind.hold(*studies())
    served = serve(pacs_section(behind.peer), client_section("ai"))
    for path in ("/dicom-web/studies", f"/dicom-web/studies/{uid(1)}/metadata", "/dicom-web/",
                 f"/wado?requestType=WADO&studyUID={uid(1)}"):  # fmt: skip
        answer = served.web.get(path, headers=headers)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["remedy"] and "7FE00010" not in answer.text
    assert "association" not in " ".join(behind.log.lines()), "the PACS was not even asked"
    assert uids(served, "ai") == {uid(n) for n in (1, 2, 3, 4)}


def test_with_no_client_everything_is_refused(pacs: StartPacs, serve: Serve) -> None:
    served = serve(pacs_section(pacs().peer))
    assert served.web.get("/dicom-web/studies").status_code == 401
    assert served.web.get("/dicom-web/studies", headers=bearer("ai")).status_code == 401


def test_open_is_for_those_who_say_so(pacs: StartPacs, serve: Serve) -> None:
    behind = pacs()
    behind.hold(*studies())
    served = serve(pacs_section(behind.peer), OPEN, client_section("ai", acts=["store"]))
    assert served.web.get("/dicom-web/studies").status_code == 200
    assert served.web.get("/dicom-web/studies", headers=bearer("x")).status_code == 401
    assert served.web.get("/dicom-web/studies", headers=bearer("ai")).status_code == 403
    assert served.web.delete(f"/dicom-web/studies/{uid(1)}").status_code == 405


@pytest.mark.parametrize("host", ["images.evil.example", "127.0.0.1.evil.example:8080", "", "[x"])
def test_open_is_not_for_pages_with_a_name_that_leads_here(
    pacs: StartPacs, serve: Serve, host: str
) -> None:
    """DNS rebinding: for such a page our answers would be of its own origin."""
    served = serve(pacs_section(pacs().peer), OPEN, client_section("ai"))
    asked = served.web.get("/dicom-web/studies", headers={"Host": host})
    assert asked.status_code == 401
    assert served.web.get("/dicom-web/studies", headers={"Host": "localhost:8080"}).is_success
    with_token = {"Host": host, **bearer("ai")}
    assert served.web.get("/dicom-web/studies", headers=with_token).is_success


def test_a_client_does_what_its_acts_say(pacs: StartPacs, serve: Serve) -> None:
    behind = pacs()
    behind.hold(small(1))
    served = serve(
        pacs_section(behind.peer), client_section("reader"),
        client_section("writer", acts=["store"]), client_section("watch", acts=["metrics"]),
    )  # fmt: skip
    may = {"reader": (200, 403), "writer": (403, 200), "watch": (403, 403)}
    for name, expected in may.items():
        asked = served.web.get("/dicom-web/studies", headers=bearer(name))
        sent = served.web.post(
            "/dicom-web/studies", content=encoded(small(9)), headers={**DICOM, **bearer(name)}
        )
        assert (asked.status_code, sent.status_code) == expected, name


def test_a_client_sees_its_patients_alone(pacs: StartPacs, serve: Serve) -> None:
    behind = pacs()
    behind.hold(*studies())
    served = serve(
        pacs_section(behind.peer),
        client_section("trial", patients=["CONTRACT2"], acts=["read", "store"]),
        client_section("one", studies=[uid(1)]),
    )
    assert uids(served, "trial") == {uid(2)} and uids(served, "one") == {uid(1)}
    for name, mine, other in (("trial", 2, 1), ("one", 1, 2)):
        at = f"/dicom-web/studies/{uid(other)}"
        for path in (at, f"{at}/metadata", f"{at}/series/{uid(other, 1)}",
                     f"{at}/series/{uid(other, 1)}/instances/{uid(other, 1, 1)}/frames/1",
                     f"{at}/series/{uid(other, 1)}/instances/{uid(other, 1, 1)}/bulkdata/7FE00010",
                     f"{at}/rendered"):  # fmt: skip
            answer = served.web.get(path, headers=bearer(name))
            assert answer.status_code in (403, 404), path
            assert str(other) not in str(answer.json().get("PatientID", ""))
        whole = served.web.get(f"/dicom-web/studies/{uid(mine)}", headers={**WHOLE, **bearer(name)})
        assert whole.status_code == 200
    wado = served.web.get(
        "/wado", headers=bearer("trial"),
        params={"requestType": "WADO", "studyUID": uid(1), "seriesUID": uid(1, 1),
                "objectUID": uid(1, 1, 1), "contentType": "application/dicom"},
    )  # fmt: skip
    assert wado.status_code in (403, 404)
    for study, status in ((1, 409), (2, 200)):
        sent = served.web.post(
            "/dicom-web/studies", content=encoded(small(study, 7)),
            headers={**DICOM, **bearer("trial")},
        )  # fmt: skip
        assert sent.status_code == status, sent.text


def test_an_object_without_a_patient_is_nobodys(pacs: StartPacs, serve: Serve) -> None:
    behind = pacs()
    behind.hold(small(1, PatientID=""), small(2))
    served = serve(pacs_section(behind.peer), client_section("trial", patients=["CONTRACT2"]))
    assert uids(served, "trial") == {uid(2)}
    answer = served.web.get(f"/dicom-web/studies/{uid(1)}/metadata", headers=bearer("trial"))
    assert answer.status_code in (403, 404)


def test_a_client_may_be_kept_to_some_of_the_pacs(pacs: StartPacs, serve: Serve) -> None:
    first, second = pacs("FIRST"), pacs("SECOND")
    first.hold(small(1), small(3, PatientName="First^Name"))
    second.hold(small(2), small(3, PatientName="Second^Name"))
    served = serve(
        pacs_section(first.peer), pacs_section(second.peer),
        client_section("all", acts=["read"]),
        client_section("second", acts=["read", "store"], pacs=["SECOND"]),
    )  # fmt: skip
    assert uids(served, "all") == {uid(1), uid(2), uid(3)}
    assert uids(served, "second") == {uid(2), uid(3)}
    path = f"/dicom-web/studies/{uid(3)}/metadata"
    for name, says in (("all", "First"), ("second", "Second"), ("all", "First")):
        (header,) = served.web.get(path, headers=bearer(name)).json()
        assert header["00100010"]["Value"][0]["Alphabetic"].startswith(says), name
    hidden = f"/dicom-web/studies/{uid(1)}/metadata"
    assert served.web.get(hidden, headers=bearer("all")).status_code == 200
    assert served.web.get(hidden, headers=bearer("second")).status_code == 404, "cached, and hidden"
    assert served.web.get(hidden, headers=bearer("all")).status_code == 200
    assert served.lines[-1]["cache"] == "hit", "what one may not see is not taken for gone"
    sent = served.web.post(
        "/dicom-web/studies", content=encoded(small(9)), headers={**DICOM, **bearer("second")}
    )
    assert sent.status_code == 403, "STOW goes to FIRST, which it may not use"


def test_trust_does_not_mix_clients(pacs: StartPacs, serve: Serve) -> None:
    first, second = pacs("FIRST"), pacs("SECOND")
    first.hold(small(1))
    second.hold(small(2))
    served = serve(
        pacs_section(first.peer), pacs_section(second.peer), client_section("all"),
        client_section("second", pacs=["SECOND"]), proxy="port = 8080\ntrust = 600\n",
    )  # fmt: skip
    hidden = f"/dicom-web/studies/{uid(1)}/metadata"
    for _ in range(2):
        assert served.web.get(hidden, headers=bearer("all")).status_code == 200
        assert served.web.get(hidden, headers=bearer("second")).status_code == 404


def test_a_browser_asks_first_and_only_known_origins_read(pacs: StartPacs, serve: Serve) -> None:
    origin = "https://viewer.example.org"
    served = serve(
        pacs_section(pacs().peer), client_section("ai"),
        proxy=f'port = 8080\norigins = ["{origin}"]\n',
    )  # fmt: skip
    asked = {"Access-Control-Request-Method": "GET",
             "Access-Control-Request-Headers": "authorization"}  # fmt: skip
    first = served.web.options("/dicom-web/studies", headers={"Origin": origin, **asked})
    assert first.status_code == 200
    assert first.headers["access-control-allow-origin"] == origin
    for other in ("https://viewer.example.org.evil.example", "http://localhost:3000"):
        answer = served.web.options("/dicom-web/studies", headers={"Origin": other, **asked})
        assert "access-control-allow-origin" not in answer.headers
    plain = served.web.options("/dicom-web/studies", headers={"Origin": origin})
    assert plain.status_code == 401, "an OPTIONS that is no preflight is a request"


def test_nobody_deletes(pacs: StartPacs, serve: Serve) -> None:
    served = serve(pacs_section(pacs().peer), OPEN, client_section("ai", acts=["read", "store"]))
    policy = served.facade._policy
    for actor in ("ai", ANONYMOUS, "", "stranger"):
        assert not policy.decide(AccessRequest(actor, "delete", "n"))
    assert not policy.decide(AccessRequest("stranger", "read", "n"))
    assert not policy.decide(AccessRequest("", "read", "n"))


def test_a_new_token_fits_its_digest(pacs: StartPacs, serve: Serve) -> None:
    token, digest = new_token()
    section: dict[str, Any] = {"name": "new", "token_sha256": digest}
    text = "[[client]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in section.items())
    served = serve(pacs_section(pacs().peer), text)
    answer = served.web.get("/dicom-web/studies", headers={"Authorization": f"bearer {token}"})
    assert answer.status_code in (200, 204)
    assert token != new_token()[0]
