"""Where consents are: read anew for each decision, so that a withdrawal acts at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from labkit.access.subjects import StoredSubjects
from labkit.common.errors import LabError
from labkit.fhir import FhirStore

MOST = 200
"""Consents of one patient that are weighed; more would make each request slow."""


class Consents(Protocol):
    """Gives a patient's consents; may be asked by several threads at once."""

    def of(self, patient_id: str) -> Sequence[dict[str, Any]]:
        """Return every Consent resource of a patient, whatever its status."""
        ...


class StoredConsents:
    """`Consents` of the embedded FHIR server.

    Parameters
    ----------
    store
        The server's store.
    base_url
        The server's base URL.
    """

    def __init__(self, store: FhirStore, base_url: str = "") -> None:
        self._resources = StoredSubjects(store, base_url)

    def of(self, patient_id: str) -> Sequence[dict[str, Any]]:
        """Return every Consent of a patient as it is now.

        Raises
        ------
        LabError
            There are too many to weigh: nothing is decided by a part of them.
        """
        asked = {"patient": f"Patient/{patient_id}"}
        found = self._resources.search("Consent", asked, most=MOST + 1)
        if len(found) > MOST:
            raise LabError(
                f"Patient/{patient_id} has more than {MOST} Consent resources",
                remedy="Delete those that are no longer in force.",
            )
        return found
