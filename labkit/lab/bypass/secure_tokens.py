"""Attempts at the secure lab with tokens: another patient's, stolen, forged, of too much."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx

from labkit.access.oauth import SmartClient
from labkit.dimse import find, identifier
from labkit.lab.bypass.attempt import Attempt, attempt, found_in
from labkit.lab.bypass.dimse import got, matched, moved
from labkit.lab.bypass.doors import Doors, Known
from labkit.lab.bypass.seats import AtLab, bearing, patients_token

TOKENS, OTHER, IDENTITY = "token", "token of another patient", "token as user identity"


def at(d: Doors) -> AtLab:
    """Return what only a secure lab has."""
    assert d.lab is not None, "attempts of this module are made at a secure lab"
    return d.lab


def opens(d: Doors, token: str) -> bool:
    """Whether a token opens any door to the target."""
    with bearing(token) as http:
        urls = (
            f"{d.fhir}/ImagingStudy/{d.target.fhir_id}",
            f"{d.web}/studies/{d.target.study}/metadata",
            f"{d.facade}/studies/{d.target.study}/metadata",
        )
        return any(http.get(url).status_code == 200 for url in urls)


def _client(d: Doors, client_id: str) -> SmartClient:
    return at(d).lab.auth.client(client_id)


# -- of another patient, for whom all is permitted --

_ASKED: dict[str, tuple[str, Callable[[Doors, Known], str]]] = {
    "fhir-read": ("Read the ImagingStudy.", lambda d, k: f"{d.fhir}/ImagingStudy/{k.fhir_id}"),
    "fhir-search": ("Search by UID.", lambda d, k:
                    f"{d.fhir}/ImagingStudy?identifier=urn:dicom:uid|urn:oid:{k.study}"),
    "fhir-history": ("Ask for its history.",
                     lambda d, k: f"{d.fhir}/ImagingStudy/{k.fhir_id}/_history"),
    "fhir-report": ("Read the report.",
                    lambda d, k: f"{d.fhir}/DiagnosticReport/report-{k.fhir_id}"),
    "fhir-has": ("Search for patients who have such a study.", lambda d, k:
                 f"{d.fhir}/Patient?_has:ImagingStudy:patient:identifier=urn:oid:{k.study}"),
    "qido": ("Search for the study by its UID.",
             lambda d, k: f"{d.web}/studies?StudyInstanceUID={k.study}"),
    "wado-metadata": ("Retrieve the headers.", lambda d, k: f"{d.web}/studies/{k.study}/metadata"),
    "wado-rendered": ("Have an instance rendered.", lambda d, k: f"{d.web}{k.path}/rendered"),
    "wado-uri": ("Retrieve an instance over WADO-URI.", lambda d, k:
                 f"{d.wado}?requestType=WADO&studyUID={k.study}&seriesUID={k.series}"
                 f"&objectUID={k.instance}&contentType=application/dicom"),
    "facade": ("Retrieve the headers through the façade.",
               lambda d, k: f"{d.facade}/studies/{k.study}/metadata"),
}  # fmt: skip


def _by_other(name: str, says: str, url: Callable[[Doors, Known], str]) -> Attempt:
    def tells(d: Doors) -> bool:
        def ask(known: Known) -> Any:
            answer = at(d).other.get(url(d, known))
            ok = answer.status_code < 400 and "json" not in answer.headers.get("content-type", "")
            return (answer.status_code, len(answer.content)) if ok else answer

        return d.tells(ask)

    return Attempt(f"other-{name}", OTHER, says, tells)


_OTHERS = tuple(_by_other(name, *each) for name, each in _ASKED.items())


@attempt("other-patients-studies", OTHER)
def other_patients_studies(d: Doors) -> bool:
    """List the studies of the one who has denied it."""
    url = f"{d.fhir}/ImagingStudy?patient=Patient/{d.target.patient}"
    qido = f"{d.web}/studies?PatientID={d.target.patient_id}"
    return d.shows(at(d).other.get(url)) or d.shows(at(d).other.get(qido))


@attempt("other-launch", OTHER)
def other_launch(d: Doors) -> bool:
    """Log in as another patient, and choose the one who has denied it."""
    user = at(d).lab.auth.users[at(d).seat.patient]
    answer = _client(d, "portal").login(
        user.id, user.password, scope="launch/patient patient/*.rs", aud=d.fhir,
        patient=d.target.patient,
    )  # fmt: skip
    return answer.get("patient") == d.target.patient or opens(d, answer["access_token"])


# -- of too much, of another service, of another client --


@attempt("token-wider", TOKENS)
def wider(d: Doors) -> bool:
    """Ask for more scopes than the application is registered for."""
    answer = _client(d, at(d).seat.client).credentials("system/*.cruds")
    return "system/*.cruds" in answer["scope"] or opens(d, answer["access_token"])


@attempt("token-wider-refresh", TOKENS)
def wider_refresh(d: Doors) -> bool:
    """Ask for more scopes with a refresh token than were given at first."""
    seat = at(d).seat
    user, client = at(d).lab.auth.users[seat.user], _client(d, seat.client)
    given = "user/*.rs" if seat.allowed else "user/Patient.rs"
    first = client.login(user.id, user.password, scope=f"{given} offline_access", aud=d.fhir)
    answer = client.refresh(first["refresh_token"], "user/*.rs")
    return bool(answer["access_token"]) and "user/*.rs" in answer["scope"]


@attempt("token-scope", TOKENS)
def scope(d: Doors) -> bool:
    """Take a token for other resources, of one who may see the study, to its pixels."""
    wanted = "user/*.rs" if at(d).seat.allowed else "user/Observation.rs"
    token = at(d).lab.auth.token(scope=wanted)
    with bearing(token) as http:
        return http.get(f"{d.web}/studies/{d.target.study}/metadata").status_code == 200


@attempt("token-audience", TOKENS)
def audience(d: Doors) -> bool:
    """Take a token that one who may see it gave to the DICOMweb service to the FHIR server."""
    aud = d.fhir if at(d).seat.allowed else d.web
    with bearing(at(d).lab.auth.token(aud=aud)) as http:
        return http.get(f"{d.fhir}/ImagingStudy/{d.target.fhir_id}").status_code == 200


@attempt("token-refresh-of-another", TOKENS)
def refresh_of_another(d: Doors) -> bool:
    """Redeem the refresh token of another application, of a user who may see the study."""
    user = at(d).lab.auth.users["lanternwick"]
    first = _client(d, "workbook").login(
        user.id, user.password, scope="user/*.rs offline_access", aud=d.fhir
    )
    answer = _client(d, at(d).seat.client).refresh(first["refresh_token"])
    return opens(d, answer["access_token"])


@attempt("token-code-of-another", TOKENS)
def code_of_another(d: Doors) -> bool:
    """Redeem the code that another application was sent, with its verifier."""
    from urllib.parse import parse_qs, urlsplit

    from labkit.access.oauth.client import pkce

    user, theirs = at(d).lab.auth.users["lanternwick"], _client(d, "workbook")
    verifier, challenge = pkce()
    url = theirs.authorize_url("user/*.rs", d.fhir, "state", challenge)
    place = theirs.browse(url, user.id, user.password)
    (code,) = parse_qs(urlsplit(place).query)["code"]
    answer = _client(d, at(d).seat.client).redeem(code, verifier)
    return opens(d, answer["access_token"])


def _forged(token: str, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Change a token, and keep its signature."""
    parts = token.split(".")
    for number, more in enumerate((header, claims)):
        if more:
            padded = parts[number] + "=" * (-len(parts[number]) % 4)
            told = {**json.loads(base64.urlsafe_b64decode(padded)), **more}
            made = base64.urlsafe_b64encode(json.dumps(told).encode())
            parts[number] = made.rstrip(b"=").decode()
    return ".".join(parts)


