"""From the workspace's folder into an archive of the lab, and the proof that it is there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.dsutils import encode

from labkit.common.errors import LabError, LabkitError
from labkit.dicomweb import DicomwebClient
from labkit.dimse import Peer, get, identifier, store
from labkit.fhir.mapping.sources.session import Session

AT_ONCE = 16
"""Objects that are sent over one association, or read back in one C-GET, at most."""
ROOM = 16_000_000
"""Bytes that are read back in one C-GET, unless an object is larger."""
_NAMES = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "SeriesNumber",
          "InstanceNumber", "Modality", "PatientID", "AccessionNumber", "Rows")  # fmt: skip
Send = Callable[[Sequence[Path]], None]


class Row(NamedTuple):
    """What the header of a file says of its place in the study."""

    path: Path
    study: str
    series: str
    uid: str
    sop_class: str
    series_number: int
    number: int
    modality: str
    patient_id: str
    accession: str
    picture: bool


def rows(paths: Sequence[Path]) -> list[Row]:
    """Read the headers; in order of series and instance."""
    return sorted(map(_row, paths), key=lambda row: (row.series_number, row.series, row.number,
                                                     row.uid))  # fmt: skip


def present(peer: Peer, study: str) -> set[str]:
    """Ask an archive which objects of a study it has (PS3.4 C.4.1)."""
    found = set()
    with closing(Session(peer, ae_title=peer.called_by("LEARNER"))) as session:
        for series in session.find(
            "SERIES", {"StudyInstanceUID": study, "SeriesInstanceUID": None}
        ):
            keys = {"StudyInstanceUID": study, "SeriesInstanceUID": str(series.SeriesInstanceUID)}
            images = session.find("IMAGE", {**keys, "SOPInstanceUID": None})
            found |= {str(image.SOPInstanceUID) for image in images}
    return found


def by_dimse(peer: Peer) -> Send:
    """Send by C-STORE (PS3.4 B)."""

    def send(paths: Sequence[Path]) -> None:
        failed = store(peer, list(paths)).failed
        if failed:
            raise LabError(
                f"{peer.ae_title} did not take {len(failed)} of {len(paths)} objects; the first: "
                f"{failed[0].status or failed[0].problem}",
                remedy="Mend that (labkit status, disk space), then run the same command again. "
                "LEGACY takes no JPEG-LS and no JPEG 2000: ARCHIVE does.",
            )

    return send


def by_web(client: DicomwebClient) -> Send:
    """Send by STOW-RS (PS3.18 10.5)."""

    def send(paths: Sequence[Path]) -> None:
        failed = client.store(paths).get("FailedSOPSequence") or []
        if failed:
            raise LabError(
                f"the DICOMweb server did not take {len(failed)} of {len(paths)} objects; Failure "
                f"Reason {failed[0].get('FailureReason', 'unknown')}",
                remedy="Mend that (labkit status, disk space), then run the same command again.",
            )

    return send


def deliver(peer: Peer, found: Sequence[Row], send: Send) -> int:
    """Send what the archive has not; return how many."""
    if not found:
        return 0
    there = present(peer, found[0].study)
    missing = [row.path for row in found if row.uid not in there]
    for at in range(0, len(missing), AT_ONCE):
        send(missing[at : at + AT_ONCE])
    return len(missing)


def verify(peer: Peer, found: Sequence[Row]) -> str:
    """Read every object back and compare it with its file; return the digest of all.

    Raises
    ------
    LabError
        One is missing, or is another than was sent.
    """
    total = hashlib.sha256()
    wrong = []
    for batch in batches(found):
        came = _read_back(peer, batch)
        for row in batch:
            wanted = digest(dcmread(row.path))
            if came.get(row.uid) != wanted:
                wrong.append("is missing" if row.uid not in came else "is another")
            total.update(f"{row.uid} {wanted}\n".encode())
    if wrong:
        raise LabError(
            f"{peer.ae_title} does not give back what it was sent: of {len(found)} objects "
            f"{wrong.count('is missing')} are missing and {wrong.count('is another')} are "
            "other than they were.",
            remedy="Run the same command again. If it stays so: labkit log ARCHIVE.",
        )
    return total.hexdigest()


def batches(found: Sequence[Row], size: int = ROOM) -> Iterator[list[Row]]:
    """Part objects into those of one C-GET: of one series, few, and small together.

    Parameters
    ----------
    size
        Bytes of the files of a batch, unless one alone is larger.
    """
    batch: list[Row] = []
    room = size
    for row in found:
        room -= row.path.stat().st_size
        if batch and (room < 0 or len(batch) == AT_ONCE or row.series != batch[0].series):
            yield batch
            batch, room = [], size - row.path.stat().st_size
        batch.append(row)
    if batch:
        yield batch


def digest(ds: Dataset) -> str:
    """SHA-256 of a data set, whichever VR encoding it came in; its file meta does not count."""
    syntax = UID(ds.file_meta.TransferSyntaxUID)
    data = encode(ds, True, syntax.is_little_endian)
    if data is None:
        raise LabkitError("An object cannot be encoded.", remedy="Import it again.")
    return hashlib.sha256(data).hexdigest()


def _read_back(peer: Peer, batch: Sequence[Row]) -> dict[str, str]:
    asked = identifier(
        "IMAGE", StudyInstanceUID=batch[0].study, SeriesInstanceUID=batch[0].series,
        SOPInstanceUID=[row.uid for row in batch],
    )  # fmt: skip
    classes = sorted({row.sop_class for row in batch})
    result = get(peer, asked, storage_classes=classes)
    return {str(ds.SOPInstanceUID): digest(ds) for ds in result.datasets}


def _row(path: Path) -> Row:
    ds = dcmread(path, stop_before_pixels=True, specific_tags=list(_NAMES))

    def text(name: str) -> str:
        return str(ds.get(name) or "")

    def number(name: str) -> int:
        value = text(name)
        return int(value) if value.lstrip("+-").isdigit() else 0

    return Row(
        path, text("StudyInstanceUID"), text("SeriesInstanceUID"), text("SOPInstanceUID"),
        text("SOPClassUID"), number("SeriesNumber"), number("InstanceNumber"), text("Modality"),
        text("PatientID"), text("AccessionNumber"), "Rows" in ds,
    )  # fmt: skip
