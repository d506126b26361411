"""How an archive is asked which studies it has: QIDO-RS (PS3.18 10.6), C-FIND (PS3.4 C.4.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydicom.dataset import Dataset

from labkit.dicom.rejection import TITLES
from labkit.dimse.find import find
from labkit.dimse.identifier import identifier
from labkit.exchange.tracking.model import Facts

if TYPE_CHECKING:
    from labkit.dicomweb import DicomwebClient
    from labkit.dimse import Peer

_KEYS = (
    "StudyInstanceUID", "PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate",
    "PatientSex", "AccessionNumber", "ModalitiesInStudy", "NumberOfStudyRelatedInstances",
)  # fmt: skip
PAGE = 200


class QidoListing:
    """An archive with DICOMweb.

    Parameters
    ----------
    client
        Makes a client; asked each time, since a token ends.
    """

    def __init__(self, client: Callable[[], DicomwebClient]) -> None:
        self._client = client

    def studies(self) -> dict[str, Facts]:
        """Return every study, page after page until one is empty."""
        found: dict[str, Facts] = {}
        offset = 0
        with self._client() as web:
            while True:
                page = web.studies(limit=PAGE, offset=offset, includefield=list(_KEYS))
                found |= {str(ds.StudyInstanceUID): study_facts(ds) for ds in page}
                if not page:
                    return found
                offset += len(page)

    def study(self, uid: str) -> Facts | None:
        """Ask for one study."""
        with self._client() as web:
            page = web.studies(StudyInstanceUID=uid, includefield=list(_KEYS))
        return study_facts(page[0]) if page else None

    def notes(self, uid: str) -> tuple[str, ...]:
        """Read the titles of its key objects (PS3.3 A.35.4)."""
        with self._client() as web:
            series = web.series(uid, Modality="KO")
            read = [ds for one in series for ds in web.metadata(uid, str(one.SeriesInstanceUID))]
        return tuple(str(ds.SOPInstanceUID) for ds in read if is_rejection(ds))


class FindListing:
    """An archive with DIMSE alone.

    Parameters
    ----------
    peer
        The archive.
    how
        Keywords of `labkit.dimse.find`: ``ae_title``, ``tls``, ``timeout``.
    """

    def __init__(self, peer: Peer, **how: Any) -> None:
        self._peer, self._how = peer, how

    def studies(self) -> dict[str, Facts]:
        """Return every study; a C-FIND that did not end in success says nothing."""
        return {str(ds.StudyInstanceUID): study_facts(ds) for ds in self._find("STUDY", {})}

    def study(self, uid: str) -> Facts | None:
        """Ask for one study."""
        found = self._find("STUDY", {"StudyInstanceUID": uid})
        return study_facts(found[0]) if found else None

    def notes(self, uid: str) -> tuple[str, ...]:
        """Ask for the titles of its key objects; an archive may not say them (PS3.4 C.6.2.1)."""
        keys = {"StudyInstanceUID": uid}
        found: list[str] = []
        for series in self._find("SERIES", {**keys, "SeriesInstanceUID": "", "Modality": "KO"}):
            inside = {**keys, "SeriesInstanceUID": str(series.SeriesInstanceUID)}
            wanted = {"SOPInstanceUID": "", "ConceptNameCodeSequence": {"CodeValue": ""}}
            for ds in self._find("IMAGE", {**inside, **wanted}):
                found += [str(ds.SOPInstanceUID)] if is_rejection(ds) else []
        return tuple(found)

    def _find(self, level: str, keys: dict[str, Any]) -> list[Dataset]:
        wanted = dict.fromkeys(_KEYS, "") if level == "STUDY" else {}
        result = find(self._peer, identifier(level, **{**wanted, **keys}), **self._how)
        result.raise_for_status()
        return list(result)


def study_facts(ds: Dataset) -> Facts:
    """Return what counts of a match at STUDY level."""
    modalities = ds.get("ModalitiesInStudy") or []
    listed = [modalities] if isinstance(modalities, str) else [str(each) for each in modalities]
    count = ds.get("NumberOfStudyRelatedInstances")
    issuer = str(ds.get("IssuerOfPatientID") or "")
    return {
        "study": str(ds.StudyInstanceUID),
        "patient": str(ds.get("PatientID") or "") + (f"^^^{issuer}" if issuer else ""),
        "PatientName": str(ds.get("PatientName") or ""),
        "PatientBirthDate": str(ds.get("PatientBirthDate") or ""),
        "PatientSex": str(ds.get("PatientSex") or ""),
        "accession": str(ds.get("AccessionNumber") or ""),
        "modalities": sorted(listed),
        "instances": None if count in (None, "") else int(count),
        "notes": [],
    }


def is_rejection(ds: Dataset) -> bool:
    """Whether a key object's title is one of those by which objects are rejected (IHE IOCM)."""
    items = ds.get("ConceptNameCodeSequence") or []
    return any(str(item.get("CodeValue", "")) in TITLES for item in items)