@attempt("token-forged", TOKENS)
def forged(d: Doors) -> bool:
    """Write another client and user into one's own token; without a signature, and with its own."""
    seat, own = at(d).seat, at(d).token()
    if seat.allowed:
        return opens(d, own)
    claims = {"client_id": "workbook", "sub": "lanternwick", "fhirUser": "Practitioner/lanternwick"}
    unsigned = _forged(own, {"alg": "none"}, claims).rpartition(".")[0] + "."
    return any(opens(d, token) for token in (_forged(own, {}, claims), unsigned))


@attempt("token-revoked", TOKENS)
def revoked(d: Doors) -> bool:
    """Use a token of one who may see it after it was given back."""
    token = at(d).lab.auth.token()
    if not at(d).seat.allowed:
        _client(d, "workbook").revoke(token)
    return opens(d, token)


@attempt("glass-without-reason", TOKENS)
def glass_without_reason(d: Doors) -> bool:
    """Break the glass, and say no reason."""
    more = {"reason": "found unconscious"} if at(d).seat.allowed else {}
    token = at(d).lab.auth.token(
        "lakeside-viewer", scope="user/*.rs", user="parsnipper", purpose="BTG", **more
    )
    return opens(d, token)


@attempt("glass-other-purpose", TOKENS)
def glass_other_purpose(d: Doors) -> bool:
    """Ask for an emergency that the application is not registered for."""
    client, purpose = ("lakeside-viewer", "BTG") if at(d).seat.allowed else ("portal", "BTG")
    user = "parsnipper" if at(d).seat.allowed else "quillfeather"
    scope = "user/*.rs" if at(d).seat.allowed else "patient/*.rs"
    token = at(d).lab.auth.token(client, scope=scope, user=user, purpose=purpose, reason="urgent",
                                 patient="" if at(d).seat.allowed else user)  # fmt: skip
    return opens(d, token)


