"""A link for an outside provider: one study, for a time, under consent, on record."""

from __future__ import annotations

import pytest

from labkit.access.consent import consent, provision
from labkit.common.errors import AccessDenied, UsageError
from labkit.exchange.portal.shares import TRIES
from tests.exchange.portal.conftest import FRIEND, HERS, HIS, STRANGER, House

GONE = "This link opens nothing"


def test_a_recipient_sees_the_study_and_its_pictures(house: House) -> None:
    share = house.portal.share(house.token(), HERS, FRIEND)
    study = house.portal.shared(share.url, share.passcode)
    assert study.StudyInstanceUID == HERS and study.images
    assert house.portal.shared_picture(share.id, *study.images[0]).startswith(b"\x89PNG")
    browser = house.browser()
    assert browser.post(share.url, data={"passcode": share.passcode}).status_code == 303
    page = browser.get("/shared")
    assert page.status_code == 200 and "CT chest with contrast" in page.text
    series, sop = study.images[0]
    assert browser.get(f"/shared/images/{series}/{sop}?small=1").content.startswith(b"\x89PNG")


def test_a_share_is_bound_to_its_study(house: House) -> None:
    token = house.token()
    share = house.portal.share(token, HERS, FRIEND)
    other = house.portal.view(token).studies[0].StudyInstanceUID
    assert other != HERS
    browser = house.browser()
    browser.post(share.url, data={"passcode": share.passcode})
    for path in ("/", f"/studies/{HERS}", f"/studies/{other}", "/documents/paper"):
        assert browser.get(path).status_code == 401
    assert browser.post("/shares", data={"study": HERS, "recipient": FRIEND}).status_code == 401
    (series, sop), *_ = house.portal.study(token, other).images
    assert browser.get(f"/shared/images/{series}/{sop}").status_code == 404
    with pytest.raises(AccessDenied, match=GONE):
        house.portal.shared_picture(share.id, series, sop)


@pytest.mark.parametrize(
    "how", ["hours", "token", "revoked", "token revoked", "locked", "secret", "id"]
)
def test_a_link_that_is_over_opens_nothing_and_does_not_say_why(house: House, how: str) -> None:
    token = house.token()
    share = house.portal.share(token, HERS, FRIEND, hours=24 if how == "token" else 0.5)
    url, browser = share.url, house.browser()
    browser.post(url, data={"passcode": share.passcode})
    assert browser.get("/shared").status_code == 200
    if how in ("hours", "token"):
        house.clock.late = 1801 if how == "hours" else 3601
    elif how == "revoked":
        house.portal.revoke(token, share.id)
    elif how == "token revoked":
        house.lab.auth.client("portal").revoke(token)
    elif how == "locked":
        for _ in range(TRIES):
            house.browser().post(url, data={"passcode": "00000000"})
    elif how == "secret":
        url = url[:-3] + "xyz"
    else:
        url = url.replace(share.id, "0" * 16)
    fresh = house.browser()
    before = fresh.get(url).text
    answer = fresh.post(url, data={"passcode": share.passcode})
    if how == "token revoked":  # the portal holds it; the servers do not take it
        answer = fresh.get("/shared")
        assert answer.status_code == 404
    else:
        assert answer.status_code == 403
    assert GONE in answer.text and "Thistlewick" not in answer.text
    assert before == house.browser().get("/shared/never/was").text
    if how not in ("secret", "id"):
        assert browser.get("/shared").status_code in (401, 404)
    assert not house.records()[-1]["allowed"]


def test_a_passcode_is_tried_five_times(house: House) -> None:
    share = house.portal.share(house.token(), HERS, FRIEND)
    for _ in range(TRIES - 1):
        with pytest.raises(AccessDenied, match="not right"):
            house.portal.shared(share.url, "wrong")
    assert house.portal.shared(share.url, share.passcode)  # and it begins anew
    for _ in range(TRIES):
        with pytest.raises(AccessDenied, match="not right"):
            house.portal.shared(share.url, "wrong")
    with pytest.raises(AccessDenied, match=GONE):
        house.portal.shared(share.url, share.passcode)
    assert [s.state for s in house.portal.shares(house.token())] == ["locked"]


