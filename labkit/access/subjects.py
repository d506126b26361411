"""Whose data it is: from what DICOM says (PatientID, StudyInstanceUID) to FHIR resources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from labkit.access.references import reference_of
from labkit.fhir import FhirStore
from labkit.fhir.search import parse_search


class Subjects(Protocol):
    """Answers from the FHIR server's resources; may be asked by several threads at once."""

    def study(self, uid: str) -> dict[str, Any] | None:
        """Return the ImagingStudy of this UID; ``None`` if there is none, or not just one."""
        ...

    def patient_of_study(self, uid: str) -> str:
        """Return the id of the Patient of this study; ``""`` if that is not certain."""
        ...

    def resource(self, kind: str, id_: str) -> dict[str, Any] | None:
        """Return a resource as it is now; ``None`` if it is not there."""
        ...


class StoredSubjects:
    """`Subjects` of the embedded FHIR server, read from its store: what it says is never old.

    Parameters
    ----------
    store
        The server's store; asked past any policy, since policies themselves need the answer.
    base_url
        The server's base URL: a reference that begins with it is one of ours.
    """

    def __init__(self, store: FhirStore, base_url: str = "") -> None:
        self._store, self._base = store, base_url.rstrip("/")

    @property
    def base_url(self) -> str:
        """The server's base URL; ``""`` if it was not told."""
        return self._base

    def study(self, uid: str) -> dict[str, Any] | None:
        """Return the ImagingStudy of this UID; ``None`` if there is none, or not just one."""
        if not set(uid) <= set("0123456789."):  # PS3.5 9.1; a search has characters of its own
            return None
        wanted = f"urn:dicom:uid|urn:oid:{uid}"
        found = self.search("ImagingStudy", {"identifier": wanted}, most=2)
        return found[0] if len(found) == 1 else None

    def patient_of_study(self, uid: str) -> str:
        """Return the id of the Patient of this study; ``""`` if that is not certain."""
        return patient_of(self.study(uid) or {}, self._base)

    def resource(self, kind: str, id_: str) -> dict[str, Any] | None:
        """Return a resource as it is now; ``None`` if it is not there."""
        stored = self._store.read(kind, id_)
        return None if stored is None or stored.deleted else stored.resource

    def search(
        self, kind: str, criteria: Mapping[str, str], *, most: int = 1000
    ) -> list[dict[str, Any]]:
        """Return resources that a search would find, without asking who may see them.

        Raises
        ------
        FhirError
            A parameter is unknown or malformed.
        """
        asked = parse_search(
            kind, criteria.items(), lenient=False, now=self._store.clock(), base_url=self._base
        )
        where, arguments = asked.where()
        rows = self._store.query(
            "SELECT v.body FROM resource r JOIN version v ON v.pk = r.pk AND v.version = r.version "
            f"WHERE {where} ORDER BY r.pk LIMIT ?",
            [*arguments, most],
        )
        return [json.loads(body) for (body,) in rows]


def patient_of(resource: Mapping[str, Any], base_url: str = "") -> str:
    """Return the logical id of the Patient that a resource is about; ``""`` if it says none.

    Parameters
    ----------
    base_url
        Of the server that has it. A reference to any other server is nobody here.
    """
    if resource.get("resourceType") == "Patient":
        return str(resource.get("id", ""))
    for name in ("subject", "patient", "beneficiary", "for"):
        kind, _, id_ = reference_of(resource.get(name), base_url).partition("/")
        if kind == "Patient" and id_:
            return id_
    return ""
