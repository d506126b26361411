"""Which storage classes a C-GET has to propose: a C-FIND may tell."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from labkit.dimse.association import Tls
from labkit.dimse.find import find
from labkit.dimse.identifier import identifier as make_identifier
from labkit.dimse.peer import Peer

_KEYS = {
    "PATIENT": "PatientID",
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}


def storage_classes_of(
    peer: Peer, asked: Dataset, model: str, *, ae_title: str, timeout: float, tls: Tls = None
) -> list[str]:
    """Ask which SOP classes the objects of an identifier have.

    At the study level SOP Classes in Study (0008,0062) says it in one answer, but it is optional
    (PS3.4 Table C.6-5); else the question goes down to the instances.

    Returns
    -------
    list of str
        Empty where C-FIND does not tell: the service is not offered, or nothing matches.
    """
    level = str(asked.QueryRetrieveLevel)
    keys = {key: asked.get(key) for key in _KEYS.values() if asked.get(key)}

    def query(at: str, keys: dict[str, object], *returned: str) -> list[Dataset]:
        wanted = make_identifier(at, **{**dict.fromkeys(returned), **keys})
        return list(find(peer, wanted, model=model, ae_title=ae_title, timeout=timeout, tls=tls))

    def down(at: str, keys: dict[str, object]) -> Iterator[str]:
        """Walk to the instances, one level at a time, as hierarchical search wants it."""
        if at == "IMAGE":
            for match in query("IMAGE", keys, "SOPInstanceUID", "SOPClassUID"):
                yield str(match.get("SOPClassUID") or "")
            return
        below = list(_KEYS)[list(_KEYS).index(at) + 1]
        for match in query(at, keys, _KEYS[at], "SOPClassesInStudy"):
            classes = match.get("SOPClassesInStudy") if at == "STUDY" else None
            if classes:
                yield from [classes] if isinstance(classes, str) else map(str, classes)
            elif match.get(_KEYS[at]):
                yield from down(below, {**keys, _KEYS[at]: match[_KEYS[at]].value})

    return sorted(set(down(level, keys)) - {""})
