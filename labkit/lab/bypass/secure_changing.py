"""Attempts at the secure lab around a change: consent that ends midway, and who writes it."""

from __future__ import annotations

import socket
import time
from typing import Any

import httpx
from pynetdicom import build_role, evt
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelGet

from labkit.dimse import associate, identifier
from labkit.dimse.association import query_context
from labkit.lab.bypass.attempt import attempt, found_in
from labkit.lab.bypass.doors import Doors, Resource
from labkit.lab.bypass.fhir import FHIR
from labkit.lab.bypass.seats import bearing
from labkit.lab.bypass.secure_tokens import at
from labkit.lab.fhirnode import bare

WITHDRAWN, WRITING = "withdrawn midway", "writing"
_PLAIN = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1'
"""Not as it is stored: 12 MB, more than waits in the buffers of a connection."""
_ASKED_AGAIN = 0.5
"""Seconds after which a long answer has asked again; its services do after 0.4."""


def _following(bundle: Resource) -> str:
    return next((str(x["url"]) for x in bundle.get("link", ()) if x["relation"] == "next"), "")


@attempt("withdrawn-fhir-paging", WITHDRAWN)
def fhir_paging(d: Doors) -> bool:
    """Follow the link to the second page of an answer whose first was had with consent."""
    d.consent(True)
    url = f"{d.fhir}/ImagingStudy?patient=Patient/{d.target.patient}&_count=1"
    first = d.get(url).json()
    d.consent(False)
    second = d.get(_following(first)) if _following(first) else None
    return second is not None and ("entry" in second.json() if d.whole else d.shows(second))


@attempt("withdrawn-history-paging", WITHDRAWN)
def history_paging(d: Doors) -> bool:
    """The same with the history of the study."""
    d.consent(True)
    first = d.get(f"{d.fhir}/ImagingStudy/{d.target.fhir_id}/_history?_count=1").json()
    d.consent(False)
    return bool(_following(first)) and "entry" in d.get(_following(first)).json()


@attempt("withdrawn-qido-paging", WITHDRAWN)
def qido_paging(d: Doors) -> bool:
    """Ask for the second page of a list of studies whose first was had with consent."""
    url = f"{d.web}/studies?PatientID={d.target.patient_id}&limit=1&offset="
    d.consent(True)
    d.get(url + "0")
    d.consent(False)
    answer = d.get(url + "1")
    return answer.status_code == 200 and bool(answer.json())


@attempt("withdrawn-get", WITHDRAWN)
def get_running(d: Doors) -> bool:
    """Get the study, whose patient withdraws while it comes."""
    came: list[float] = []

    def keep(event: Any) -> int:
        if not came:
            d.consent(False)
            time.sleep(_ASKED_AGAIN)  # the archive waits for us: no object is on its way
        came.append(time.monotonic())
        return 0x0000

    uid = StudyRootQueryRetrieveInformationModelGet
    asked = identifier("STUDY", StudyInstanceUID=d.target.study)
    d.consent(True)
    with associate(
        d.archive, [query_context(uid), _storage(d)], handlers=[(evt.EVT_C_STORE, keep)],
        negotiation=[build_role(d.target.sop_class, scp_role=True)],
    ) as link:  # fmt: skip
        list(link.assoc.send_c_get(asked, uid))
    d.consent(False)
    return len(came) > 1


def _storage(d: Doors) -> Any:
    from pydicom.uid import AllTransferSyntaxes
    from pynetdicom import build_context

    return build_context(d.target.sop_class, AllTransferSyntaxes)


def _rest(d: Doors, base: str) -> bool:
    """Read the start of a study, withdraw, and see whether all of it comes."""
    path, accept = f"{base}/studies/{d.target.study}", {"Accept": _PLAIN}
    narrow = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)])
    d.consent(True)
    whole = len(d.get(path, **accept).content)
    with (
        httpx.Client(transport=narrow, headers=d.http.headers, timeout=60) as http,
        http.stream("GET", path, headers=accept) as answer,
    ):
        parts = answer.iter_raw()
        had = len(next(parts, b""))
        d.consent(False)
        time.sleep(_ASKED_AGAIN)
        had += sum(map(len, parts))
    return answer.status_code == 200 and had >= whole


@attempt("withdrawn-wado", WITHDRAWN)
def wado_running(d: Doors) -> bool:
    """Retrieve the study over DICOMweb, whose patient withdraws while it comes."""
    return _rest(d, d.web)


@attempt("withdrawn-facade", WITHDRAWN)
def facade_running(d: Doors) -> bool:
    """The same through the façade."""
    return _rest(d, d.facade)


@attempt("withdrawn-warm-cache", WITHDRAWN)
def warm_cache(d: Doors) -> bool:
    """Ask the façade for what lies in its cache since it was permitted."""
    forms = ("metadata", "frames/1", "rendered", "thumbnail")
    urls = [f"{d.facade}{d.target.path}/{form}" for form in forms]
    d.consent(True)
    warm = [d.get(url).status_code for url in urls]
    d.consent(False)
    return 200 in warm and any(d.get(url).status_code < 400 for url in urls)


