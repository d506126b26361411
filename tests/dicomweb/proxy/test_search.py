"""QIDO-RS through the façade: what the PACS does not do is done here, or told."""

import pytest
from pydicom.dataset import Dataset

from tests.contract.pacs.cases import small, studies, uid
from tests.dicomweb.proxy.conftest import JSON, Facade, StartFacade, StartPacs, StartStub

# What dcmqrscp and the like return; no counts, no modalities, no sequences.
LITTLE = {
    "QueryRetrieveLevel", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "PatientID",
    "PatientName", "StudyDate", "StudyTime", "AccessionNumber", "StudyID", "Modality",
    "SeriesNumber", "InstanceNumber",
}  # fmt: skip


def found(front: Facade, query: str, path: str = "/studies") -> list[dict[str, dict]]:  # type: ignore[type-arg]
    answer = front.web.get(f"{path}?{query}", headers=JSON)
    assert answer.status_code in (200, 204), answer.text
    return answer.json() if answer.status_code == 200 else []


def numbers(matches: list[dict[str, dict]]) -> list[int]:  # type: ignore[type-arg]
    uids = [match["0020000D"]["Value"][0] for match in matches]
    return [n for each in uids for n in range(1, 100) if uid(n) == each]


@pytest.fixture
def little(stub: StartStub, facade: StartFacade) -> Facade:
    """In front of a PACS that knows little."""
    behind = stub()
    behind.objects, behind.returns = studies(), LITTLE
    return facade(behind)


def test_what_it_does_not_return_comes_from_below(little: Facade) -> None:
    (match,) = found(little, f"StudyInstanceUID={uid(1)}")
    assert match["00080061"]["Value"] == ["CT", "PT"]
    assert (match["00201206"]["Value"], match["00201208"]["Value"]) == ([2], [3])
    (series, other) = found(little, "", f"/studies/{uid(1)}/series")
    assert (series["00201209"]["Value"], other["00201209"]["Value"]) == ([2], [1])


def test_keys_that_it_ignores_are_matched_here(little: Facade) -> None:
    assert numbers(found(little, "ModalitiesInStudy=PT")) == [1]
    assert sorted(numbers(found(little, "ModalitiesInStudy=PT%5CMR"))) == [1, 2, 3]
    path = f"/studies/{uid(1)}/series"
    assert len(found(little, "RequestAttributesSequence.RequestedProcedureID=CR1", path)) == 1
    assert not found(little, "RequestAttributesSequence.RequestedProcedureID=OTHER", path)
    assert numbers(found(little, "PatientSex=M")) == []


def test_classes_are_matched_where_they_are_known(
    little: Facade, pacs: StartPacs, facade: StartFacade
) -> None:
    query = f"/studies?SOPClassesInStudy={studies()[0].SOPClassUID}"
    answer = little.web.get(query, headers=JSON)
    assert len(answer.json()) == 4
    assert "STUB does not return SOPClassesInStudy" in answer.headers["warning"]
    behind = pacs()
    behind.hold(*studies())
    front = facade(behind)
    assert len(front.web.get(query, headers=JSON).json()) == 4
    assert front.web.get("/studies?SOPClassesInStudy=1.2.3", headers=JSON).status_code == 204


def test_attributes_that_it_lacks_are_read_from_an_object(little: Facade) -> None:
    path = f"/studies/{uid(1)}/series/{uid(1, 1)}/instances"
    matches = found(little, "includefield=ConversionType", path)
    assert [match["00080064"]["Value"] for match in matches] == [["SYN"], ["SYN"]]
    assert all(match["00080016"]["Value"] and match["00280010"]["Value"] for match in matches)


def test_it_stops_asking_and_says_so(stub: StartStub, facade: StartFacade) -> None:
    behind = stub()
    behind.objects, behind.returns = studies(), LITTLE
    front = facade(behind, looks=3)
    answer = front.web.get("/studies", headers=JSON)
    assert len(answer.json()) == 4 and "is not told" in answer.headers["warning"]
    answer = front.web.get("/studies?ModalitiesInStudy=PT", headers=JSON)
    assert "STUB does not return ModalitiesInStudy" in answer.headers["warning"]


def test_a_search_that_would_go_everywhere_is_413(stub: StartStub, facade: StartFacade) -> None:
    behind = stub()
    behind.objects = studies()
    front = facade(behind, breadth=3)
    answer = front.web.get("/instances", headers=JSON)
    assert answer.status_code == 413 and "4 studies" in answer.json()["detail"]
    assert len(found(front, f"StudyInstanceUID={uid(1)}", "/instances")) == 3


@pytest.mark.parametrize("query", ["PatientName=contract^ADAM", "PatientName=CONTRACT*"])
def test_names_are_found_on_a_pacs_that_compares_them_by_case(
    stub: StartStub, facade: StartFacade, query: str
) -> None:
    behind = stub()
    behind.objects = studies()
    asked: list[Dataset] = []
    plain = behind._chosen

    def by_case(identifier: Dataset) -> list[Dataset]:
        asked.append(identifier)
        name = str(identifier.get("PatientName") or "").rstrip("*")
        return [ds for ds in plain(identifier) if str(ds.PatientName).startswith(name)]

    behind._chosen = by_case  # type: ignore[method-assign]
    front = facade(behind)
    assert numbers(found(front, query)) == [1]
    before = len(asked)
    assert numbers(found(front, query)) == [1]
    assert len(asked) == before + 1 + 3, "found out once; then one search and what it completes"


def test_an_empty_value_matches_no_key(pacs: StartPacs, facade: StartFacade) -> None:
    behind = pacs()  # an empty Required Key matches every value there (PS3.4 C.2.2.1.2)
    behind.hold(*studies())
    front = facade(behind)
    assert 4 not in numbers(found(front, "AccessionNumber=CA2"))
    assert 4 in numbers(found(front, "AccessionNumber=*"))


def test_fuzzy_names(pacs: StartPacs, facade: StartFacade) -> None:
    behind = pacs()
    behind.hold(*studies())
    front = facade(behind)
    assert numbers(found(front, "PatientName=muller&fuzzymatching=true")) == [2]
    assert numbers(found(front, "PatientName=muller")) == []


def test_the_order_is_newest_first_and_pages_fit(pacs: StartPacs, facade: StartFacade) -> None:
    behind = pacs()
    behind.hold(*studies())
    front = facade(behind)
    assert numbers(found(front, "")) == [4, 3, 2, 1]
    assert numbers(found(front, "limit=2&offset=1")) == [3, 2]
    answer = front.web.get("/studies?limit=1&offset=1", headers=JSON)
    assert "There are 2 additional results" in answer.headers["warning"]
    series = found(front, "", "/series")
    assert len(series) == 5 and all(match["00100020"]["Value"] for match in series)
    images = found(front, "", f"/studies/{uid(1)}/instances")
    assert [(m["00200011"]["Value"], m["00200013"]["Value"]) for m in images] == [
        ([1], [1]), ([1], [2]), ([2], [1]),
    ]  # fmt: skip


def test_a_date_that_is_none_is_400(pacs: StartPacs, facade: StartFacade) -> None:
    answer = facade(pacs()).web.get("/studies?StudyDate=2026-01-05", headers=JSON)
    assert answer.status_code == 400


def test_times_are_compared_by_meaning(stub: StartStub, facade: StartFacade) -> None:
    behind = stub()
    behind.objects = [small(1, StudyTime="101500.000"), small(2, StudyTime="1016")]
    assert numbers(found(facade(behind), "StudyTime=1015")) == [1]
