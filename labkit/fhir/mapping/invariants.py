"""Invariants of FHIR that our output could break, and sentences of the text that are rules too.

Each rule has the key of the definitions (``bdl-7``), or a name of its own where the specification
says it in prose alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from labkit.fhir.dates import date_range
from labkit.fhir.mapping.transforms.plain import is_uid


@dataclass(frozen=True)
class Finding:
    """One broken rule."""

    path: str
    rule: str
    words: str
    severity: str = "error"


Rule: TypeAlias = "Callable[[Mapping[str, Any], str], Iterator[Finding]]"


def study_identifier(study: Mapping[str, Any], fhir: str) -> Iterator[Finding]:
    """R4 imagingstudy.identifier: with any series there is one Study Instance UID identifier."""
    uids = [i for i in study.get("identifier", ()) if i.get("system") == "urn:dicom:uid"]
    if study.get("series") and len(uids) != 1:
        words = f"{len(uids)} identifiers of system urn:dicom:uid; a study with series has one"
        yield Finding("ImagingStudy.identifier", "study-uid", words)
    for one in uids:
        value = str(one.get("value", ""))
        if not (value.startswith("urn:oid:") and is_uid(value[8:])):
            yield Finding("ImagingStudy.identifier", "study-uid", f"{value!r}: urn:oid: and a UID")


def study_uids(study: Mapping[str, Any], fhir: str) -> Iterator[Finding]:
    """R4 imagingstudy: series.uid and instance.uid are bare UIDs, each of them once."""
    seen: set[str] = set()
    for number, series in enumerate(study.get("series", ())):
        at = f"ImagingStudy.series[{number}]"
        for path, part in ((at, series), *(
            (f"{at}.instance[{n}]", i) for n, i in enumerate(series.get("instance", ()))
        )):  # fmt: skip
            uid = str(part.get("uid", ""))
            if not is_uid(uid):
                yield Finding(f"{path}.uid", "bare-uid", f"{uid!r} is no bare UID")
            elif uid in seen:
                yield Finding(f"{path}.uid", "unique-uid", f"{uid} is there twice")
            seen.add(uid)


def study_counts(study: Mapping[str, Any], fhir: str) -> Iterator[Finding]:
    """R4 imagingstudy: counts say what is listed, where it is listed."""
    series = study.get("series", ())
    instances = [len(s["instance"]) for s in series if "instance" in s]
    pairs = [("numberOfSeries", len(series))]
    if len(instances) == len(series):
        pairs.append(("numberOfInstances", sum(instances)))
    for name, count in pairs:
        if name in study and series and study[name] != count:
            words = f"says {study[name]}, {count} are listed"
            yield Finding(f"ImagingStudy.{name}", "counts", words, "warning")


def endpoint_address(endpoint: Mapping[str, Any], fhir: str) -> Iterator[Finding]:
    """R4 endpoint.address: for DICOMweb the base alone, without ``/studies``."""
    address = str(endpoint.get("address", ""))
    if address.endswith("/") or "/studies" in address:
        words = f"{address!r}: the service base has no /studies and no slash at its end"
        yield Finding("Endpoint.address", "service-base", words)


def everywhere(resource: Mapping[str, Any], fhir: str) -> Iterator[Finding]:
    """Walk all elements: ref-1 and per-1 are of datatypes, ele-1 of every element."""
    if resource.get("resourceType") != "Bundle":
        yield from _walk(resource, str(resource.get("resourceType")))


def _walk(value: Any, at: str) -> Iterator[Finding]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk(item, f"{at}[{number}]")
    elif isinstance(value, dict):
        yield from _period(value, at)
        if "fullUrl" not in value and not value:
            yield Finding(at, "ele-1", "an element has a value or children")
        for name, item in value.items():
            yield from _walk(item, f"{at}.{name}")


def _period(value: Mapping[str, Any], at: str) -> Iterator[Finding]:
    if {"start", "end"} <= set(value) and isinstance(value["start"], str):
        try:
            late = date_range(value["start"])[0] >= date_range(str(value["end"]))[1]
        except ValueError:
            return  # the structure says so
        if late:
            yield Finding(at, "per-1", "the end of a Period is not before its start")


def bundle_urls(bundle: Mapping[str, Any], fhir: str) -> Iterator[Finding]:
    """bdl-7: a fullUrl is there once; bdl-3, bdl-5; and references within resolve."""
    urls = [e["fullUrl"] for e in bundle.get("entry", ()) if "fullUrl" in e]
    for url in sorted({u for u in urls if urls.count(u) > 1}):
        yield Finding("Bundle.entry", "bdl-7", f"two entries have the fullUrl {url}")
    for number, entry in enumerate(bundle.get("entry", ())):
        at = f"Bundle.entry[{number}]"
        if ("request" in entry) != (bundle.get("type") in ("transaction", "batch", "history")):
            yield Finding(at, "bdl-3", "a transaction's entries have a request, others none")
        for path, text in _references(entry.get("resource"), f"{at}.resource"):
            if text.startswith("urn:uuid:") and text not in urls:
                yield Finding(path, "resolves", f"no entry has the fullUrl {text}")


def _references(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _references(item, f"{at}[{number}]")
    elif isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield at, value["reference"]
        for name, item in value.items():
            yield from _references(item, f"{at}.{name}")


def patient_contact(patient: Mapping[str, Any], fhir: str) -> Iterator[Finding]:
    """pat-1: a contact has at least a name, a telecom, an address or an organization."""
    for number, contact in enumerate(patient.get("contact", ())):
        if not {"name", "telecom", "address", "organization"} & set(contact):
            yield Finding(f"Patient.contact[{number}]", "pat-1", "a contact says who or how")


def observation_value(found: Mapping[str, Any], fhir: str) -> Iterator[Finding]:
    """obs-6: no reason for absence beside a value."""
    if "dataAbsentReason" in found and any(k.startswith("value") for k in found):
        yield Finding("Observation", "obs-6", "dataAbsentReason beside a value")


#: (resource type or ``*``, rule), in the order in which they are asked.
INVARIANTS: tuple[tuple[str, Rule], ...] = (
    ("*", everywhere),
    ("ImagingStudy", study_identifier),
    ("ImagingStudy", study_uids),
    ("ImagingStudy", study_counts),
    ("Endpoint", endpoint_address),
    ("Patient", patient_contact),
    ("Observation", observation_value),
    ("Bundle", bundle_urls),
)
