"""WADO-RS through the façade: by C-GET, by C-MOVE, from the cache."""

import pytest

from tests.contract.pacs.cases import small, studies, uid
from tests.dicomweb.proxy.conftest import JSON, MOVES_ONLY, WHOLE, StartFacade, StartPacs


def test_a_study_comes_by_c_get_and_then_from_the_cache(
    pacs: StartPacs, facade: StartFacade
) -> None:
    behind = pacs()
    behind.hold(*studies())
    front = facade(behind)
    first = front.web.get(f"/studies/{uid(1)}", headers=WHOLE)
    assert first.status_code == 200 and first.content.count(b"DICM") == 3
    assert front.services()[-1] == "C-GET STUDY" and front.traces[-1]["cache"] == "miss"
    again = front.web.get(f"/studies/{uid(1)}", headers=WHOLE)
    assert again.content.count(b"DICM") == 3 and again.headers["etag"] == first.headers["etag"]
    assert front.traces[-1]["cache"] == "hit"
    assert {step["service"] for step in front.traces[-1]["steps"]} == {"C-FIND"}


def test_a_pacs_without_c_get_sends_by_c_move_and_is_asked_once(
    pacs: StartPacs, facade: StartFacade
) -> None:
    behind = pacs(services=MOVES_ONLY)
    behind.hold(*studies())
    front = facade(behind)
    assert front.web.get(f"/studies/{uid(1)}", headers=WHOLE).content.count(b"DICM") == 3
    assert front.services()[-2:] == ["C-GET STUDY", "C-MOVE STUDY"]
    assert front.traces[-1]["steps"][-1]["count"] == 3
    assert front.web.get(f"/studies/{uid(2)}", headers=WHOLE).content.count(b"DICM") == 1
    assert "C-GET SERIES" not in front.services() and front.services()[-1] == "C-MOVE SERIES"


@pytest.mark.parametrize("retrieve", ["c-get", "c-move"])
def test_one_frame_fetches_one_object(pacs: StartPacs, facade: StartFacade, retrieve: str) -> None:
    behind = pacs()
    behind.hold(*(small(1, 1, number) for number in range(1, 5)))
    front = facade(behind, retrieve=retrieve)
    at = f"/studies/{uid(1)}/series/{uid(1, 1)}/instances/{uid(1, 1, 2)}/frames/1"
    answer = front.web.get(
        at, headers={"Accept": 'multipart/related; type="application/octet-stream"'}
    )
    assert answer.status_code == 200
    assert front.services()[-1] == f"{retrieve.upper()} IMAGE"
    assert front.source.stats()["cache"]["objects"] == 1


def test_metadata_are_whole(pacs: StartPacs, facade: StartFacade) -> None:
    behind = pacs()
    behind.hold(*studies())
    (header,) = facade(behind).web.get(f"/studies/{uid(2)}/metadata", headers=JSON).json()
    assert header["00080064"]["Value"] == ["SYN"] and "BulkDataURI" in header["7FE00010"]


def test_what_no_pacs_has_is_404(pacs: StartPacs, facade: StartFacade) -> None:
    assert facade(pacs()).web.get("/studies/1.2.3", headers=WHOLE).status_code == 404
