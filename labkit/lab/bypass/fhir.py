"""Attempts at the FHIR server."""

from __future__ import annotations

import base64
from typing import Any

from labkit.lab.bypass.attempt import attempt, found_in
from labkit.lab.bypass.doors import Doors, Known, Resource

FHIR = "FHIR"


def identifier_of(known: Known) -> str:
    """Return a search token for the UID of a study."""
    return f"urn:dicom:uid|urn:oid:{known.study}"


def _entries(bundle: Resource) -> list[Resource]:
    return [entry.get("resource", {}) for entry in bundle.get("entry", [])]


@attempt("fhir-read", FHIR)
def read(d: Doors) -> bool:
    """Read the ImagingStudy by its id."""
    return d.tells(lambda k: d.get(f"{d.fhir}/ImagingStudy/{k.fhir_id}"))


@attempt("fhir-vread", FHIR)
def vread(d: Doors) -> bool:
    """Read an older version."""
    return d.tells(lambda k: d.get(f"{d.fhir}/ImagingStudy/{k.fhir_id}/_history/1"))


@attempt("fhir-history-instance", FHIR)
def history_instance(d: Doors) -> bool:
    """Ask for its history."""
    return d.tells(lambda k: d.get(f"{d.fhir}/ImagingStudy/{k.fhir_id}/_history"))


@attempt("fhir-history-type", FHIR)
def history_type(d: Doors) -> bool:
    """Ask for the history of all studies."""
    return d.shows(d.get(f"{d.fhir}/ImagingStudy/_history?_count=200"))


@attempt("fhir-history-system", FHIR)
def history_system(d: Doors) -> bool:
    """Ask for the history of everything."""
    return d.shows(d.get(f"{d.fhir}/_history?_count=500"))


@attempt("fhir-history-deleted", FHIR)
def history_deleted(d: Doors) -> bool:
    """Read what was deleted: gone, or never there."""
    return d.tells(lambda k: d.get(f"{d.fhir}/Observation/gone-{k.fhir_id}"))


@attempt("fhir-search-uid", FHIR)
def search_uid(d: Doors) -> bool:
    """Search by Study Instance UID."""
    return d.tells(lambda k: d.get(f"{d.fhir}/ImagingStudy?identifier={identifier_of(k)}"))


@attempt("fhir-search-patient", FHIR)
def search_patient(d: Doors) -> bool:
    """List the patient's studies."""
    return d.shows(d.get(f"{d.fhir}/ImagingStudy?patient=Patient/{d.target.patient}"))


@attempt("fhir-search-post", FHIR)
def search_post(d: Doors) -> bool:
    """Search with POST, by id."""
    return d.tells(lambda k: d.http.post(f"{d.fhir}/ImagingStudy/_search", data={"_id": k.fhir_id}))


@attempt("fhir-elements", FHIR)
def elements(d: Doors) -> bool:
    """Ask for a part: the identifiers alone."""
    url = f"{d.fhir}/ImagingStudy?patient=Patient/{d.target.patient}&_elements=identifier"
    return d.shows(d.get(url))


@attempt("fhir-total", FHIR)
def total(d: Doors) -> bool:
    """Count what is not shown."""
    url = f"{d.fhir}/ImagingStudy?patient=Patient/{d.target.patient}"
    totals = [
        int(d.get(f"{url}&{more}").json().get("total", 0))
        for more in ("_summary=count", "_total=accurate")
    ]
    return max(totals) > 1


@attempt("fhir-paging", FHIR)
def paging(d: Doors) -> bool:
    """Turn pages of one: a page that is empty, or one too many, stands for a hidden study."""
    pages, url = 0, f"{d.fhir}/ImagingStudy?patient=Patient/{d.target.patient}&_count=1"
    while url:
        bundle = d.get(url).json()
        pages += 1
        links = {link["relation"]: link["url"] for link in bundle.get("link", [])}
        url = links.get("next", "")
    return pages > 1


@attempt("fhir-sort", FHIR)
def sort(d: Doors) -> bool:
    """Sort by date and look where pages end."""
    base = f"{d.fhir}/ImagingStudy?patient=Patient/{d.target.patient}&_count=1&_sort="
    first = [_entries(d.get(base + order).json()) for order in ("started", "-started")]
    none = not d.whole and not all(first)  # there has to be one
    return bool(none or first[0] != first[1])


