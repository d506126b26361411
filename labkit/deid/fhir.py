"""FHIR resources of a de-identified study, in step with its DICOM objects.

JSON in, JSON out. The same key gives the same new UIDs, identifiers and dates, so that what joined
before joins after. PS3.15 says nothing of FHIR; here only what is known to be harmless stays:
references, codes of public systems, quantities, UIDs and pseudonyms.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.deid import fhir_values as values
from labkit.deid.text import Identities

if TYPE_CHECKING:
    from labkit.deid.deidentifier import Deidentifier

Json = dict[str, Any]

#: Nothing but their id, and these elements, stays of resources about people, places and things.
_BARE: Mapping[str, tuple[str, ...]] = {
    "Patient": ("identifier", "active"), "Practitioner": (), "PractitionerRole": (),
    "Organization": (), "Location": (), "Device": (), "RelatedPerson": ("patient",),
    "Person": (), "Endpoint": ("status", "connectionType", "payloadType"), "Binary": (),
}  # fmt: skip
_WHOLE = frozenset({
    "ImagingStudy", "ServiceRequest", "DiagnosticReport", "Observation", "Encounter", "Procedure",
    "DocumentReference", "ImagingSelection", "Condition", "BodyStructure", "Specimen", "List",
    "Appointment", "MedicationAdministration",
})  # fmt: skip
_DROPPED = frozenset({
    "extension", "modifierExtension", "implicitRules", "language", "div", "name", "telecom",
    "address", "photo", "contact", "communication", "url", "data", "hash", "author", "performer",
    "display", "assigner", "userSelected", "securityLabel", "source", "tag", "lastUpdated",
    "patientInstruction", "link", "search", "response", "ifNoneExist", "ifMatch", "ifNoneMatch",
    "versionId",
})  # fmt: skip
BASE = "https://deid.invalid/fhir"


class FhirDeidentifier:
    """De-identifies resources with the profile and the key of a `Deidentifier`.

    Parameters
    ----------
    deidentifier
        Whose profile, key and patients are taken.

    Notes
    -----
    `learn` every Patient first: its identifiers say which DICOM patient it is, so that its
    dates move as the objects' do.
    """

    def __init__(self, deidentifier: Deidentifier) -> None:
        self._profile, self._key = deidentifier.profile, deidentifier.key
        self._patients = deidentifier.patients
        self._known: dict[str, str] = {}
        self._words: set[str] = set()

    def learn(self, resource: Json) -> None:
        """Remember who a Patient is; of a Bundle, each of its Patients."""
        for entry in resource.get("entry") or []:
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
                self.learn(entry["resource"])
        for inner in resource.get("contained") or []:
            self.learn(inner)
        if resource.get("resourceType") != "Patient" or not resource.get("id"):
            return
        self._known[str(resource["id"])] = values.patient_id(resource, self._patients)
        for name in resource.get("name") or []:
            parts = [*(name.get("given") or []), name.get("family"), name.get("text")]
            for part in filter(None, parts):
                self._words |= {w.lower() for w in str(part).split() if len(w) > 2}

    def resource(self, resource: Json) -> Json | None:
        """De-identify one resource, or a Bundle.

        Returns
        -------
        dict or None
            ``None`` for a type of which nothing is known to be harmless: it is held.
        """
        kind = str(resource.get("resourceType", ""))
        if kind == "Bundle":
            return self._bundle(resource)
        if kind in _BARE:
            return self._bare(kind, resource)
        if kind not in _WHOLE:
            return None
        subject = self._subject(resource)
        made = self._object(resource, subject, top=True)
        made["resourceType"] = kind
        if resource.get("id"):
            made["id"] = self.new_id(kind, str(resource["id"]))
        contained = [self.resource(inner) for inner in resource.get("contained") or []]
        if any(contained):
            made["contained"] = [inner for inner in contained if inner]
        return made

    def new_id(self, kind: str, old: str) -> str:
        """Make the new logical id of a resource, the same wherever it is referred to."""
        raw = self._key.digest("fhir-id", f"{kind}/{old}")
        return base64.b32encode(raw[:15]).decode("ascii").lower()

    def _bundle(self, bundle: Json) -> Json:
        made: Json = {"resourceType": "Bundle", "type": bundle.get("type", "collection")}
        entries = []
        for entry in bundle.get("entry") or []:
            inner = self.resource(entry.get("resource") or {})
            if inner is None:
                continue
            one: Json = {"resource": inner}
            if "id" in inner:
                one["fullUrl"] = f"{BASE}/{inner['resourceType']}/{inner['id']}"
            old = str(entry.get("fullUrl", ""))
            if old.startswith("urn:uuid:"):
                one["fullUrl"] = self._urn(old)
            request = entry.get("request") or {}
            if request.get("method") in {"PUT", "POST"}:
                put = request["method"] == "PUT" and "id" in inner
                url = f"{inner['resourceType']}/{inner['id']}" if put else inner["resourceType"]
                one["request"] = {"method": request["method"], "url": url}
            entries.append(one)
        made["entry"] = entries
        return made

    def _bare(self, kind: str, resource: Json) -> Json:
        made: Json = {"resourceType": kind}
        if resource.get("id"):
            made["id"] = self.new_id(kind, str(resource["id"]))
        kept = {key: resource[key] for key in _BARE[kind] if key in resource}
        made.update(self._object(kept, ""))
        retained = self._profile.has("retain-patient-characteristics") and kind == "Patient"
        if retained and resource.get("gender") in {"male", "female", "other", "unknown"}:
            made["gender"] = resource["gender"]
        if kind == "Organization" and self._profile.has("retain-institution-identity"):
            made["name"] = resource.get("name", "")
        if kind == "Endpoint":
            made["address"] = BASE
        if kind == "Binary":
            made["contentType"] = values.media_type(resource.get("contentType"))
        return made

    def _subject(self, resource: Json) -> str:
        for key in ("subject", "patient"):
            reference = str((resource.get(key) or {}).get("reference", ""))
            found = reference.rsplit("/", 1)[-1].lstrip("#")
            if found:
                return self._known.get(found, found)
        return str(resource.get("id", ""))

    def _object(self, node: Json, subject: str, *, top: bool = False) -> Json:
        made: Json = {}
        for key, value in node.items():
            if key.startswith("_") or key in _DROPPED or (top and key in {"id", "contained"}):
                continue
            if top and key in {"text", "meta"}:
                continue
            new = self._value(key, value, subject)
            if new not in (None, "", [], {}):
                made[key] = new
        return made

    def _value(self, key: str, value: Any, subject: str) -> Any:
        if isinstance(value, list):
            new = [self._value(key, one, subject) for one in value]
            return [one for one in new if one not in (None, "", [], {})]
        if isinstance(value, dict):
            return self._node(key, value, subject)
        if isinstance(value, str):
            return self._text(key, value, subject)
        return value

    def _node(self, key: str, node: Json, subject: str) -> Json | None:
        if key == "identifier" or (
            "value" in node and "system" in node and "code" not in node and "unit" not in node
        ):
            return self._identifier(node)
        if isinstance(node.get("reference"), str) or isinstance(node.get("identifier"), dict):
            return self._reference(node)
        if "coding" in node:
            coding = [values.coding(one) for one in node["coding"] if isinstance(one, dict)]
            kept = [one for one in coding if one]
            return {"coding": kept} if kept else {"text": "removed"}
        if "system" in node and "code" in node and "value" not in node:
            return values.coding(node)
        if "contentType" in node and ("data" in node or "url" in node):
            return {"contentType": values.media_type(node["contentType"])}
        made = self._object(node, subject)
        return made or ({"text": "removed"} if set(node) == {"text"} and key == "code" else None)

    def _identifier(self, node: Json) -> Json | None:
        value = str(node.get("value", ""))
        if not value:
            return None
        made: Json = {}
        if node.get("use") in {"usual", "official", "temp", "secondary", "old"}:
            made["use"] = node["use"]
        kind = self._value("type", node.get("type") or {}, "")
        if kind and "coding" in kind:
            made["type"] = kind
        if value.startswith(("urn:oid:", "urn:uuid:")):
            return {**made, "system": str(node.get("system", "")), "value": self._urn(value)}
        if node.get("system"):
            made["system"] = self._urn("urn:uuid:" + str(node["system"]))
        made["value"] = self._key.identifier(value)
        return made

    def _reference(self, node: Json) -> Json | None:
        reference = str(node.get("reference", ""))
        made: Json = {}
        parts = reference.split("?")[0].split("/_history/")[0].rsplit("/", 2)
        if reference.startswith("urn:"):
            made["reference"] = self._urn(reference)
        elif reference.startswith("#"):
            return None  # what it names has another id now, and its type is not said here
        elif len(parts) >= 2 and parts[-2].isalpha():
            made["reference"] = f"{parts[-2]}/{self.new_id(parts[-2], parts[-1])}"
        if isinstance(node.get("identifier"), dict):
            made["identifier"] = self._identifier(node["identifier"])
        return made or None

    def _urn(self, text: str) -> str:
        """New value of ``urn:oid:`` and ``urn:uuid:``; a UID becomes what it became in DICOM."""
        if text.startswith("urn:oid:"):
            uid = text[len("urn:oid:") :]
            return text if self._profile.has("retain-uids") else "urn:oid:" + self._key.uid(uid)
        return f"urn:uuid:{uuid.UUID(bytes=self._key.digest('urn', text)[:16], version=4)}"

    def _text(self, key: str, text: str, subject: str) -> str | None:
        if key in values.CODES:
            return text if values.looks_like_code(text) else None
        if key == "uid" or values.looks_like_uid(text):
            keep = self._profile.has("retain-uids")
            return self._urn(text) if text.startswith("urn:") else text if keep else (
                self._key.uid(text)
            )  # fmt: skip
        if values.looks_like_date(key, text):
            if self._profile.dates == "UNMODIFIED":
                return text
            moved = self._profile.dates == "MODIFIED"
            return values.moved(text, self._key.days(subject)) if moved else None
        if key in values.TEXTS and self._profile.has("clean-descriptors"):
            return Identities.of(self._words).cleaned(text) or None
        return None
