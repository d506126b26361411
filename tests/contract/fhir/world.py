"""One patient with two studies and all that they refer to, for the searches of the suite."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from labkit.fhir import FhirClient
from tests.contract.fhir.cases import DCM, SYSTEM, Resource, bundle, entry, study, uid

SCT = "http://snomed.info/sct"
CT_STORAGE = "urn:oid:1.2.840.10008.5.1.4.1.1.2"


@dataclass(frozen=True)
class World:
    """What is on the server.

    Attributes
    ----------
    mark
        In all its identifiers.
    ids
        From the short names ("ann", "one", "two", …) to the server's ids.
    """

    mark: str
    base: str
    ids: dict[str, str]

    def fill(self, text: str) -> str:
        """Put the server's ids, the mark, the UIDs and the base URL into a text.

        ``{ann}`` is an id, ``{mark}`` the mark, ``{uid1}`` and ``{uid2}`` the Study Instance UIDs.
        """
        uids = {"uid1": uid(self.mark), "uid2": uid(self.second)}
        return text.format(**self.ids, **uids, mark=self.mark, base=self.base, system=SYSTEM)

    @property
    def second(self) -> str:
        """The mark of the second study."""
        return second(self.mark)


def second(mark: str) -> str:
    """The mark of the second study: another UID."""
    return f"{mark[:-12]}{(int(mark[-12:], 16) + 1) % 16**12:012x}"


def text(code: str) -> Resource:
    """A CodeableConcept of the suite's own code system."""
    return {"coding": [{"system": SYSTEM, "code": code}], "text": code}


def _resources(mark: str, link: dict[str, str]) -> dict[str, Resource]:
    def to(name: str) -> Resource:
        return {"reference": link[name]}

    def named(kind: str, **more: Any) -> Resource:
        identifier = [{"system": SYSTEM, "value": f"{mark}-{kind.lower()}"}]
        return {"resourceType": kind, "identifier": identifier, **more}

    full = study(
        link["ann"],
        mark,
        identifier=[
            {"system": "urn:dicom:uid", "value": f"urn:oid:{uid(mark)}"},
            {"system": SYSTEM, "value": mark},
            {"value": f"{mark}-bare"},
        ],
        basedOn=[to("order")],
        encounter=to("visit"),
        endpoint=[to("endpoint")],
        referrer=to("doctor"),
        interpreter=[to("doctor")],
        reasonCode=[text("headache")],
        series=[
            {
                "uid": uid(mark, 1),
                "modality": {"system": DCM, "code": "CT"},
                "bodySite": {"system": SCT, "code": "69536005", "display": "Head"},
                "performer": [{"actor": to("doctor")}],
                "instance": [
                    {
                        "uid": uid(mark, 1, 1),
                        "sopClass": {"system": "urn:ietf:rfc:3986", "code": CT_STORAGE},
                    }
                ],
            }
        ],
    )
    other = second(mark)
    plain = study(
        link["ann"],
        other,
        status="registered",
        started="2026-01-16",
        series=[{"uid": uid(other, 1), "modality": {"system": DCM, "code": "MR"}}],
    )
    return {
        "ann": named(
            "Patient",
            name=[{"family": f"Müller{mark[-6:]}", "given": ["Ann"]}],
            gender="female",
            birthDate="1970-05-05",
        ),
        "doctor": named("Practitioner", name=[{"family": f"Who{mark[-6:]}"}]),
        "order": named(
            "ServiceRequest", status="active", intent="order", subject=to("ann"),
            code=text("ct-head"),
        ),
        "visit": named(
            "Encounter", status="finished", subject=to("ann"),
            **{"class": {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"
            }},
        ),
        "endpoint": named(
            "Endpoint", status="active", address="http://pacs.example.org/dicomweb",
            payloadType=[{"text": "DICOM"}],
            connectionType={
                "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
                "code": "dicom-wado-rs",
            },
        ),
        "one": full,
        "two": plain,
        "document": named(
            "DocumentReference", status="current", subject=to("ann"),
            content=[{"attachment": {"contentType": "application/pdf", "data": "JVBERi0="}}],
            context={"related": [to("one")]},
        ),
    }  # fmt: skip


def settle(fhir: FhirClient) -> World:
    """Store a new world in one transaction."""
    mark = f"contract-{uuid.uuid4()}"
    names = ("ann", "doctor", "order", "visit", "endpoint", "one", "two", "document")
    link = {name: f"urn:uuid:{uuid.uuid4()}" for name in names}
    made = _resources(mark, link)
    reply = fhir.transaction(
        bundle(
            "transaction",
            *(entry("POST", made[n]["resourceType"], made[n], fullUrl=link[n]) for n in names),
        )
    )
    found = {
        name: row["response"]["location"].split("/_history")[0].rsplit("/", 1)[1]
        for name, row in zip(names, reply["entry"], strict=True)
    }
    return World(mark, fhir.base_url, found)
