"""What the notebook's cells leave behind, and records of a façade for the checks."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, cast

from labkit.exercises import Work
from labkit.lab.proxy.verbs import EmbeddedProxy

IMPORTS = """
    import threading
    import time
    from collections import Counter, OrderedDict
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import contextmanager
    from datetime import datetime, timezone
    from email.utils import parsedate_to_datetime
    import requests
    from pydicom.uid import generate_uid
    from labkit.common.errors import HttpError, LabkitError
    from labkit.dicom import sample
    from labkit.dimse import associate, decode_messages, find, identifier, store

    def ask(keys):
        found = find(lab.legacy, keys)
        found.raise_for_status()
        return list(found)

    web = lab.proxy.client()
    KIND = 'multipart/related; type="application/dicom"; transfer-syntax=*'

    def get(path, kind=KIND):
        return requests.get(lab.proxy.url + path, headers={"Accept": kind}, timeout=60)
"""

NEW_STUDY = """
    def new_study():
        uid, series, images = generate_uid(), {}, sample("mr-brain").datasets()[:6]
        for ds in images:
            ds.StudyInstanceUID = uid
            ds.SeriesInstanceUID = series.setdefault(ds.SeriesInstanceUID, generate_uid())
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        store(lab.legacy, images)
        return images

    def correct_name(images):
        lab.withdraw("LEGACY", str(images[0].StudyInstanceUID))
        for ds in images:
            ds.PatientName = "Quillfeather^Tobias^James"
        store(lab.legacy, images)
"""


def facade(work: Work) -> EmbeddedProxy:
    """Return the façade of the lab, which not every back end has."""
    return cast("EmbeddedProxy", getattr(work.lab, "proxy"))  # noqa: B009


_ZERO = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)


def step(end: float, seconds: float, service: str, count: int, size: int = 0) -> dict[str, Any]:
    """Make a DIMSE step that ended `end` seconds after eight; `request` makes it relative."""
    return {
        "at": end - seconds, "seconds": seconds, "pacs": "LEGACY", "service": service,
        "level": "STUDY", "association": "reused", "status": "0000", "meaning": "Success",
        "count": count, "bytes": size,
    }  # fmt: skip


def request(
    number: int, began: float, ended: float, cache: str, steps: list[dict[str, Any]], size: int = 0
) -> dict[str, Any]:
    """Make a labkit-proxy-trace/1 record; a step that began before it is told from its start."""
    told = []
    for one in steps:
        at = max(one["at"], began)
        end = one["at"] + one["seconds"]
        told.append({**one, "at": round(at - began, 6), "seconds": round(end - at, 6)})
    return {
        "format": "labkit-proxy-trace/1", "id": number, "method": "GET", "target": "/studies/1.2",
        "status": 200, "started": (_ZERO + timedelta(seconds=began)).isoformat(),
        "seconds": round(ended - began, 6), "first_byte": round(ended - began, 6),
        "bytes": size, "cache": cache, "steps": told,
    }  # fmt: skip