@attempt("withdrawn-tags", WITHDRAWN)
def tags(d: Doors) -> bool:
    """Ask with entity tags from before the withdrawal whether they are still good."""
    urls = [f"{base}/studies/{d.target.study}/metadata" for base in (d.web, d.facade)]
    urls.append(f"{d.fhir}/ImagingStudy/{d.target.fhir_id}")
    d.consent(True)
    before = [d.get(url).headers.get("etag", '""') for url in urls]
    d.consent(False)
    return any(
        d.get(url, **{name: tag}).status_code in (200, 304, 412)
        for url, tag in zip(urls, before, strict=True)
        for name in ("If_None_Match", "If_Match")
    )


# -- writing what decides --


def _write(d: Doors, method: str, path: str, body: Resource | None) -> bool:
    """Whether the Consent was changed; it is put back.

    Where it may be seen anyway, the registrar writes: then it has to be changed.
    """
    facet, patient = at(d).lab.consents, d.target.patient
    before = facet.of(patient)
    if at(d).seat.allowed:
        token = at(d).lab.auth.token("registrar", scope="system/Consent.cruds system/Patient.rs")
    else:
        token = d.writer.headers["Authorization"].partition(" ")[2]
    with bearing(token) as http:
        http.request(method, d.fhir + path, json=body)
    after = facet.of(patient)
    if changed := [bare(each) for each in after] != [bare(each) for each in before]:
        facet.put(before[0])
    return changed


def _permitting(d: Doors) -> Resource:
    """Return the patient's Consent without what it denies."""
    consent = bare(at(d).lab.consents.of(d.target.patient)[0])
    provision = {k: v for k, v in consent["provision"].items() if k != "provision"}
    return {**consent, "provision": provision}


@attempt("consent-update", WRITING)
def consent_update(d: Doors) -> bool:
    """Write the patient's Consent anew, without what it denies."""
    return _write(d, "PUT", f"/Consent/{d.target.patient}", _permitting(d))


@attempt("consent-create", WRITING)
def consent_create(d: Doors) -> bool:
    """Write another Consent of the patient, that permits it."""
    body = {key: value for key, value in _permitting(d).items() if key != "id"}
    return _write(d, "POST", "/Consent", body)


@attempt("consent-transaction", WRITING)
def consent_transaction(d: Doors) -> bool:
    """Write it inside a transaction."""
    entry = {"resource": _permitting(d),
             "request": {"method": "PUT", "url": f"Consent/{d.target.patient}"}}  # fmt: skip
    return _write(d, "POST", "", {"resourceType": "Bundle", "type": "transaction",
                                  "entry": [entry]})  # fmt: skip


@attempt("consent-conditional", WRITING)
def consent_conditional(d: Doors) -> bool:
    """Write it where a search finds it."""
    return _write(d, "PUT", f"/Consent?_id={d.target.patient}", _permitting(d))


@attempt("consent-delete", WRITING)
def consent_delete(d: Doors) -> bool:
    """Delete it."""
    return _write(d, "DELETE", f"/Consent/{d.target.patient}", None)


@attempt("study-subject", WRITING)
def study_subject(d: Doors) -> bool:
    """Say that the study is of a patient who has agreed."""
    url = f"{d.fhir}/ImagingStudy/{d.target.fhir_id}"
    body = {"resourceType": "ImagingStudy", "id": d.target.fhir_id, "status": "available",
            "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{d.target.study}"}],
            "subject": {"reference": f"Patient/{d.own.patient}"}}  # fmt: skip
    before = d.writer.get(url).json()
    written = d.send("PUT", url, body).status_code < 300
    if written:
        d.send("PUT", url, before)
    return written


@attempt("patient-identifier", WRITING)
def patient_identifier(d: Doors) -> bool:
    """Give a patient who has agreed the Patient ID of the one who has not."""
    url = f"{d.fhir}/Patient/{d.own.patient}"
    before = d.writer.get(url).json()
    more = [*before.get("identifier", ()), {"value": d.target.patient_id}]
    d.send("PUT", url, {**before, "identifier": more})
    seen = d.tells(lambda k: d.get(f"{d.web}/studies/{k.study}/metadata"))
    d.send("PUT", url, before)
    return seen


@attempt("fhir-report-search", FHIR)
def report_search(d: Doors) -> bool:
    """Find the report by the study that it is of."""
    url = f"{d.fhir}/DiagnosticReport?imaging-study=ImagingStudy/"
    listed = d.get(f"{d.fhir}/DiagnosticReport?_count=200")
    return d.tells(lambda k: d.get(url + k.fhir_id)) or d.shows(listed)


ATTEMPTS = found_in(globals())
