"""QIDO-RS (PS3.18 8.3.4, 10.6)."""

import httpx
import pytest

from tests.contract.pacs.cases import uid

JSON = {"Accept": "application/dicom+json"}
STUDIES = {1, 2, 3, 4}


def found(web: httpx.Client, query: str, path: str = "/studies") -> list[dict[str, dict]]:  # type: ignore[type-arg]
    answer = web.get(f"{path}?{query}", headers=JSON)
    assert answer.status_code in (200, 204), answer.text
    return answer.json() if answer.status_code == 200 else []


def numbers(web: httpx.Client, query: str) -> set[int]:
    uids = [match["0020000D"]["Value"][0] for match in found(web, query)]
    return {n for n in range(1, 10) if uid(n) in uids}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(f"StudyInstanceUID={uid(1)}", {1}, id="8.3.4.1-keyword"),
        pytest.param(f"0020000D={uid(1)}", {1}, id="8.3.4.1-tag"),
        pytest.param(f"StudyInstanceUID={uid(1)},{uid(2)}", {1, 2}, id="8.3.4.1-uid-list-comma"),
        pytest.param(f"StudyInstanceUID={uid(1)}%5C{uid(2)}", {1, 2}, id="8.3.4.1-uid-list"),
        pytest.param("PatientName=Contract*", {1}, id="8.3.4.1-wildcard"),
        pytest.param("PatientName=contract^adam", {1}, id="8.3.4.1-name-case"),
        pytest.param("PatientID=CONTRACT?", STUDIES, id="8.3.4.1-one-character"),
        pytest.param("StudyDate=20260105-20260110&PatientID=CONTRACT*", {1, 2}, id="8.3.4.1-range"),
        pytest.param("StudyDate=-20260105&PatientID=CONTRACT*", {1}, id="8.3.4.1-open-range"),
        pytest.param("ModalitiesInStudy=PT&PatientID=CONTRACT*", {1}, id="10.6.1.2-modalities"),
        pytest.param("PatientName=M%C3%BCller*", {2}, id="8.3.4.1-umlaut"),
        pytest.param("PatientID=nobody-at-all", set(), id="8.3.4.1-nothing"),
        pytest.param("AccessionNumber=CA2", {2}, id="10.6.1.2-accession"),
    ],
)
def test_matching(web: httpx.Client, query: str, expected: set[int]) -> None:
    assert numbers(web, query) == expected


def test_10_6_3_1_nothing_is_204(web: httpx.Client) -> None:
    assert web.get("/studies?PatientID=nobody-at-all", headers=JSON).status_code == 204


@pytest.mark.parametrize(
    "tag",
    ["00080020", "00080030", "00080050", "00080061", "00080090", "00081190", "00100010",
     "00100020", "00100030", "00100040", "0020000D", "00200010", "00201206", "00201208"],
)  # fmt: skip
def test_10_6_3_3_a_study_has(web: httpx.Client, tag: str) -> None:
    (match,) = found(web, f"StudyInstanceUID={uid(1)}")
    assert match[tag]["Value"]


@pytest.mark.parametrize("tag", ["00080060", "0020000E", "00200011", "00081190", "00201209"])
def test_10_6_3_3_a_series_has(web: httpx.Client, tag: str) -> None:
    matches = found(web, "", f"/studies/{uid(1)}/series")
    assert len(matches) == 2 and all(match[tag]["Value"] for match in matches)


@pytest.mark.parametrize("tag", ["00080016", "00080018", "00200013", "00081190", "00280010"])
def test_10_6_3_3_an_instance_has(web: httpx.Client, tag: str) -> None:
    matches = found(web, "", f"/studies/{uid(1)}/series/{uid(1, 1)}/instances")
    assert len(matches) == 2 and all(match[tag]["Value"] for match in matches)


def test_10_6_3_3_counts(web: httpx.Client) -> None:
    (match,) = found(web, f"StudyInstanceUID={uid(1)}")
    assert (match["00201206"]["Value"], match["00201208"]["Value"]) == ([2], [3])


def test_10_6_1_1_relational(web: httpx.Client) -> None:
    """All series and all instances, and the instances of a study."""
    assert len(found(web, f"StudyInstanceUID={uid(1)}", "/series")) == 2
    assert len(found(web, f"StudyInstanceUID={uid(1)}", "/instances")) == 3
    assert len(found(web, "", f"/studies/{uid(1)}/instances")) == 3


def test_10_6_1_2_request_attributes(web: httpx.Client) -> None:
    path = f"/studies/{uid(1)}/series"
    assert len(found(web, "RequestAttributesSequence.RequestedProcedureID=CR1", path)) == 1
    assert not found(web, "00400275.00400009=OTHER", path)


@pytest.mark.parametrize("name", ["StudyDescription", "00081030"])
def test_8_3_4_3_includefield(web: httpx.Client, name: str) -> None:
    (match,) = found(web, f"StudyInstanceUID={uid(1)}&includefield={name}")
    assert match["00081030"]["Value"] == ["contract"]


def test_8_3_4_3_includefield_list(web: httpx.Client) -> None:
    path = f"/studies/{uid(1)}/series/{uid(1, 1)}/instances"
    matches = found(web, "includefield=ConversionType,00280100", path)
    assert all(m["00080064"]["Value"] == ["SYN"] and m["00280100"] for m in matches)


def test_8_3_4_4_pages_fit_together(web: httpx.Client) -> None:
    query = "PatientID=CONTRACT*"
    everything = [match["0020000D"]["Value"] for match in found(web, query)]
    paged = []
    for offset in range(len(everything) + 1):
        paged += [m["0020000D"]["Value"] for m in found(web, f"{query}&limit=1&offset={offset}")]
    assert paged == everything


def test_8_3_4_4_more_is_told(web: httpx.Client) -> None:
    answer = web.get("/studies?PatientID=CONTRACT*&limit=1", headers=JSON)
    assert "additional results" in answer.headers.get("warning", "")


def test_8_3_4_2_fuzzy_or_a_warning(web: httpx.Client) -> None:
    answer = web.get("/studies?PatientName=adam&fuzzymatching=true", headers=JSON)
    if "fuzzymatching" not in answer.headers.get("warning", ""):
        assert uid(1) in answer.text


@pytest.mark.parametrize(
    "query", ["NoSuchKeyword=1", "limit=many", "StudyDate=2026-01-05"], ids=["key", "limit", "date"]
)
def test_10_6_3_1_nonsense_is_400(web: httpx.Client, query: str) -> None:
    assert web.get(f"/studies?{query}", headers=JSON).status_code == 400


def test_f_2_2_keys_ascend_and_names_have_groups(web: httpx.Client) -> None:
    (match,) = found(web, f"StudyInstanceUID={uid(3)}")
    assert list(match) == sorted(match)
    assert match["00100010"]["Value"] == [
        {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    ]


def test_8_7_4_xml(web: httpx.Client) -> None:
    accept = {"Accept": 'multipart/related; type="application/dicom+xml"'}
    answer = web.get(f"/studies?StudyInstanceUID={uid(1)}", headers=accept)
    assert answer.status_code == 200 and b"NativeDicomModel" in answer.content


def test_8_7_5_what_cannot_be_had_is_406(web: httpx.Client) -> None:
    assert web.get("/studies", headers={"Accept": "text/csv"}).status_code == 406
