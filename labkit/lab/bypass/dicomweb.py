"""Attempts over DICOMweb: the same at the archive's own service and at the façade."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from labkit.lab.bypass.attempt import Attempt
from labkit.lab.bypass.doors import Doors, Known

ARCHIVE, FACADE = "DICOMweb", "façade"
_ANY = "multipart/related; type=*/*; transfer-syntax=*"
Ask = Callable[[Doors, str, Known], Any]
_JSON = {"Accept": "application/dicom+json"}


def _head(answer: httpx.Response) -> Any:
    """An answer that is bytes: whether there are any, and what they are."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    ok = answer.status_code < 400
    return answer.status_code, kind, len(answer.content) if ok else answer.text


def _fetch(path: str, **headers: str) -> Ask:
    """Ask for a path below the base; ``{0}`` is what is known."""

    def ask(d: Doors, base: str, known: Known) -> Any:
        answer = d.get(base + path.format(known), **headers)
        if answer.status_code >= 400 or "json" in answer.headers.get("content-type", ""):
            return answer
        return _head(answer)

    return ask


#: name → what is tried, and the question. Each must be answered as for a study that is nowhere.
_TOLD: dict[str, tuple[str, Ask]] = {
    "qido-study": ("Search for the study by its UID.",
                   _fetch("/studies?StudyInstanceUID={0.study}")),
    "qido-accession": ("Search for it by accession number.",
                       _fetch("/studies?AccessionNumber={0.accession}")),
    "qido-series": ("List its series.", _fetch("/studies/{0.study}/series")),
    "qido-instances": ("List the instances of a series.",
                       _fetch("/studies/{0.study}/series/{0.series}/instances")),
    "qido-instance-uid": ("Search for an instance by its UID, in the study.",
                          _fetch("/studies/{0.study}/instances?SOPInstanceUID={0.instance}")),
    "qido-counts": ("Ask for Number of Study Related Instances.", _fetch(
        "/studies?StudyInstanceUID={0.study}&includefield=NumberOfStudyRelatedInstances")),
    "wado-study": ("Retrieve the study.", _fetch("/studies/{0.study}", Accept=_ANY)),
    "wado-series": ("Retrieve a series.",
                    _fetch("/studies/{0.study}/series/{0.series}", Accept=_ANY)),
    "wado-instance": ("Retrieve an instance.", _fetch("{0.path}", Accept=_ANY)),
    "wado-metadata": ("Retrieve the headers of the study.", _fetch("/studies/{0.study}/metadata")),
    "wado-metadata-instance": ("Retrieve the header of an instance.", _fetch("{0.path}/metadata")),
    "wado-frames": ("Retrieve a frame.", _fetch("{0.path}/frames/1", Accept=_ANY)),
    "wado-frame-number": ("Ask for a frame that is none: how many there are.",
                          _fetch("{0.path}/frames/99999", Accept=_ANY)),
    "wado-bulkdata": ("Follow a bulk-data URL that was kept.",
                      _fetch("{0.path}/bulkdata/7FE00010")),
    "wado-bulkdata-range": ("Ask for bytes past the end: how long it is.",
                            _fetch("{0.path}/bulkdata/7FE00010", Range="bytes=999999999-")),
    "wado-rendered": ("Have an instance rendered.", _fetch("{0.path}/rendered")),
    "wado-thumbnail": ("Have a thumbnail of an instance.", _fetch("{0.path}/thumbnail")),
    "wado-thumbnail-series": ("Have a thumbnail of a series.",
                              _fetch("/studies/{0.study}/series/{0.series}/thumbnail")),
    "wado-thumbnail-study": ("Have a thumbnail of the study.",
                             _fetch("/studies/{0.study}/thumbnail")),
    "wado-transfer-syntax": ("Ask for a transfer syntax that cannot be had: in which it is stored.",
                             _fetch("{0.path}", Accept='multipart/related; '
                                    'type="application/dicom"; transfer-syntax=1.2.840.10008.1.2')),
    "wado-if-none-match": ("Ask whether anything is there that is not this.",
                           _fetch("/studies/{0.study}/metadata", If_None_Match="*")),
    "wado-xml": ("Retrieve the headers as XML.", _fetch(
        "/studies/{0.study}/metadata", Accept='multipart/related; type="application/dicom+xml"')),
}  # fmt: skip


