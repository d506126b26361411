"""``lab.consents``: what patients have agreed to, and how that is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

Call = Callable[..., Any]
"""Asks the lab: method, path, body."""
Resource = dict[str, Any]


class ConsentsFacet:
    """The consents of the lab, as the patients' registrar sees them.

    Parameters
    ----------
    call
        Asks the control interface of the lab.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    def of(self, patient: str) -> list[Resource]:
        """Return the Consent resources of a patient, whatever their status.

        Parameters
        ----------
        patient
            The id of the Patient: ``"thistlewick"``.
        """
        found: list[Resource] = self._call("GET", f"/consents/{quote(_bare(patient), safe='')}")
        return found

    def put(self, resource: Resource) -> Resource:
        """Store a Consent; it is in force from the next request on.

        Without an id it takes the place of the patient's first one.

        Raises
        ------
        UsageError
            It is no Consent, not a valid one, or of no patient of the lab.
        """
        stored: Resource = self._call("POST", "/consents", {"resource": resource})
        return stored

    def withdraw(self, patient: str) -> Resource:
        """End a consent, by its id; the first one of each patient has the patient's.

        The resource stays, with the status ``inactive``.
        """
        path = f"/consents/{quote(_bare(patient), safe='')}/withdraw"
        ended: Resource = self._call("POST", path)
        return ended

    def __repr__(self) -> str:
        return "Consents: of(patient), put(resource), withdraw(id)"


def _bare(reference: str) -> str:
    """Take ``Patient/x`` and ``Consent/x`` for ``x``."""
    return str(reference).rpartition("/")[2]
