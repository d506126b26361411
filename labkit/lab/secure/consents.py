"""What patients have agreed to, as the registrar of the lab changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.common.errors import UsageError
from labkit.fhir.validation import validate

if TYPE_CHECKING:
    from labkit.lab.control import Asked
    from labkit.lab.secure.guarding import Act
    from labkit.lab.secure.subjects import Holding

ENDED = "inactive"
"""R4 consent-state-codes: no longer in force. The resource stays, and says that it was."""


class Consents:
    """The Consent resources of the lab's FHIR server, as the patients' registrar changes them.

    Parameters
    ----------
    held
        Gives what the FHIR server holds.
    """

    def __init__(self, held: Callable[[], Holding]) -> None:
        self._held = held

    def of(self, patient: str) -> list[dict[str, Any]]:
        """Return the consents of a patient (its id), whatever their status."""
        return self._held().search("Consent", {"patient": f"Patient/{patient}"})

    def put(self, resource: Any) -> dict[str, Any]:
        """Store a Consent under its own id; that of the patient where it has none.

        Raises
        ------
        UsageError
            It is no Consent, or names no patient that is here.
        """
        if not isinstance(resource, dict) or resource.get("resourceType") != "Consent":
            raise UsageError("This is no Consent.", remedy='Give {"resourceType": "Consent", …}.')
        link = resource.get("patient")
        kind, _, id_ = str(link.get("reference") if isinstance(link, dict) else "").partition("/")
        known = kind == "Patient" and id_ and self._held().resource(kind, id_) is not None
        if not known:
            raise UsageError(
                "The Consent is of no patient of this lab.",
                remedy='Say whose it is: "patient": {"reference": "Patient/thistlewick"}.',
            )
        made = {**resource, "id": resource.get("id") or id_}
        wrong = [issue for issue in validate(made) if issue.severity in ("error", "fatal")]
        if wrong:
            said = wrong[0]
            raise UsageError(
                f"This is no valid Consent: {said}", remedy="Correct it (R4 consent.html)."
            )
        self._held().put(made)
        return made

    def withdraw(self, id_: str) -> dict[str, Any]:
        """Have a consent be in force no more.

        Raises
        ------
        UsageError
            There is none of this id.
        """
        found = self._held().resource("Consent", id_)
        if found is None:
            raise UsageError(
                f"There is no Consent/{id_}.", remedy="lab.consents.of(patient) lists them."
            )
        ended = {**found, "status": ENDED}
        self._held().put(ended)
        return ended

    def acts(self) -> Mapping[tuple[str, str], Act]:
        """Return its acts of the control interface."""

        def put(asked: Asked) -> Any:
            return self.put(asked.field("resource", dict))

        return {
            ("GET", "/consents/{name}"): lambda asked: self.of(asked.name),
            ("POST", "/consents"): put,
            ("POST", "/consents/{name}/withdraw"): lambda asked: self.withdraw(asked.name),
        }
