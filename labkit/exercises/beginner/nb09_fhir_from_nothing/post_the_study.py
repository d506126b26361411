"""Tell the FHIR server about a study of the archive.

A DX of the hand, as an ImagingStudy that an app can find and follow back to the pixels.
"""

from typing import Any

import requests

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.beginner.nb09_fhir_from_nothing._server import (
    as_dicts,
    reference_of,
    sent,
    stored,
)

DCM = "http://dicom.nema.org/resources/ontology/DCM"

_REFERENCE = """
    hand = {
        "resourceType": "ImagingStudy",
        "status": "available",
        "subject": {"reference": "Patient/brackenfold"},
        "identifier": [
            {"system": "urn:dicom:uid", "value": f"urn:oid:{ds.StudyInstanceUID}"}
        ],
        "started": "2026-01-12",
        "series": [{
            "uid": ds.SeriesInstanceUID,
            "modality": {"system": DCM, "code": ds.Modality},
            "instance": [{
                "uid": ds.SOPInstanceUID,
                "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{ds.SOPClassUID}"},
            }],
        }],
    }
    response = requests.post(f"{base}/ImagingStudy", json=hand)
"""

EXERCISE = Exercise(
    given="""
        import requests
        from labkit.dicom import sample
        base = lab.fhir.url
        DCM = "http://dicom.nema.org/resources/ontology/DCM"
        ds = sample("dx-hand").datasets()[0]
    """,
    blank="""
        hand = ...  # an ImagingStudy for Posy Brackenfold, as a dict, with values from ds
        response = requests.post(f"{base}/ImagingStudy", json=hand) if hand is not ... else ...
    """,
    answer="response",
    expects=requests.Response,
    reference=_REFERENCE,
    explanation="""
        FHIR wants a status and a subject, and for each series and instance its UID. The Study
        Instance UID goes into identifier, with the system urn:dicom:uid and the value urn:oid:
        before the UID; the UIDs of series and instance are of type id and stand bare. The time is
        left out on purpose: the header has 19:04:33 and no Timezone Offset From UTC (0008,0201),
        and a FHIR dateTime with a time must have a zone. A date alone is true; a made-up zone is
        not.
    """,
    hints=(
        "Copy the shape of the study of the head above, and take every value from ds.",
        "The Study Instance UID needs urn:oid: before it, since identifiers are URIs. Series and "
        "instance UIDs are of the type id, in which no colon may stand.",
        "Required are status, subject, series.uid, series.modality, instance.uid and "
        "instance.sopClass. started is 2026-01-12 and no more, since ds has no time zone.",
    ),
    wrong=(
        Wrong(
            "bare-study-uid",
            _REFERENCE.replace('f"urn:oid:{ds.StudyInstanceUID}"', "str(ds.StudyInstanceUID)"),
            """The Study Instance UID stands there bare. The system urn:dicom:uid holds URIs, so
            the value is urn:oid: and then the UID; a client that searches the usual way will
            not find yours.""",
        ),
        Wrong(
            "invented-zone",
            _REFERENCE.replace('"2026-01-12"', '"2026-01-12T19:04:33Z"'),
            """You wrote a time with a zone, and the header has no zone. Z says UTC, which
            nobody knows: a study at night then moves to another day. Write the date alone.""",
        ),
        Wrong(
            "urn-in-series-uid",
            _REFERENCE.replace("ds.SeriesInstanceUID", 'f"urn:oid:{ds.SeriesInstanceUID}"'),
            """series.uid has urn:oid: before it. It is of the type id, which allows letters,
            digits, hyphens and dots: the bare UID. Only the identifier of the study takes the
            URI.""",
        ),
        Wrong(
            "other-patient",
            _REFERENCE.replace("Patient/brackenfold", "Patient/marblethorpe"),
            """The subject is Ignatius Marblethorpe. He has the same number, at the other
            hospital.""",
        ),
    ),
)  # fmt: skip

RULE = cite("FHIR R4", "imagingstudy")
EXPECTED = "an ImagingStudy on the server that says what the header of the hand says"


def check(work: Work) -> Verdict:
    """Read the resource back, and compare it with the header."""
    ds = sample("dx-hand").datasets()[0]
    if any(
        str(series.get("uid", "")).startswith("urn:")
        for series in as_dicts(sent(work.answer).get("series"))
    ):
        got = f"{work.answer.status_code}: series.uid begins with urn:"
        return failed(expected=EXPECTED, got=got, rule=RULE, mistake="urn-in-series-uid")
    study = stored(work, "ImagingStudy")
    if isinstance(study, Verdict):
        return study
    subject = reference_of(study.get("subject"))
    if subject != "Patient/brackenfold":
        mistake = "other-patient" if subject == "Patient/marblethorpe" else ""
        return failed(expected="subject Patient/brackenfold", got=subject or "no reference",
                      rule=RULE, mistake=mistake)  # fmt: skip
    values = [
        i.get("value") for i in study.get("identifier", []) if i.get("system") == "urn:dicom:uid"
    ]
    if f"urn:oid:{ds.StudyInstanceUID}" not in values:
        bare = str(ds.StudyInstanceUID) in values
        return failed(
            expected="identifier urn:dicom:uid with the value urn:oid:<Study Instance UID>",
            got="the bare UID"
            if bare
            else f"{', '.join(map(str, values)) or 'no such identifier'}",
            rule=RULE,
            mistake="bare-study-uid" if bare else "",
        )
    started = str(study.get("started", ""))
    if "T" in started:
        return failed(expected="started 2026-01-12, without a time", got=f"started {started}",
                      rule=cite("FHIR R4", "datatypes"), mistake="invented-zone")  # fmt: skip
    if started not in ("2026-01-12", ""):
        return failed(expected="started 2026-01-12", got=f"started {started}", rule=RULE)
    return _series(study, ds)


def _series(study: dict[str, Any], ds: Any) -> Verdict:
    """Compare the one series and its one instance."""
    all_series = study.get("series", [])
    if len(all_series) != 1 or all_series[0].get("uid") != ds.SeriesInstanceUID:
        return failed(expected="one series, with the Series Instance UID of the header",
                      got=[s.get("uid") for s in all_series], rule=RULE)  # fmt: skip
    code = all_series[0].get("modality", {}).get("code")
    if code != "DX":
        return failed(expected="series.modality DX", got=f"series.modality {code}", rule=RULE)
    instances = all_series[0].get("instance", [])
    if [i.get("uid") for i in instances] != [ds.SOPInstanceUID]:
        return failed(expected="one instance, with the SOP Instance UID of the header",
                      got=f"{[i.get('uid') for i in instances]}", rule=RULE)  # fmt: skip
    if str(ds.SOPClassUID) not in str(instances[0].get("sopClass", {}).get("code", "")):
        return failed(expected="instance.sopClass with the SOP Class UID",
                      got=str(instances[0].get("sopClass")), rule=RULE)  # fmt: skip
    return passed("An app can find the study by its UID, and knows each image in it.", rule=RULE)
