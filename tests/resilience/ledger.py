"""What servers have acknowledged, and what they give back of it afterwards."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset

from labkit.common.errors import LabkitError
from labkit.dimse import Peer, find, identifier, store
from labkit.fhir.mapping import StudyBuilder
from labkit.fhir.mapping.output import ServerOutput
from labkit.lab.description import Description
from labkit.lab.workspace import Workspace
from labkit.pacs import Archive
from tests.pacs.conftest import real

STUDY, SERIES = "1.2.9.1", "1.2.9.1.1"
_BOUNDARY = "labkit"
_STOW = {"content-type": f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}'}


class Ledger:
    """Digests of the pixels by SOP Instance UID, resources by URL."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.objects: dict[str, str] = {}
        self.resources: dict[str, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self.objects) + len(self.resources)

    def note(self, ds: Dataset) -> None:
        """Write down that an object was acknowledged."""
        with self.lock:
            self.objects[ds.SOPInstanceUID] = digest(ds)


def digest(ds: Dataset) -> str:
    return hashlib.sha256(ds.PixelData).hexdigest()


def made(rng: random.Random, uid: str) -> Dataset:
    """A small MR image of our series with pixels of its own."""
    ds = dcmread(real("MR_small.dcm")[0])
    ds.PatientID, ds.PatientName = "KILLED", "Killed^Nine"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, SERIES
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = uid
    ds.PixelData = rng.randbytes(len(ds.PixelData))
    return ds


def send(peer: Peer, objects: list[Dataset], ledger: Ledger) -> list[int]:
    """C-STORE; the statuses of those that were refused."""
    with suppress(LabkitError):  # the association was never had
        result = store(peer, objects, timeout=10)
        by_uid = {ds.SOPInstanceUID: ds for ds in objects}
        for item in result.stored:
            ledger.note(by_uid[item.SOPInstanceUID])
        return [item.status.code for item in result.failed if item.status is not None]
    return []


def parts(objects: Iterable[Dataset]) -> bytes:
    """The body of a STOW request."""
    body = BytesIO()
    for ds in objects:
        body.write(f"--{_BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode())
        dcmwrite(body, ds)
        body.write(b"\r\n")
    body.write(f"--{_BOUNDARY}--\r\n".encode())
    return body.getvalue()


def stow(url: str, objects: list[Dataset], ledger: Ledger) -> httpx.Response | None:
    """STOW-RS in one request; `None` where no answer came."""
    try:
        answer = httpx.post(
            f"{url}/studies", content=parts(objects), headers=_STOW, timeout=30, trust_env=False
        )
    except httpx.HTTPError:
        return None
    stored = answer.json().get("00081199", {}).get("Value", []) if answer.status_code < 500 else []
    by_uid = {ds.SOPInstanceUID: ds for ds in objects}
    for item in stored:
        ledger.note(by_uid[item["00081190"]["Value"][0].rpartition("/")[2]])
    return answer


def post(url: str, name: str, ledger: Ledger, most: int = 10_000) -> httpx.Response | None:
    """Create Patients one after the other until something goes wrong; the last answer."""
    answer = None
    with suppress(httpx.HTTPError), httpx.Client(timeout=30, trust_env=False) as client:
        for number in range(most):
            named = [{"family": name, "given": [f"Number{number}"]}]
            patient = {"resourceType": "Patient", "name": named}
            answer = client.post(f"{url}/Patient", json=patient)
            if answer.status_code != 201:
                return answer
            with ledger.lock:
                ledger.resources[answer.headers["location"].split("/_history")[0]] = patient
    return answer


class _Noting:
    """A client that writes down what a transaction has stored."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self._url, self._ledger = url, ledger
        self._http = httpx.Client(timeout=30, trust_env=False)

    def transaction(self, bundle: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(self._url, json=bundle)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        for sent, done in zip(bundle["entry"], told["entry"], strict=True):
            url = done["response"]["location"].split("/_history")[0]
            kept = {
                k: v for k, v in sent["resource"].items()
                if k in ("resourceType", "id", "identifier", "numberOfInstances", "name")
            }  # fmt: skip
            with self._ledger.lock:
                self._ledger.resources[url] = kept
        return told

    def close(self) -> None:
        self._http.close()


def map_studies(
    url: str, rng: random.Random, name: str, ledger: Ledger, most: int = 10_000
) -> None:
    """Map studies and send each as a transaction, as ``labkit map --to`` does."""
    output = ServerOutput(_Noting(url, ledger))
    with suppress(httpx.HTTPError):
        for number in range(most):
            ds = made(rng, f"{name}.{number}.1.1")
            ds.StudyInstanceUID, ds.SeriesInstanceUID = f"{name}.{number}", f"{name}.{number}.1"
            ds.PatientID = f"{name}.{number}"
            builder = StudyBuilder()
            builder.add(ds)
            for mapped in builder.studies():
                output.write(mapped)
    output.close()


def found(lab: Description) -> set[str]:
    """What ARCHIVE says that it has of our series."""
    peer = Peer("ARCHIVE", lab.nodes["ARCHIVE"].host, lab.nodes["ARCHIVE"].port)
    uids = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": SERIES, "SOPInstanceUID": ""}
    return {ds.SOPInstanceUID for ds in find(peer, identifier("IMAGE", **uids), timeout=120)}


def held(workspace: Workspace) -> dict[str, Path]:
    """What is in the folder of ARCHIVE, which nobody may be using."""
    archive = Archive(workspace.node("ARCHIVE"))
    try:
        return {stored.entry.sop_instance_uid: stored.path for stored in archive.stored()}
    finally:
        archive.close()


def altered(lab: Description, ledger: Ledger) -> list[str]:
    """URLs of resources that the server does not give back as they were sent."""
    with httpx.Client(timeout=30, trust_env=False) as client:
        return [
            url for url, sent in ledger.resources.items()
            if _given(client, httpx.URL(f"{lab.fhir_url}/").join(url), sent) != sent
        ]  # fmt: skip


def _given(client: httpx.Client, url: httpx.URL, sent: dict[str, Any]) -> dict[str, Any]:
    got = client.get(url).json()
    return {key: got.get(key) for key in sent}


def damaged(paths: dict[str, Path], ledger: Ledger) -> list[str]:
    """Objects that were acknowledged and are not on disk, or not as they were sent."""
    return [
        uid for uid, digest_ in ledger.objects.items()
        if uid not in paths or digest(dcmread(paths[uid])) != digest_
    ]  # fmt: skip
