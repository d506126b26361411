"""Writing a FHIR R4 Consent in a line: what provisions are made of, spelled out as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from labkit.access.consent.reading import ACT_REASON, CLASSES
from labkit.common.errors import UsageError

Resource = dict[str, Any]
_V3 = "http://terminology.hl7.org/CodeSystem/"


def provision(
    type_: str,
    *nested: Mapping[str, Any],
    actor: Iterable[str] = (),
    action: Iterable[str] = (),
    purpose: Iterable[str] = (),
    kind: Iterable[str] = (),
    data: Iterable[tuple[str, str]] = (),
    start: str = "",
    end: str = "",
) -> Resource:
    """Return a ``Consent.provision``; an element that is not given is not there.

    Parameters
    ----------
    type_
        ``permit`` or ``deny``.
    nested
        Exceptions to it.
    actor
        References: ``Organization/lakeside``. As information recipient (IRCP).
    action
        Codes of consentaction: ``access``, ``disclose`` …
    purpose
        Codes of v3-ActReason: ``TREAT``, ``HRESCH`` …
    kind
        ``provision.class``: resource types.
    data
        Meaning and reference: ``("related", "ImagingStudy/ct-head")``.
    start, end
        ``provision.period``: FHIR dates; the end belongs to it.

    Raises
    ------
    UsageError
        A text where a list is due, which would be taken letter by letter; or data without meaning.
    """
    texts = {"actor": actor, "action": action, "purpose": purpose, "kind": kind, "data": data}
    for name, value in texts.items():
        if isinstance(value, str):
            raise UsageError(
                f"{name} is a text, and has to be a list.", remedy=f"Write {name}=[{value!r}]."
            )
    data = list(data)
    for each in data:
        if not isinstance(each, tuple) or len(each) != 2:
            raise UsageError(
                f"{each!r} does not say what it means.",
                remedy="Write meaning and reference, as in ('related', 'ImagingStudy/ct-head').",
            )
    role = {"coding": [{"system": _V3 + "v3-ParticipationType", "code": "IRCP"}]}
    parts: Resource = {
        "period": {k: v for k, v in (("start", start), ("end", end)) if v},
        "actor": [{"role": role, "reference": {"reference": name}} for name in actor],
        "action": [{"coding": [{"system": _V3 + "consentaction", "code": c}]} for c in action],
        "purpose": [{"system": ACT_REASON, "code": code} for code in purpose],
        "class": [{"system": CLASSES[0], "code": code} for code in kind],
        "data": [{"meaning": how, "reference": {"reference": name}} for how, name in data],
        "provision": [dict(each) for each in nested],
    }
    return {"type": type_, **{name: part for name, part in parts.items() if part}}


def consent(
    patient: str, base: str, outer: Mapping[str, Any] | None = None, *, id_: str = "consent"
) -> Resource:
    """Return an active Consent about privacy.

    Parameters
    ----------
    patient
        Id of the Patient.
    base
        Code of v3-ActCode for ``policyRule``: ``OPTIN`` or ``OPTOUT``.
    outer
        The outer provision.
    """
    made: Resource = {
        "resourceType": "Consent",
        "id": id_,
        "status": "active",
        "scope": {"coding": [{"system": _V3 + "consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{patient}"},
        "policyRule": {"coding": [{"system": _V3 + "v3-ActCode", "code": base}]},
    }
    return {**made, "provision": dict(outer)} if outer else made
