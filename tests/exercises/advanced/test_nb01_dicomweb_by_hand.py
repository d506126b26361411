"""Notebook 01: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest
import requests

from labkit.exercises.advanced.nb01_dicomweb_by_hand._relay import Answer, Asked, Forward, relay
from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes

RIGHT = [
    ("qido-two-days", """
        found = requests.get(f"{base}/studies", params={
            "00080020": "20260112-20260113", "00080061": "CT"}, headers=JSON)
    """),
    ("qido-two-days", """
        found = requests.get(f"{base}/studies", headers={"Accept": "application/json"}, params={
            "StudyDate": "20260112-20260113", "ModalitiesInStudy": "CT", "limit": 100})
    """),
    ("qido-list-of-uids", """
        head = lab.sample("ct-head").study_uid
        both = requests.get(f"{base}/studies?0020000D={head},{chest}&limit=5", headers=JSON)
    """),
    ("qido-slice-positions", """
        places = requests.get(f"{base}/studies/{chest}/series/{ct}/instances", headers=JSON,
                              params={"includefield": "00200032"})
    """),
    ("qido-slice-positions", """
        places = requests.get(f"{base}/instances?SeriesInstanceUID={ct}"
                              "&includefield=ImagePositionPatient,SliceLocation", headers=JSON)
    """),
    ("qido-every-page", """
        def every(url, limit):
            seen, offset = {}, 0
            page = [None]
            while page:
                r = requests.get(url, params={"offset": offset, "limit": limit}, headers=JSON)
                page = r.json() if r.content else []
                offset += len(page)
                seen.update((m["00080018"]["Value"][0], m) for m in page)
            return tuple(seen.values())
    """),
    ("qido-of-a-find", """
        def as_url(ds):
            ds = ds.copy()
            level = ds.QueryRetrieveLevel
            path = "/studies"
            if level != "STUDY":
                path += f"/{ds.StudyInstanceUID}/series"
                del ds.StudyInstanceUID
            if level == "IMAGE":
                path += f"/{ds.SeriesInstanceUID}/instances"
                del ds.SeriesInstanceUID
            fields, keys = [], []
            for e in ds:
                if e.keyword in ("QueryRetrieveLevel", "SpecificCharacterSet"):
                    continue
                if e.is_empty:
                    fields.append(e.keyword)
                else:
                    text = ",".join(e.value) if e.VM > 1 else str(e.value)
                    keys.append(f"{e.keyword}={text}")
            if fields:
                keys.append("includefield=" + ",".join(fields))
            return path + "?" + "&".join(keys)
    """),
    ("wado-as-stored", """
        slices = requests.get(f"{base}/studies/{chest}/series/{ct}", headers={
            "Accept": "multipart/related;type=application/dicom;transfer-syntax=*"})
    """),
    ("wado-as-stored", """
        slices = requests.get(f"{base}/studies/{chest}/series/{ct}", headers={"Accept":
            'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.80'})
    """),
    ("wado-first-and-last", """
        two = requests.get(loop + "/frames/1%2C20", headers={"Accept": "*/*"})
    """),
    ("wado-not-again", """
        def headers_of(url, memory):
            tag, kept = memory.get("tag", ""), memory.get("kept")
            r = requests.get(url, headers={**JSON, "If-None-Match": tag} if tag else JSON)
            if r.status_code != 304:
                memory["tag"], memory["kept"] = r.headers.get("etag"), r.json()
            return memory["kept"]
    """),
    ("stow-who-failed", """
        def lost(sent, answer):
            out = dict.fromkeys(sent, "not told")
            try:
                body = answer.json()
            except Exception:
                return out
            for item in body.get("00081199", {}).get("Value", []):
                out.pop(item["00081155"]["Value"][0], None)
            for item in body.get("00081198", {}).get("Value", []):
                out[item["00081155"]["Value"][0]] = words(item["00081197"]["Value"][0])
            return out
    """),
]  # fmt: skip

WRONG = [
    ("qido-two-days", "found = requests.get(base + '/nothing', headers=JSON)", ""),
    ("qido-two-days", "found = requests.get(f'{base}/studies', headers=JSON)", ""),
    ("qido-two-days", "found = 3", ""),
    ("qido-list-of-uids", "both = requests.get(f'{base}/series', headers=JSON)", ""),
    ("qido-list-of-uids", "both = requests.get(f'{base}/studies/{chest}/rendered')", ""),
    ("qido-slice-positions", """
        places = requests.get(
            f"{base}/studies/{chest}/series?includefield=ImagePositionPatient", headers=JSON)
    """, "at-the-study-level"),
    ("qido-slice-positions", """
        places = requests.get(f"{base}/studies/{chest}/instances?limit=5"
                              "&includefield=ImagePositionPatient", headers=JSON)
    """, ""),
    ("qido-every-page", "def every(url, limit):\n    return 3\n", ""),
    ("qido-every-page", "def every(url, limit):\n    return [1, 2]\n", ""),
    ("qido-every-page", "def every(url, limit):\n    raise RuntimeError('no')\n", ""),
    ("qido-every-page", """
        def every(url, limit):
            while requests.get(url, headers=JSON).ok:
                pass
            return []
    """, ""),
    ("qido-of-a-find", "def as_url(ds):\n    return 3\n", ""),
    ("qido-of-a-find", "def as_url(ds):\n    return '/studies'\n", ""),
    ("qido-of-a-find", "def as_url(ds):\n    return ds.Nothing\n", ""),
    ("wado-as-stored", "slices = requests.get(base + '/studies/1.2.3')", ""),
    ("wado-as-stored", "slices = requests.get(f'{base}/studies/{chest}/series/{ct}')",
     "transcoded"),
    ("wado-first-and-last", "two = requests.get(loop + '/frames/20,1')", ""),
    ("wado-first-and-last", "two = requests.get(base + '/studies')", ""),
    ("wado-first-and-last", "two = requests.get(loop + '/frames/0')", "from-zero"),
    ("wado-first-and-last", "two = requests.get(loop + '/frames/99')", "only-one"),
    ("wado-not-again", "def headers_of(url, memory):\n    return 3\n", ""),
    ("wado-not-again", "def headers_of(url, memory):\n    return []\n", "never-again"),
    ("wado-not-again", "def headers_of(url, memory):\n    raise ValueError('no')\n", ""),
    ("stow-who-failed", "def lost(sent, answer):\n    return 3\n", ""),
    ("stow-who-failed", "def lost(sent, answer):\n    return dict.fromkeys(sent, 'lost')\n",
     "warning-is-a-failure"),
    ("stow-who-failed", "def lost(sent, answer):\n    return {}['nothing']\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(running_lab: Lab, slug: str, source: str) -> None:
    passes(running_lab, slug, source)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_a_wrong_answer_does_not_pass(
    running_lab: Lab, slug: str, source: str, mistake: str
) -> None:
    falls_short(running_lab, slug, source, mistake)


def test_a_relay_passes_requests_on_and_hears_them(running_lab: Lab) -> None:
    url = running_lab.dicomweb.url  # type: ignore[attr-defined]
    json = {"Accept": "application/dicom+json"}
    with relay(url) as there:
        got = requests.get(f"{there.url}/studies?PatientID=NG-100457&limit=2", headers=json)
    assert got.json() == requests.get(f"{url}/studies?PatientID=NG-100457&limit=2",
                                      headers=json).json()  # fmt: skip
    assert there.asked[0].query == [("PatientID", "NG-100457"), ("limit", "2")]
    assert there.asked[0].headers["accept"] == "application/dicom+json"


def test_a_relay_may_answer_otherwise_and_ends(running_lab: Lab) -> None:
    def answer(asked: Asked, forward: Forward) -> Answer:
        return forward(asked.having(limit="1")) if asked.query else Answer(204, {}, b"")

    url = running_lab.dicomweb.url  # type: ignore[attr-defined]
    json = {"Accept": "application/dicom+json"}
    with relay(url, answer) as there:
        assert requests.get(f"{there.url}/studies", headers=json).status_code == 204
        assert len(requests.get(f"{there.url}/studies?limit=5", headers=json).json()) == 1
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{there.url}/studies", headers=json, timeout=5)
