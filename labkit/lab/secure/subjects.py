"""Whose data it is, asked of the lab's own FHIR store, wherever the server is by then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from labkit.access import StoredSubjects
from labkit.access.consent import StoredConsents

if TYPE_CHECKING:
    from labkit.fhir import FhirStore


class LabSubjects:
    """`Subjects` and `Consents` of the lab.

    A store that is put back, or set aside as damaged, is another one: it is asked for each time.

    Parameters
    ----------
    store
        Gives the FHIR server's store.
    base_url
        The server's base URL.
    """

    def __init__(self, store: Callable[[], FhirStore], base_url: str) -> None:
        self._store, self.base_url = store, base_url

    def _stored(self) -> StoredSubjects:
        return StoredSubjects(self._store(), self.base_url)

    def study(self, uid: str) -> dict[str, Any] | None:
        """Return the ImagingStudy of this UID; ``None`` if there is none, or not just one."""
        return self._stored().study(uid)

    def patient_of_study(self, uid: str) -> str:
        """Return the id of the Patient of this study; ``""`` if that is not certain."""
        return self._stored().patient_of_study(uid)

    def resource(self, kind: str, id_: str) -> dict[str, Any] | None:
        """Return a resource as it is now; ``None`` if it is not there."""
        return self._stored().resource(kind, id_)

    def search(
        self, kind: str, criteria: Mapping[str, str], *, most: int = 1000
    ) -> list[dict[str, Any]]:
        """Return what a search finds, without asking who may see it."""
        return self._stored().search(kind, criteria, most=most)

    def of(self, patient_id: str) -> Sequence[dict[str, Any]]:
        """Return every Consent of a patient as it is now."""
        return StoredConsents(self._store(), self.base_url).of(patient_id)