@attempt("control-with-token", "control interface")
def control(d: Doors) -> bool:
    """Ask the control interface for the audit of the study, with one's token as its key."""
    from labkit.lab.description import read
    from labkit.lab.workspace import Workspace

    described = read(Workspace(at(d).lab.workspace).description)
    assert described is not None
    key = described.control_key if at(d).seat.allowed else at(d).token()
    url = described.control_url.rstrip("/")
    answer = httpx.get(f"{url}/consents/{d.target.patient}", trust_env=False,
                       headers={"x-labkit-key": key, "Authorization": f"Bearer {key}"})  # fmt: skip
    return answer.status_code == 200


# -- as user identity of an association, under the certificate of one who may see it --


def _learner(d: Doors, *, patients: bool = False) -> Any:
    token = patients_token(at(d).lab, at(d).seat) if patients else at(d).token()
    return at(d).peer("ARCHIVE", "LEARNER", token=token)


@attempt("identity-find", IDENTITY)
def identity_find(d: Doors) -> bool:
    """Find the study."""
    peer = _learner(d)
    return d.tells(lambda k: matched(d, peer, "STUDY", StudyInstanceUID=k.study))


@attempt("identity-images", IDENTITY)
def identity_images(d: Doors) -> bool:
    """List the images of a series."""
    peer = _learner(d)
    return d.tells(lambda k: matched(d, peer, "IMAGE", StudyInstanceUID=k.study,
                                     SeriesInstanceUID=k.series, SOPInstanceUID=None))  # fmt: skip


@attempt("identity-patient", IDENTITY)
def identity_patient(d: Doors) -> bool:
    """Find the patient with the Patient Root model."""
    asked = identifier("PATIENT", PatientID=d.target.patient_id, PatientName=None)
    return d.whole and bool(list(find(_learner(d), asked, model="patient")))


@attempt("identity-get", IDENTITY)
def identity_get(d: Doors) -> bool:
    """Get the study."""
    peer = _learner(d)
    return d.tells(lambda k: got(d, identifier("STUDY", StudyInstanceUID=k.study), peer))


@attempt("identity-move", IDENTITY)
def identity_move(d: Doors) -> bool:
    """Have the study sent to the workstation of the other site, where it may be seen."""
    peer = _learner(d)
    return d.tells(lambda k: moved(d, identifier("STUDY", StudyInstanceUID=k.study), peer,
                                   "WORKSTN"))  # fmt: skip


@attempt("identity-other-patient", IDENTITY)
def identity_other(d: Doors) -> bool:
    """Find and get the study with a token of another patient."""
    peer = _learner(d, patients=True)
    return d.tells(
        lambda k: (matched(d, peer, "STUDY", StudyInstanceUID=k.study),
                   got(d, identifier("STUDY", StudyInstanceUID=k.study), peer))
    )  # fmt: skip


ATTEMPTS = (*_OTHERS, *found_in(globals()))
