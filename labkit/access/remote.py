"""Whose data it is, and what the patient agreed to, from a FHIR server that is another process.

For policies about a product: what they weigh lies in the product itself. It is read past any
policy, with a key that only the lab has, as HAPI in ``containers/fhir`` takes it; anew for each
decision, so that a withdrawal acts at once. Where the server does not answer, these raise, and the
policy that asked has refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from labkit.access.consent.stored import MOST
from labkit.access.decisions import KEY
from labkit.access.subjects import patient_of
from labkit.common.errors import LabError
from labkit.fhir import FhirClient, FhirError

ANSWER = 5.0
"""Seconds that the server may take: less than it waits for the decision itself."""
_PAGE = 200


class RemoteSubjects:
    """`Subjects` of a FHIR server, asked over HTTP.

    Parameters
    ----------
    url
        Its base URL, as it calls itself in links.
    key
        That opens all of it.
    """

    def __init__(self, url: str, key: str) -> None:
        self._fhir = FhirClient(url, headers={KEY: key}, timeout=ANSWER)

    @property
    def base_url(self) -> str:
        """The server's base URL."""
        return self._fhir.base_url

    def study(self, uid: str) -> dict[str, Any] | None:
        """Return the ImagingStudy of this UID; ``None`` if there is none, or not just one."""
        if not uid or not set(uid) <= set("0123456789."):  # PS3.5 9.1
            return None
        wanted = f"urn:dicom:uid|urn:oid:{uid}"
        found = self.search("ImagingStudy", {"identifier": wanted}, most=2)
        return found[0] if len(found) == 1 else None

    def patient_of_study(self, uid: str) -> str:
        """Return the id of the Patient of this study; ``""`` if that is not certain."""
        return patient_of(self.study(uid) or {}, self.base_url)

    def resource(self, kind: str, id_: str) -> dict[str, Any] | None:
        """Return a resource as it is now; ``None`` if it is not there.

        Raises
        ------
        LabkitError
            The server does not answer.
        """
        try:
            return self._fhir.read(f"{kind}/{id_}")
        except FhirError as error:
            if error.status in (404, 410):
                return None
            raise

    def search(
        self, kind: str, criteria: Mapping[str, str], *, most: int = 1000
    ) -> list[dict[str, Any]]:
        """Return resources that a search finds, without asking who may see them.

        Raises
        ------
        LabkitError
            A parameter is unknown, or the server does not answer.
        """
        asked = {"_count": str(min(most, _PAGE)), **criteria}
        return list(islice(self._fhir.search(kind, **asked), most))

    def put(self, resource: dict[str, Any]) -> None:
        """Store a resource under its own id, without asking who may.

        Raises
        ------
        LabkitError
            The server does not take it, or does not answer.
        """
        self._fhir.update(resource)

    def close(self) -> None:
        """Close the connections."""
        self._fhir.close()


class RemoteConsents:
    """`Consents` of a FHIR server, asked over HTTP.

    Parameters
    ----------
    subjects
        The server.
    """

    def __init__(self, subjects: RemoteSubjects) -> None:
        self._subjects = subjects

    def of(self, patient_id: str) -> Sequence[dict[str, Any]]:
        """Return every Consent of a patient as it is now.

        Raises
        ------
        LabkitError
            There are too many to weigh, or the server does not answer.
        """
        asked = {"patient": f"Patient/{patient_id}"}
        found = self._subjects.search("Consent", asked, most=MOST + 1)
        if len(found) > MOST:
            raise LabError(
                f"Patient/{patient_id} has more than {MOST} Consent resources",
                remedy="Delete those that are no longer in force.",
            )
        return found
