"""Get a token for the CT of one patient, and for nothing else of his.

One scope, two doors: the record at FHIR and the pixels at WADO-RS.
"""

from typing import Any

import requests

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.advanced.nb08_oauth_smart._tokens import IMPORTS, claims_of, secure

_RIGHT = """
    token = lab.auth.token("viewer", patient="quillfeather", user="lanternwick",
                           scope="patient/ImagingStudy.rs?modality=CT")
"""

EXERCISE = Exercise(
    secure=True,
    given=IMPORTS,
    blank="""
        token = ...  # of the client "viewer", user "lanternwick": the CT studies of
                     # Patient/quillfeather, their pixels, and not his MR
    """,
    answer="token",
    expects=str,
    reference=_RIGHT,
    explanation="""
        patient/ with quillfeather in context leaves out everybody else; ?modality=CT leaves out
        his MR. The FHIR server holds each resource against the search parameter. The DICOMweb
        server has no such parameter to check: it asks which ImagingStudy describes the study of
        the URL, and gives what that one's reader gets. The limit is at the study: of a study with
        CT and SR both are given, as a search for modality=CT finds the whole study.
    """,
    hints=(
        "lab.auth.token(client, scope=…, patient=…, user=…). Three limits: whose, which type, "
        "which of them.",
        "The scope begins with patient/, ends with a search parameter, and the parameter's name is "
        "that of FHIR: what would you search ImagingStudy by?",
        'scope="patient/ImagingStudy.rs?modality=CT", patient="quillfeather".',
    ),
    wrong=(
        Wrong(
            "all-of-the-patient",
            _RIGHT.replace("?modality=CT", ""),
            """Your token reads all of his studies, the MR of his brain too. The scope has no search
            parameter that narrows it.""",
        ),
        Wrong(
            "all-patients",
            _RIGHT.replace("patient/ImagingStudy", "user/ImagingStudy"),
            """Your token reads the CT of everybody: user/ is what the user may see, and Dr.
            Lanternwick is a radiologist. The patient in context limits only scopes of patient/.""",
        ),
        Wrong(
            "by-the-dicom-keyword",
            _RIGHT.replace("?modality=CT", "?ModalitiesInStudy=CT"),
            """You narrowed it by the DICOM keyword. FHIR has no search parameter of this name: a
            resource that cannot be held against it is not given, at any door.""",
        ),
        Wrong(
            "small-letters",
            _RIGHT.replace("modality=CT", "modality=ct"),
            """You wrote ct. Codes of modality are CS and written in capitals (PS3.3 C.7.3.1.1.1);
            no study has your code.""",
        ),
        Wrong(
            "as-a-system",
            """
    token = lab.auth.token("backend", scope="system/ImagingStudy.rs?modality=CT")
""",
            """You took a token of a system. It has no patient, so it reads the CT of everybody.""",
        ),
        Wrong(
            "search-only",
            _RIGHT.replace(".rs?", ".s?"),
            """Your token may search, and not read. Here what a search finds is read as well, so it
            finds nothing.""",
        ),
    ),
)

RULE = (
    cite("SMART imaging access (draft)"),
    cite("SMART App Launch 2.2", "scopes-and-launch-context"),
)


def check(work: Work) -> Verdict:
    """Go to both doors with the token, for his CT, his MR and somebody else's CT."""
    lab = secure(work)
    claims = claims_of(work.answer)
    if not claims:
        return failed(expected="an access token", got="a text that is none", rule=RULE)
    seen = {name: _doors(lab, work.answer, name) for name in ("ct-head", "mr-brain", "ct-chest")}
    scope = str(claims.get("scope", ""))
    right = {"ct-head": (True, True), "mr-brain": (False, False), "ct-chest": (False, False)}
    if seen == right:
        if claims.get("client_id") != "viewer" or "patient/" not in scope:
            return failed(expected="a token of the client viewer, in the context of a patient",
                          got=f"{claims.get('client_id')}, {scope}", rule=RULE)  # fmt: skip
        return passed("His CT at both doors; his MR and the others at neither.", rule=RULE)
    mistake = ""
    if any(seen["ct-chest"]):
        mistake = "as-a-system" if "system/" in scope else "all-patients"
    elif any(seen["mr-brain"]):
        mistake = "all-of-the-patient"
    elif "ModalitiesInStudy" in scope:
        mistake = "by-the-dicom-keyword"
    elif "modality=ct" in scope:
        mistake = "small-letters"
    elif ".s?" in scope:
        mistake = "search-only"
    opens = [name for name, doors in seen.items() if all(doors)]
    return failed(expected="it opens ct-head, and not mr-brain and ct-chest",
                  got=f"it opens {', '.join(opens) or 'none of them'}", rule=RULE,
                  mistake=mistake)  # fmt: skip


def _doors(lab: Any, token: str, name: str) -> tuple[bool, bool]:
    headers = {"Authorization": f"Bearer {token}"}
    record = requests.get(f"{lab.fhir.url}/ImagingStudy/{name}", headers=headers, timeout=60)
    pixels = requests.get(
        f"{lab.dicomweb.url}/studies/{sample(name).study_uid}/metadata",
        headers={**headers, "Accept": "application/dicom+json"},
        timeout=60,
    )
    return record.status_code == 200, pixels.status_code == 200
