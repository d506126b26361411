"""What leaves the façade: through hooks, and only to whom the policy lets it."""

import pytest
from pydicom.dataset import Dataset

from labkit.common.access import AccessRequest, Decision
from labkit.common.errors import UsageError
from labkit.dicomweb.proxy import ProxySettings, Upstream
from labkit.dimse import Peer
from tests.contract.pacs.cases import small, studies, uid
from tests.dicomweb.proxy.conftest import JSON, WHOLE, Facade, StartFacade, StartPacs, stow

AT = f"/studies/{uid(1)}/series/{uid(1, 1)}/instances/{uid(1, 1, 1)}"


def without_name(ds: Dataset) -> Dataset:
    ds.PatientName = "Hidden"
    return ds


def everything(front: Facade) -> list[tuple[int, bytes]]:
    octets = {"Accept": 'multipart/related; type="application/octet-stream"'}
    answers = [
        front.web.get("/studies", headers=JSON),
        front.web.get(f"/studies/{uid(1)}/series", headers=JSON),
        front.web.get(f"/studies/{uid(1)}", headers=WHOLE),
        front.web.get(AT, headers=WHOLE),
        front.web.get(f"{AT}/metadata", headers=JSON),
        front.web.get(f"{AT}/frames/1", headers=octets),
        front.web.get(f"{AT}/rendered", headers={"Accept": "image/png"}),
        front.web.get(f"{AT}/bulkdata/7FE00010", headers=octets),
    ]
    return [(answer.status_code, answer.content) for answer in answers]


def test_a_hook_changes_all_that_leaves(pacs: StartPacs, facade: StartFacade) -> None:
    behind = pacs()
    behind.hold(*studies())
    front = facade(behind, hooks=[without_name])
    for status, body in everything(front) + everything(front):
        assert status == 200 and b"Adam" not in body
    assert b"Hidden" in front.web.get(f"/studies/{uid(1)}", headers=WHOLE).content
    plain = facade(behind, cache=front.source.settings.cache.parent / "plain")
    tags = [f.web.get(AT, headers=WHOLE).headers["etag"] for f in (front, plain)]
    assert tags[0] != tags[1]


def _fails(ds: Dataset) -> Dataset:
    raise KeyError("no pseudonym")


def _loses(ds: Dataset) -> Dataset:
    return None  # type: ignore[return-value]


def _renames(ds: Dataset) -> Dataset:
    ds.StudyInstanceUID = "1.2.3"
    return ds


@pytest.mark.parametrize("hook", [_fails, _loses, _renames])
def test_a_hook_that_fails_lets_nothing_leave(
    pacs: StartPacs, facade: StartFacade, hook: object
) -> None:
    behind = pacs()
    behind.hold(*studies())
    front = facade(behind, hooks=[hook])
    for status, body in everything(front):
        assert status == 500 and b"Adam" not in body and b"DICM" not in body


class OnlyPatient:
    """Lets one patient be seen."""

    def __init__(self, patient_id: str) -> None:
        self.patient_id = patient_id

    def decide(self, request: AccessRequest) -> Decision:
        patient = request.resource.get("PatientID")
        return Decision(patient in (None, self.patient_id), "only one patient")


def test_the_policy_holds_for_what_is_cached_too(pacs: StartPacs, facade: StartFacade) -> None:
    behind = pacs()
    behind.hold(*studies())
    policy = OnlyPatient("CONTRACT1")
    front = facade(behind, policy=policy)
    assert [status for status, _ in everything(front)] == [200] * 8
    assert front.source.stats()["cache"]["objects"]
    policy.patient_id = "CONTRACT2"
    for status, body in everything(front)[2:]:
        assert status == 404 and b"DICM" not in body
    matches = front.web.get("/studies", headers=JSON).json()
    assert [match["00100020"]["Value"] for match in matches] == [["CONTRACT2"]]
    assert front.web.get(f"/studies/{uid(1)}/series", headers=JSON).status_code == 204
    assert stow(front, small(7)).status_code == 409


def test_nothing_is_fetched_for_one_who_may_not_see_it(
    pacs: StartPacs, facade: StartFacade
) -> None:
    behind = pacs()
    behind.hold(*studies())
    front = facade(behind, policy=OnlyPatient("CONTRACT2"))
    assert {status for status, _ in everything(front)[2:]} == {404}
    assert front.source.stats()["retrieves"]["started"] == 0


def test_it_receives_nothing_that_it_has_not_asked_for(
    pacs: StartPacs, facade: StartFacade
) -> None:
    from labkit.dimse import store

    front = facade(pacs())
    port = front.source.receive_port
    (item,) = store(Peer("PROXY", "127.0.0.1", port), small(1)).items
    assert item.status == 0x0124
    assert front.source.stats()["cache"]["objects"] == 0


def test_settings_say_what_is_wrong(tmp_path: object) -> None:
    peer = Peer("LEGACY", "127.0.0.1", 104)
    with pytest.raises(UsageError, match="same name"):
        ProxySettings([Upstream(peer), Upstream(peer)], cache="x")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no upstream 'B'"):
        ProxySettings([Upstream(peer)], cache="x", store_to="B")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="PACS behind"):
        ProxySettings([], cache="x")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="by 'ftp'"):
        Upstream(peer, retrieve="ftp")  # type: ignore[arg-type]


def test_open_to_the_network_it_takes_objects_of_its_pacs_only() -> None:
    settings = ProxySettings(
        [Upstream(Peer("LEGACY", "10.0.0.1", 104))], cache="x", receive=("0.0.0.0", 11112)
    )  # type: ignore[arg-type]
    assert settings.accepted() == ["LEGACY"]
