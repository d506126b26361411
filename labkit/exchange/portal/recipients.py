"""Whether the patient's consents let a recipient have a study."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from labkit.access import Grant
from labkit.access.consent import ConsentPolicy
from labkit.access.remote import RemoteConsents, RemoteSubjects
from labkit.common.access import AccessRequest
from labkit.common.errors import AccessDenied, LabkitError
from labkit.exchange.portal.reading import ID, Reader
from labkit.fhir import FhirClient

KINDS = ("Practitioner", "PractitionerRole", "Organization")


class TokenSubjects(RemoteSubjects):
    """A FHIR server as one token sees it."""

    def __init__(self, fhir: FhirClient) -> None:
        self._fhir = fhir


def _now() -> datetime:
    return datetime.now(timezone.utc)


class Recipients:
    """Knows recipients, and asks the patient's consents about them.

    The servers ask the consents about the one whose token it is. Behind a share that is the one who
    shares, and not the one who sees: about the recipient nobody asks but this.

    Parameters
    ----------
    clock
        The time now, for periods of consents.
    """

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        self._clock = clock

    def of(self, reader: Reader, reference: str) -> tuple[str, frozenset[str]]:
        """Return a recipient's name, and every reference by which a Consent may name them.

        A practitioner is of the organisations that their roles name: who denies a clinic denies
        those who work there.

        Raises
        ------
        AccessDenied
            The recipient is not known to the server.
        """
        kind, _, id_ = reference.partition("/")
        unknown = AccessDenied(
            f"{reference!r} is no recipient that is known here.",
            remedy="Name a Practitioner or an Organization of the FHIR server.",
        )
        if kind not in KINDS or not ID.fullmatch(id_):  # no version: a Consent names none
            raise unknown
        with reader.fhir() as fhir:
            subjects = TokenSubjects(fhir)
            body = subjects.resource(kind, id_)
            if body is None:
                raise unknown
            roles = [body] if kind == "PractitionerRole" else []
            if kind == "Practitioner":
                roles = subjects.search("PractitionerRole", {"practitioner": reference})
        named = {reference}
        for role in roles:
            named.add(f"PractitionerRole/{role['id']}")
            for part in ("practitioner", "organization"):
                link = str((role.get(part) or {}).get("reference", ""))
                named |= {link} if link else set()
        return _name(body) or reference, frozenset(named)

    def why_not(
        self, reader: Reader, uid: str, actors: frozenset[str], purpose: str = "TREAT"
    ) -> str:
        """Say why the recipient may not have the study; ``""`` if the consents permit it.

        Asked as a C-MOVE is: the data are accessed, and disclosed. What cannot be found out is a
        refusal.
        """
        try:
            with reader.fhir() as fhir:
                subjects = TokenSubjects(fhir)
                patient = subjects.patient_of_study(uid)
                body = subjects.resource("Patient", patient) if patient else None
                if body is None:
                    return "it is not known whose study it is"
                for link in body.get("link", []):
                    # Consents of a record that was merged count too; the token has to show them.
                    other = str((link.get("other") or {}).get("reference", "")).rpartition("/")[2]
                    if subjects.resource("Patient", other) is None:
                        return "a linked record cannot be read, so its consents cannot either"
                policy = ConsentPolicy(subjects, RemoteConsents(subjects), clock=self._clock)
                asked = AccessRequest(
                    "share", "C-MOVE", "PORTAL", {"StudyInstanceUID": uid, "patient": patient}
                )
                ruling = policy.rule(asked, Grant("share", actors=actors, purpose=purpose))
                return "" if ruling.allowed else ruling.reason
        except LabkitError as error:
            return f"the consents could not be asked ({type(error).__name__})"


def _name(body: dict[str, Any]) -> str:
    name = body.get("name")
    if isinstance(name, str):
        return name
    for each in name if isinstance(name, list) else []:
        parts = [*map(str, each.get("given", [])), str(each.get("family", ""))]
        return " ".join(filter(None, parts))
    return ""
