"""Rejected objects (IHE Imaging Object Change Management).

Who finds that images must not be used stores a *rejection note*: a Key Object Selection document
(PS3.3 A.35.4) whose title says why, and which names the images. The archive then hides them: no
query finds them, no retrieval sends them. Their files stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import KeyObjectSelectionDocumentStorage

from labkit.pacs.journal import Journal

_REASONS = (
    codes.DCM.RejectedForQualityReasons,
    codes.DCM.RejectedForPatientSafetyReasons,
    codes.DCM.IncorrectModalityWorklistEntry,
    codes.DCM.DataRetentionPolicyExpired,
)
REASONS: Mapping[str, str] = {str(code.value): str(code.meaning) for code in _REASONS}
"""Document titles of CID 7011 that reject: code value to meaning, coding scheme DCM."""
NOTE_HIDDEN_TOO = frozenset({str(codes.DCM.DataRetentionPolicyExpired.value)})
"""With these the note itself is hidden as well: nothing is to tell of objects that have expired."""


@dataclass(frozen=True)
class Rejection:
    """One rejection note.

    Attributes
    ----------
    note
        SOP Instance UID of the note.
    code
        Its title: a key of `REASONS`.
    uids
        SOP Instance UIDs of what it rejects.
    """

    note: str
    code: str
    uids: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The title in words."""
        return REASONS[self.code]


def rejection_of(ds: Dataset) -> Rejection | None:
    """What a rejection note rejects; ``None`` if this is none, but key images of another kind."""
    if ds.get("SOPClassUID") != KeyObjectSelectionDocumentStorage:
        return None
    titles = ds.get("ConceptNameCodeSequence") or []
    code = str(titles[0].get("CodeValue", "")) if titles else ""
    if code not in REASONS or titles[0].get("CodingSchemeDesignator") != "DCM":
        return None
    uids = [
        str(reference.get("ReferencedSOPInstanceUID", ""))
        for study in ds.get("CurrentRequestedProcedureEvidenceSequence") or []
        for series in study.get("ReferencedSeriesSequence") or []
        for reference in series.get("ReferencedSOPSequence") or []
    ]
    return Rejection(str(ds.get("SOPInstanceUID", "")), code, tuple(filter(None, uids)))


class Rejections:
    """All rejections of an archive.

    Parameters
    ----------
    path
        Their journal.
    """

    def __init__(self, path: Path) -> None:
        self.journal = Journal(path)
        self._hidden: dict[str, Rejection] = {}
        self.reload()

    def __contains__(self, sop_instance_uid: object) -> bool:
        return sop_instance_uid in self._hidden

    def __iter__(self) -> Iterator[str]:
        return iter(self._hidden)

    def get(self, sop_instance_uid: str) -> Rejection | None:
        """Why an object is hidden; ``None`` if it is not."""
        return self._hidden.get(sop_instance_uid)

    def reload(self) -> None:
        """Read the journal again."""
        self._hidden = {}
        for line in self.journal.lines():
            self._hide(Rejection(line["note"], line["code"], tuple(line["uids"])))

    def add(self, rejection: Rejection) -> list[str]:
        """Decide, durably on return; the UIDs that are hidden by it."""
        self.journal.add(asdict(rejection))
        return self._hide(rejection)

    def _hide(self, rejection: Rejection) -> list[str]:
        uids = [*rejection.uids, *([rejection.note] if rejection.code in NOTE_HIDDEN_TOO else [])]
        self._hidden |= dict.fromkeys(uids, rejection)
        return uids
