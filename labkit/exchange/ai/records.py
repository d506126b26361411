"""The result as an EHR reads it (FHIR R4): one transaction, by which twice is once.

The report says everything; nothing here is found out anew. DiagnosticReport and ImagingStudy come
from the mapping of this project, whose rule makes an unverified report ``preliminary``. R4 knows no
Device among the performers of a DiagnosticReport, so the software is named by the Observations'
``device``, in the conclusion, and by a Provenance.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.exchange.ai.bleed import BleedFinder
from labkit.exchange.ai.identity import derived
from labkit.exchange.ai.report import Told, device_uid, read_report
from labkit.fhir.mapping import MappedStudy, Site, bundle
from labkit.fhir.mapping.links import resource_id

Resource = dict[str, Any]
UID = "urn:dicom:uid"
_SCT, _UCUM = "http://snomed.info/sct", "http://unitsofmeasure.org"


def transaction(
    study: MappedStudy, finder: BleedFinder, site: Site, sr: Dataset, existing: Resource | None
) -> Resource:
    """Return the Bundle (FHIR R4 http.html#transaction).

    Parameters
    ----------
    existing
        The ImagingStudy that the server has: it is brought up to date, and left alone where there
        is nothing new.
    """
    told = read_report(sr)
    reports = [r for r in study.resources if r["resourceType"] == "DiagnosticReport"]
    mine = [r for r in reports if _is(r, str(sr.SOPInstanceUID))]
    if not mine:
        raise DataError(
            "the mapping makes no DiagnosticReport of this report",
            remedy="look at its SOP class: docs/mapping.md, Reports",
        )
    device = _device(finder)
    seen = _observations(told, sr, finder, mine[0], device)
    result = _report(mine[0], told, finder, seen)
    made = _provenance(result, seen, told, sr, device, site)
    whole = [r for r in study.resources if r not in reports]
    made_of = bundle([*whole, device, *seen, result, made], "transaction", site)
    for entry in made_of["entry"]:
        entry["request"] = _request(entry["resource"])
    if existing is not None:
        _bring_up_to_date(made_of["entry"][0], existing, study)
    return made_of


def _request(resource: Resource) -> dict[str, str]:
    """Create unless it is there: by what it is called, not by an id of ours."""
    kind = resource["resourceType"]
    for name in resource.get("identifier") or []:
        if name.get("system") and name.get("value"):
            found = f"identifier={name['system']}|{name['value']}"
            return {"method": "POST", "url": kind, "ifNoneExist": found}
    return {"method": "PUT", "url": f"{kind}/{resource['id']}"}


def _bring_up_to_date(entry: Resource, existing: Resource, study: MappedStudy) -> None:
    """Add our series to an ImagingStudy that is somebody else's; nothing else of it is touched."""
    there = list(existing.get("series") or [])
    new = [s for s in study.imaging_study["series"] if s["uid"] not in {t["uid"] for t in there}]
    if not new:
        return  # the conditional create finds it, and changes nothing
    series = [*there, *new]
    modality = list(existing.get("modality") or [])
    modality += [m for m in study.imaging_study.get("modality") or [] if m not in modality]
    entry["resource"] = {
        **{key: value for key, value in existing.items() if key != "meta"},
        **({"modality": modality} if modality else {}),
        "series": series,
        "numberOfSeries": len(series),
        "numberOfInstances": sum(int(s.get("numberOfInstances") or 0) for s in series),
    }
    entry["request"] = {
        "method": "PUT", "url": f"ImagingStudy/{existing['id']}",
        "ifMatch": f'W/"{existing["meta"]["versionId"]}"',
    }  # fmt: skip


def _report(report: Resource, told: Told, finder: BleedFinder, seen: list[Resource]) -> Resource:
    found = (
        f"Possible intracranial haemorrhage of about {told.volume_ml:.1f} ml"
        if told.positive
        else f"No haemorrhage of {finder.least_ml:g} ml or more found"
    )
    return {
        **report,
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074",
                                  "code": "RAD", "display": "Radiology"}]}],
        "result": [{"reference": f"Observation/{o['id']}"} for o in seen],
        "conclusion": f"{found}. Result of software ({finder.name} {finder.version}), not yet "
                      "seen by a physician.",
    }  # fmt: skip


def _device(finder: BleedFinder) -> Resource:
    uid = device_uid(finder)
    return {
        "resourceType": "Device",
        "id": resource_id("Device", uid),
        "identifier": [{"system": UID, "value": f"urn:oid:{uid}"}],
        "status": "active",
        "manufacturer": finder.manufacturer,
        "deviceName": [{"name": finder.name, "type": "model-name"}],
        "type": {"text": "Image analysis software"},
        "version": [{"value": finder.version}],
        "note": [{"text": finder.limits}],
    }


def _observations(
    told: Told, sr: Dataset, finder: BleedFinder, report: Resource, device: Resource
) -> list[Resource]:
    shared: Resource = {
        "status": "preliminary",
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": "imaging", "display": "Imaging"}]}],
        **{key: report[key] for key in ("subject", "effectiveDateTime") if key in report},
        "device": {"reference": f"Device/{device['id']}"},
        "derivedFrom": list(report.get("imagingStudy") or []),
    }  # fmt: skip
    answer = ("52101004", "Present") if told.positive else ("2667000", "Absent")
    parts = [("presence", ("1386000", "Intracranial hemorrhage"),
              {"valueCodeableConcept": _coded(*answer)})]  # fmt: skip
    if told.positive:
        amount = {"value": told.volume_ml, "unit": "mL", "system": _UCUM, "code": "mL"}
        parts.append(("volume", ("118565006", "Volume"), {"valueQuantity": amount}))
    out = []
    for what, code, value in parts:
        key = f"{sr.SOPInstanceUID}/{what}"
        out.append({
            "resourceType": "Observation",
            "id": resource_id("Observation", key),
            "identifier": [{"system": UID, "value": f"urn:oid:{derived(key)}"}],
            **shared,
            "code": _coded(*code),
            "bodySite": _coded("12738006", "Brain"),
            "method": {"text": f"{finder.name} {finder.version}"},
            **value,
        })  # fmt: skip
    return out


def _provenance(
    report: Resource, seen: list[Resource], told: Told, sr: Dataset, device: Resource, site: Site
) -> Resource:
    said = datetime.strptime(f"{sr.ContentDate}{sr.ContentTime}"[:14], "%Y%m%d%H%M%S")
    recorded = said.replace(tzinfo=site.zoneinfo() or timezone.utc)
    images = [{"role": "source", "what": {"identifier": {"system": UID, "value": f"urn:oid:{i}"}}}
              for _, i in told.images]  # fmt: skip
    targets = [report, *seen]
    return {
        "resourceType": "Provenance",
        "id": resource_id("Provenance", str(sr.SOPInstanceUID)),
        "target": [{"reference": f"{r['resourceType']}/{r['id']}"} for r in targets],
        "recorded": recorded.isoformat(timespec="seconds"),
        "activity": {"text": "Image analysis"},
        "agent": [{"who": {"reference": f"Device/{device['id']}"}}],
        "entity": images,
    }


def _is(resource: Resource, uid: str) -> bool:
    return any(name.get("value") == f"urn:oid:{uid}" for name in resource.get("identifier") or [])


def _coded(code: str, display: str) -> Resource:
    return {"coding": [{"system": _SCT, "code": code, "display": display}], "text": display}