@pytest.mark.parametrize(
    "recipient", [STRANGER, "Organization/lakeside", "PractitionerRole/parsnipper"]
)
def test_whom_the_patient_denies_gets_no_link(house: House, recipient: str) -> None:
    """The practitioner is not named in the Consent: the clinic is, where they work."""
    with pytest.raises(AccessDenied, match="Consent/thistlewick denies it"):
        house.portal.share(house.token(), HERS, recipient)
    clinician = house.lab.auth.token("workbook", scope="user/*.rs", user="lanternwick")
    with pytest.raises(AccessDenied, match="denies it"):
        house.portal.share(clinician, HERS, recipient)
    assert not any(r["allowed"] for r in house.records())


def test_a_recipient_has_to_be_known(house: House) -> None:
    """One that is named with a version would be one that no Consent names."""
    for recipient in ("Practitioner/nobody", "Patient/quillfeather", "", "x/../y",
                      "Practitioner/chen/_history/1", "http://127.0.0.1/Practitioner/x",
                      "Practitioner/chen?x=1", "Practitioner/chen\n"):  # fmt: skip
        with pytest.raises(AccessDenied, match="no recipient that is known"):
            house.portal.share(house.token(), HERS, recipient)


def test_a_consent_that_changes_midway_ends_what_is_open(house: House) -> None:
    token = house.token()
    share = house.portal.share(token, HERS, FRIEND)
    browser, series = house.browser(), house.portal.study(token, HERS).images[0]
    browser.post(share.url, data={"passcode": share.passcode})
    assert browser.get("/shared").status_code == 200
    no = consent("thistlewick", "OPTIN", provision("permit", provision(
        "deny", actor=["Organization/city"])))  # fmt: skip
    house.lab.consents.put({**no, "id": "thistlewick"})
    assert browser.get("/shared").status_code == 404
    assert browser.get(f"/shared/images/{series[0]}/{series[1]}").status_code == 404
    assert house.portal.study(token, HERS)  # she herself goes on seeing it
    assert "denies it" in house.records()[-2]["reason"]


def test_a_consent_that_is_withdrawn_ends_her_own_view_too(house: House) -> None:
    """Here the site's default denies: who has withdrawn permits nothing."""
    token = house.token()
    share = house.portal.share(token, HERS, FRIEND)
    browser = house.browser(token)
    house.lab.consents.withdraw("thistlewick")
    assert browser.get(f"/studies/{HERS}").status_code == 404
    with pytest.raises(AccessDenied):
        house.portal.shared(share.url, share.passcode)


def test_a_linked_record_that_cannot_be_read_is_a_refusal(house: House) -> None:
    with house.lab.fhir.client() as fhir:
        her = fhir.read("Patient/thistlewick")
        link = {"other": {"reference": "Patient/thistlewick-lakeside"}, "type": "seealso"}
        fhir.update({**her, "link": [link]})
    with pytest.raises(AccessDenied, match="linked record"):
        house.portal.share(house.token(), HERS, FRIEND)


def test_nobody_shares_or_ends_what_is_not_theirs(house: House) -> None:
    hers, his = house.token(), house.token("quillfeather")
    share = house.portal.share(hers, HERS, FRIEND)
    with pytest.raises(AccessDenied):
        house.portal.share(his, HERS, FRIEND)
    with pytest.raises(AccessDenied):
        house.portal.share(hers, HIS, FRIEND)
    with pytest.raises(AccessDenied):
        house.portal.revoke(his, share.id)
    assert house.portal.shares(his) == ()
    assert house.portal.shared(share.url, share.passcode)


def test_a_time_has_to_be_one(house: House) -> None:
    for hours in (0, -1, 25, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="hours"):
            house.portal.share(house.token(), HERS, FRIEND, hours=hours)


def test_who_shared_and_who_looked_is_on_record(house: House) -> None:
    token = house.token()
    share = house.portal.share(token, HERS, FRIEND)
    house.portal.shared(share.url, share.passcode)
    house.portal.revoke(token, share.id)
    said = [(r["action"], r["actor"], r["what"].get("recipient", "")) for r in house.records()]
    actor = f"share/{share.id}"
    assert said == [
        ("share", "thistlewick", FRIEND), ("open share", actor, FRIEND), ("images", actor, FRIEND),
        ("revoke", "thistlewick", ""),
    ]  # fmt: skip
    assert house.records()[2]["what"]["by"] == "thistlewick"
    assert house.trail.verify()
    assert len(house.trail.follow(HERS)) == 3
