"""Whose data it is, asked of the lab's own FHIR server, wherever that is by then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from labkit.access import StoredSubjects
from labkit.access.consent import StoredConsents
from labkit.access.subjects import Subjects, patient_of

if TYPE_CHECKING:
    from labkit.access.remote import RemoteSubjects
    from labkit.fhir import FhirStore


class Holding(Subjects, Protocol):
    """What the guard of a lab has to know of the FHIR server, past every policy."""

    @property
    def base_url(self) -> str:
        """The server's base URL, as its users know it."""
        ...

    def search(
        self, kind: str, criteria: Mapping[str, str], *, most: int = 1000
    ) -> list[dict[str, Any]]:
        """Return what a search finds, without asking who may see it."""
        ...

    def of(self, patient_id: str) -> Sequence[dict[str, Any]]:
        """Return every Consent of a patient as it is now."""
        ...

    def put(self, resource: dict[str, Any]) -> None:
        """Store a resource under its own id, as the administrator of the server may."""
        ...


class LabSubjects:
    """`Holding` of the embedded server.

    A store that is put back, or set aside as damaged, is another one: it is asked for each time.

    Parameters
    ----------
    store
        Gives the FHIR server's store.
    base_url
        The server's base URL.
    """

    def __init__(self, store: Callable[[], FhirStore], base_url: str) -> None:
        self._store, self._base = store, base_url

    @property
    def base_url(self) -> str:
        """The server's base URL."""
        return self._base

    def _stored(self) -> StoredSubjects:
        return StoredSubjects(self._store(), self._base)

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
        return StoredConsents(self._store(), self._base).of(patient_id)

    def put(self, resource: dict[str, Any]) -> None:
        """Store a resource under its own id."""
        self._store().put(resource)


class ProductSubjects:
    """`Holding` of a FHIR server that is a product: it is asked over HTTP, with the lab's key.

    Parameters
    ----------
    remote
        The product, at its own address.
    base_url
        Of the door before it: references that begin with it are the server's own too.
    """

    def __init__(self, remote: RemoteSubjects, base_url: str) -> None:
        from labkit.access.remote import RemoteConsents

        self._remote, self._base = remote, base_url
        self._consents = RemoteConsents(remote)

    @property
    def base_url(self) -> str:
        """Base URL of the door."""
        return self._base

    def study(self, uid: str) -> dict[str, Any] | None:
        """Return the ImagingStudy of this UID; ``None`` if there is none, or not just one."""
        return self._remote.study(uid)

    def patient_of_study(self, uid: str) -> str:
        """Return the id of the Patient of this study; ``""`` if that is not certain."""
        return patient_of(self.study(uid) or {}, self._base)

    def resource(self, kind: str, id_: str) -> dict[str, Any] | None:
        """Return a resource as it is now; ``None`` if it is not there."""
        return self._remote.resource(kind, id_)

    def search(
        self, kind: str, criteria: Mapping[str, str], *, most: int = 1000
    ) -> list[dict[str, Any]]:
        """Return what a search finds, without asking who may see it."""
        return self._remote.search(kind, criteria, most=most)

    def of(self, patient_id: str) -> Sequence[dict[str, Any]]:
        """Return every Consent of a patient as it is now."""
        return self._consents.of(patient_id)

    def put(self, resource: dict[str, Any]) -> None:
        """Store a resource under its own id."""
        self._remote.put(resource)