def _uri(d: Doors, base: str, known: Known) -> Any:
    """Retrieve an instance over WADO-URI."""
    wado = d.wado if base == d.web else d.facade_wado
    query = f"requestType=WADO&studyUID={known.study}&seriesUID={known.series}"
    found = [d.get(f"{wado}?{query}&objectUID={known.instance}&contentType={kind}")
             for kind in ("application/dicom", "image/jpeg")]  # fmt: skip
    return [(each.status_code, each.text if each.status_code >= 400 else "") for each in found]


def _head_request(d: Doors, base: str, known: Known) -> Any:
    """Send HEAD: is it there, and how large?"""
    answer = d.http.head(f"{base}{known.path}", headers={"Accept": _ANY})
    return answer.status_code, answer.headers.get("etag", "")


_TOLD["wado-uri"] = (str(_uri.__doc__), _uri)
_TOLD["wado-head"] = (str(_head_request.__doc__), _head_request)


def _list_studies(d: Doors, base: str) -> bool:
    """List the patient's studies."""
    return d.shows(d.get(f"{base}/studies?PatientID={d.target.patient_id}", **_JSON))


def _remaining(d: Doors, base: str) -> bool:
    """List one study, and read how many more there are."""
    answer = d.get(f"{base}/studies?PatientID={d.target.patient_id}&limit=1", **_JSON)
    return "additional results" in answer.headers.get("warning", "")


def _offset(d: Doors, base: str) -> bool:
    """Skip one match more than can be seen."""
    answer = d.get(f"{base}/studies?PatientID={d.target.patient_id}&limit=5&offset=1", **_JSON)
    return answer.status_code == 200 and bool(answer.json())


def _old_tag(d: Doors, base: str) -> bool:
    """Ask with the entity tag of an answer that was had earlier, whether it is still good."""
    door = ARCHIVE if base == d.web else FACADE
    path, etag = d.memory[f"{_short(door)}-etag"]
    return d.get(f"{base}{path}", If_None_Match=etag).status_code in (200, 304)


def _warm(base_of: Callable[[Doors], str]) -> Callable[[Doors], tuple[str, str]]:
    """Read everything once, so that caches have it; keep an entity tag."""

    def look(d: Doors) -> tuple[str, str]:
        base, path = base_of(d), f"/studies/{d.target.study}/metadata"
        d.get(f"{base}/studies/{d.target.study}", Accept=_ANY)
        for more in ("rendered", "thumbnail", "frames/1"):
            d.get(f"{base}{d.target.path}/{more}")
        return path, d.get(f"{base}{path}").headers.get("etag", "")

    return look


_SEEN: dict[str, Callable[[Doors, str], bool]] = {
    "qido-patient": _list_studies,
    "qido-remaining": _remaining,
    "qido-offset": _offset,
    "etag": _old_tag,
}


def _short(door: str) -> str:
    return "facade" if door == FACADE else "web"


def _made(door: str, base_of: Callable[[Doors], str]) -> list[Attempt]:
    """Make the attempts at one base URL."""
    made = []
    for name, (says, ask) in _TOLD.items():

        def tells(d: Doors, ask: Ask = ask) -> bool:
            return d.tells(lambda known: ask(d, base_of(d), known))

        made.append(Attempt(f"{_short(door)}-{name}", door, says, tells))
    for name, look in _SEEN.items():

        def seen(d: Doors, look: Callable[[Doors, str], bool] = look) -> bool:
            return look(d, base_of(d))

        before = _warm(base_of) if name == "etag" else None
        says = (look.__doc__ or "").strip()
        made.append(Attempt(f"{_short(door)}-{name}", door, says, seen, before))
    return made


ATTEMPTS = (*_made(ARCHIVE, lambda d: d.web), *_made(FACADE, lambda d: d.facade))
