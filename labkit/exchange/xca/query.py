"""Stored queries as a gateway sees them: whose patient, which community, and what came back.

A gateway passes a query on as it is. It looks at two things of it, the homeCommunityId and the
patient's ID, and at what is in the answer only as far as it has to (ITI TF-2 3.38).
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass

from labkit.common.errors import DataError
from labkit.exchange.parties import PatientId
from labkit.exchange.soap import Message, xml
from labkit.exchange.xds.messages import QUERY_RESPONSE
from labkit.exchange.xds.names import QUERY, RIM, STORED_QUERY
from labkit.exchange.xds.problems import RegistryError, XdsError
from labkit.exchange.xds.response import read_response, registry_response

ITI18 = STORED_QUERY
ITI38 = "urn:ihe:iti:2007:CrossGatewayQuery"
_PATIENT_SLOTS = (
    "$XDSDocumentEntryPatientId", "$XDSSubmissionSetPatientId", "$XDSFolderPatientId", "$patientId",
)  # fmt: skip
"""Parameters of stored queries that carry a patient's ID (ITI TF-2 3.18.4.1.2.3.7)."""
_PATIENT_SCHEMES = (
    "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",  # XDSDocumentEntry.patientId
    "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",  # XDSSubmissionSet.patientId
    "urn:uuid:f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a",  # XDSFolder.patientId
)
"""ExternalIdentifiers that carry it in what is returned (ITI TF-3 4.2.5.2)."""
_MUST_HAVE_HOME = (f"{{{RIM}}}ExtrinsicObject", f"{{{RIM}}}RegistryPackage", f"{{{RIM}}}ObjectRef")


@dataclass(frozen=True)
class GatewayQuery:
    """An AdhocQueryRequest, as far as a gateway reads it.

    Attributes
    ----------
    body
        As it came.
    home
        homeCommunityId, ``""`` where none is given.
    patient
        Whose documents, ``None`` where the query is not by patient.
    """

    body: xml.Element
    home: str
    patient: PatientId | None

    @classmethod
    def read(cls, body: xml.Element | None) -> GatewayQuery:
        """Read it.

        Raises
        ------
        UsageError
            It is none, or the patient's ID has no assigning authority.
        """
        adhoc = None if body is None else body.find(f"{{{RIM}}}AdhocQuery")
        if body is None or body.tag != f"{{{QUERY}}}AdhocQueryRequest" or adhoc is None:
            raise DataError(
                "The body is no AdhocQueryRequest with an AdhocQuery.",
                remedy="ITI TF-2 3.18.4.1.2 says how a stored query is written.",
            )
        values = [xml.text_of(value).strip("'") for value in _patient_values(adhoc)]
        if len(set(values)) > 1:
            raise DataError("The query names two patients.", remedy="Ask for one at a time.")
        patient = PatientId.parse(values[0]) if values else None
        return cls(body, str(adhoc.get("home", "")).strip(), patient)

    def addressed(self, home: str, patient: PatientId | None = None) -> xml.Element:
        """Return the query for another community, or without home for one's own registry.

        Parameters
        ----------
        home
            homeCommunityId that it is to carry; ``""`` for none.
        patient
            The patient's ID there, in place of the one that it has.
        """
        body = deepcopy(self.body)
        adhoc = body.find(f"{{{RIM}}}AdhocQuery")
        adhoc.attrib.pop("home", None)
        if home:
            adhoc.set("home", home)
        if patient is not None:
            for value in _patient_values(adhoc):
                value.text = f"'{xml.writable(patient.cx)}'"
        return body


def _patient_values(adhoc: xml.Element) -> list[xml.Element]:
    return [
        value
        for slot in xml.children(adhoc, f"{{{RIM}}}Slot")
        if slot.get("name") in _PATIENT_SLOTS
        for value in slot.iter(f"{{{RIM}}}Value")
    ]


def found_by(response: Message) -> tuple[list[xml.Element], list[RegistryError]]:
    """Read an AdhocQueryResponse, a failure too: objects as they are, and errors."""
    try:
        errors = read_response(response.body, "AdhocQueryResponse")
    except XdsError as error:
        return [], list(error.errors)
    assert response.body is not None
    listed = response.body.find(f"{{{RIM}}}RegistryObjectList")
    return ([] if listed is None else xml.children(listed)), list(errors)


def found_response(
    request: Message,
    action: str,
    objects: Iterable[xml.Element],
    errors: Iterable[RegistryError],
    *,
    partly: bool = False,
) -> Message:
    """Make an AdhocQueryResponse.

    Parameters
    ----------
    partly
        Whether somebody has answered in spite of the errors, if only that there is nothing.
    """
    listed = list(objects)
    body = registry_response(errors, something=partly or bool(listed), name=QUERY_RESPONSE)
    xml.add(body, f"{{{RIM}}}RegistryObjectList").extend(listed)
    return request.reply(action, body)


def stamp(objects: Iterable[xml.Element], home: str) -> None:
    """Give each returned object the homeCommunityId of where it is (ITI TF-2 3.38.4.1.3)."""
    for one in objects:
        one.set("home", home)


def wrong_in(one: xml.Element, home: str, patient: PatientId | None) -> tuple[str, str] | None:
    """Say what is wrong with an object that a community returned: an error's code, and why.

    Parameters
    ----------
    home
        Of the community that was asked.
    patient
        Who was asked for there, if the query was by patient.
    """
    what = f"{str(one.tag).rpartition('}')[2]} {one.get('id', '')}"
    said = str(one.get("home", "")).strip()
    if not said and one.tag in _MUST_HAVE_HOME:
        return "XDSMissingHomeCommunityId", f"{what} of {home} has no homeCommunityId"
    if said not in ("", home):
        return "XDSUnknownCommunity", f"{what} came from {home} and says that it is of {said}"
    for identifier in xml.children(one, f"{{{RIM}}}ExternalIdentifier"):
        if patient is None or identifier.get("identificationScheme") not in _PATIENT_SCHEMES:
            continue
        if identifier.get("value") != patient.cx:
            return "XDSPatientIdDoesNotMatch", f"{what} of {home} is of another patient than asked"
    return None
