"""Post it, twice, and find it.

The mammogram, mapped, into the lab's FHIR server: one study, of the woman who is there already.
"""

import json
from datetime import datetime
from typing import Any

import requests

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.intermediate.nb08_from_tags_to_imagingstudy._headers import LAKE, NORTH

_REFERENCE = """
    study = mammogram(site)
    for attempt in (1, 2):
        answer = requests.post(base, json=study.bundle("transaction"))
    found = requests.get(f"{base}/ImagingStudy", params={
        "identifier": f"urn:dicom:uid|urn:oid:{study.uid}"
    })
"""

EXERCISE = Exercise(
    given=f"""
        import requests
        from labkit.dicom import sample
        from labkit.fhir.mapping import Site, StudyBuilder
        base = lab.fhir.url
        site = Site.parse('''
        [issuer]
        NORTHGEN = "{NORTH}"
        LAKESIDE = "{LAKE}"

        [policy]
        Patient = "conditional"
        ''')

        def mammogram(site):
            builder = StudyBuilder(site=site)
            for ds in sample("mg-screening").datasets():
                builder.add(ds, ds.SOPInstanceUID)
            return builder.studies()[0]
    """,
    blank="""
        study = mammogram(site)
        found = ...  # POST the study to base, twice; then the answer to one search, by its UID
    """,
    answer="found",
    expects=requests.Response,
    reference=_REFERENCE,
    explanation="""
        Each entry of the transaction is a PUT to an id that follows from the Study Instance UID, so
        the second time is an update of the same resource: a message that is sent again after a
        lost answer does no harm. The conditional reference Patient?identifier=system|value was
        resolved by the server to the Patient that it has. And the search goes by system and value
        of the UID, which is the one name of a study that every system knows.
    """,
    hints=(
        "study.bundle('transaction') is the body of a POST to the base of the server, not to a "
        "type.",
        "Search ImagingStudy by identifier: a token is system|value. The system is urn:dicom:uid, "
        "the value urn:oid: and the UID.",
        "requests.post(base, json=study.bundle('transaction')), twice; then requests.get(f'"
        "{base}/ImagingStudy', params={'identifier': f'urn:dicom:uid|urn:oid:{study.uid}'})",
    ),
    wrong=(
        Wrong(
            "own-patient",
            _REFERENCE.replace("mammogram(site)", 'mammogram(site.with_policy(Patient="create"))'),
            """The study refers to a Patient that you created beside the one who was there. In
            the record she is two people now, one of them with images.""",
        ),
        Wrong(
            "posted-alone",
            """
            study = mammogram(site)
            for attempt in (1, 2):
                answer = requests.post(f"{base}/ImagingStudy", json=study.imaging_study)
            found = requests.get(f"{base}/ImagingStudy", params={
                "identifier": f"urn:dicom:uid|urn:oid:{study.uid}"
            })
            """,
            """POST to a type creates, each time anew: the study is there twice, and its patient is
            a logical reference that nobody resolved.""",
        ),
        Wrong(
            "bare-uid",
            _REFERENCE.replace("urn:dicom:uid|urn:oid:{study.uid}", "{study.uid}"),
            """You searched for the bare UID. The value in identifier is a URI, urn:oid: and the
            UID, so the search finds nothing.""",
        ),
        Wrong(
            "to-bundle",
            _REFERENCE.replace("requests.post(base,", "requests.post(f'{base}/Bundle',"),
            """You sent the Bundle to /Bundle, where it is filed as a document and nobody opens
            it. A transaction goes to the base of the server itself.""",
        ),
    ),
)

RULE = (cite("FHIR R4", "http"), cite("FHIR R4", "imagingstudy"))


def check(work: Work) -> Verdict:
    """Look at the server, and at the answer that the learner got."""
    headers = sample("mg-screening").datasets()
    uid = headers[0].StudyInstanceUID
    base = work.lab.fhir.url
    there = _entries(requests.get(
        f"{base}/ImagingStudy", params={"identifier": f"urn:dicom:uid|urn:oid:{uid}"}, timeout=10
    ))  # fmt: skip
    if not there:
        asked = work.answer.request
        got = f"none; {asked.method} was answered with {work.answer.status_code}"
        filed = requests.get(f"{base}/Bundle", timeout=10)
        mistake = "to-bundle" if filed.ok and filed.json().get("total") else ""
        return failed(expected="one ImagingStudy with the UID of the mammogram", got=got,
                      rule=RULE, mistake=mistake)  # fmt: skip
    if len(there) > 1:
        return failed(expected="one ImagingStudy of the mammogram",
                      got=f"{len(there)} of them", rule=RULE, mistake="posted-alone")  # fmt: skip
    subject = there[0].get("subject", {}).get("reference", "")
    owner = f"Patient/{sample('mg-screening').patient}"
    if not subject.endswith(owner):
        mistake = "own-patient" if "Patient/" in subject else "posted-alone"
        return failed(expected=f"subject {owner}, who was there before",
                      got=subject or "no reference", rule=RULE, mistake=mistake)  # fmt: skip
    if there[0].get("numberOfInstances") != len(headers):
        return failed(expected=f"{len(headers)} instances", rule=RULE,
                      got=str(there[0].get("numberOfInstances")))  # fmt: skip
    found = _entries(work.answer)
    if [r.get("id") for r in found] != [there[0]["id"]]:
        sent = str(getattr(work.answer, "url", ""))
        mistake = "bare-uid" if uid in sent and "urn" not in sent else ""
        return failed(expected="a search that finds this study and no other",
                      got=f"{len(found)} matches", rule=RULE, mistake=mistake)  # fmt: skip
    meta = there[0].get("meta", {})
    # HAPI FHIR makes no new version of what has not changed; its log has the second post.
    if int(meta.get("versionId", "1")) < 2 and _posts(work, meta.get("lastUpdated", "")) < 2:
        return failed(expected="posted twice: the second time is an update",
                      got="the server saw it once", rule=RULE)  # fmt: skip
    return passed("Posted twice and there once, under the patient who was there before.", rule=RULE)


def _entries(answer: Any) -> list[dict[str, Any]]:
    try:
        body = json.loads(answer.text)
    except (ValueError, AttributeError):
        return []
    entries = body.get("entry", []) if isinstance(body, dict) else []
    return [e["resource"] for e in entries if isinstance(e.get("resource"), dict)]


def _posts(work: Work, moment: str) -> int:
    """How often something was posted since a resource was last written, that time included."""
    if not moment:
        return 0
    lines = [line for line in work.lab.log("FHIR").lines if " POST " in line]
    written = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return sum(datetime.fromisoformat(line.split(" ", 1)[0]) >= written for line in lines)