@attempt("fhir-include", FHIR)
def include(d: Doors) -> bool:
    """Have it included with what refers to it."""
    url = f"{d.fhir}/List?_id=list-{d.target.patient}&_include=List:item"
    kinds = {entry.get("id") for entry in _entries(d.get(url).json())}
    return d.target.fhir_id in kinds


@attempt("fhir-revinclude", FHIR)
def revinclude(d: Doors) -> bool:
    """Have it included with its patient."""
    url = f"{d.fhir}/Patient?_id={d.target.patient}&_revinclude=ImagingStudy:patient"
    return d.shows(d.get(url))


@attempt("fhir-include-iterate", FHIR)
def include_iterate(d: Doors) -> bool:
    """Include what only it leads to, over two references."""
    url = (
        f"{d.fhir}/Patient?_id={d.target.patient}&_revinclude=ImagingStudy:patient"
        "&_include:iterate=ImagingStudy:endpoint"
    )
    found = {entry.get("id") for entry in _entries(d.get(url).json())}
    return f"pixels-{d.target.fhir_id}" in found


@attempt("fhir-chained", FHIR)
def chained(d: Doors) -> bool:
    """Search for what is allowed, with a condition on what is not: the note to an unseen study."""
    url = f"{d.fhir}/Task?focus:ImagingStudy.identifier="
    return d.tells(lambda k: d.get(url + identifier_of(k)))


@attempt("fhir-reverse-chained", FHIR)
def reverse_chained(d: Doors) -> bool:
    """Search for patients who have such a study."""
    url = f"{d.fhir}/Patient?_has:ImagingStudy:patient:identifier="
    return d.tells(lambda k: d.get(url + identifier_of(k)))


@attempt("fhir-if-none-match", FHIR, lambda d: d.get(
    f"{d.fhir}/ImagingStudy/{d.target.fhir_id}").headers.get("etag", ""))  # fmt: skip
def if_none_match(d: Doors) -> bool:
    """Ask whether a version that was read earlier is still the current one."""
    etag = d.memory["fhir-if-none-match"]
    url = f"{d.fhir}/ImagingStudy/"
    return d.tells(lambda k: d.get(url + k.fhir_id, If_None_Match=etag))


@attempt("fhir-report", FHIR)
def report(d: Doors) -> bool:
    """Read the report instead of the images."""
    return d.tells(lambda k: d.get(f"{d.fhir}/DiagnosticReport/report-{k.fhir_id}"))


@attempt("fhir-order", FHIR)
def order(d: Doors) -> bool:
    """Find the order by its accession number."""
    return d.tells(lambda k: d.get(f"{d.fhir}/ServiceRequest?identifier={k.accession}"))


@attempt("fhir-provenance", FHIR)
def provenance(d: Doors) -> bool:
    """Find the Provenance of it: a resource that has no patient."""
    return d.tells(lambda k: d.get(f"{d.fhir}/Provenance?target=ImagingStudy/{k.fhir_id}"))


@attempt("fhir-audit", FHIR)
def audit(d: Doors) -> bool:
    """Find who has looked at it: AuditEvents name what was looked at."""
    by_entity = f"{d.fhir}/AuditEvent?entity=ImagingStudy/"
    told = d.tells(lambda k: d.get(by_entity + k.fhir_id))
    listed = d.get(f"{d.fhir}/AuditEvent?_count=200").text
    return told or f'ImagingStudy/{d.target.fhir_id}"' in listed


@attempt("fhir-binary", FHIR)
def binary(d: Doors) -> bool:
    """Read the key image that is kept as a Binary, as its bytes and as a resource."""

    def ask(known: Known) -> Any:
        url = f"{d.fhir}/Binary/note-{known.fhir_id}"
        both = d.get(url, Accept="*/*"), d.get(url, Accept="application/fhir+json")
        return [(each.status_code, base64.b64encode(each.content)[:20]) for each in both
                if each.status_code < 400]  # fmt: skip

    return d.tells(ask)


ATTEMPTS = found_in(globals())
