"""Go from a DICOM image to its FHIR resource.

A viewer has an image open, and wants to know what else the hospital knows about that study.
"""

from urllib.parse import parse_qs, urlsplit

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed

EXERCISE = Exercise(
    given="""
        import requests
        from labkit.dicom import sample
        base = lab.fhir.url
        ds = sample("ct-head").datasets("CT")[0]
        requests.put(f"{base}/ImagingStudy/ct-head", json={
            "resourceType": "ImagingStudy", "id": "ct-head", "status": "available",
            "subject": {"reference": "Patient/quillfeather"},
            "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{ds.StudyInstanceUID}"}],
        })
    """,
    blank="""
        found = ...  # the Bundle of one search: the ImagingStudy of the image ds, by its UID
    """,
    answer="found",
    expects=dict,
    reference="""
        found = requests.get(
            f"{base}/ImagingStudy",
            params={"identifier": f"urn:dicom:uid|urn:oid:{ds.StudyInstanceUID}"},
        ).json()
    """,
    explanation="""
        The Study Instance UID is the one key that DICOM and FHIR share, so this search is the
        bridge between the two. The system urn:dicom:uid says that the value is a DICOM UID, and
        the value is written as a URI. requests puts the colons and the bar into the form that a
        URL allows. A patient or a date would find this study too, and others with it.
    """,
    hints=(
        "Which value does the image share with the ImagingStudy? It stands in identifier there.",
        "Search with identifier=SYSTEM|VALUE; the system is urn:dicom:uid.",
        'The value is f"urn:oid:{ds.StudyInstanceUID}": a UID written as a URI.',
    ),
    wrong=(
        Wrong(
            "bare-uid",
            """
            found = requests.get(
                f"{base}/ImagingStudy",
                params={"identifier": f"urn:dicom:uid|{ds.StudyInstanceUID}"},
            ).json()
            """,
            """You searched for the bare UID. The value in the resource is urn:oid: and then the
            UID, and a token is compared as it stands.""",
        ),
        Wrong(
            "sop-instance-uid",
            """
            found = requests.get(
                f"{base}/ImagingStudy",
                params={"identifier": f"urn:dicom:uid|urn:oid:{ds.SOPInstanceUID}"},
            ).json()
            """,
            """You used the UID of the image, SOP Instance UID. The identifier of an ImagingStudy is
            the Study Instance UID; an image inside it is found with the parameter instance.""",
        ),
        Wrong(
            "by-patient",
            """
            found = requests.get(
                f"{base}/ImagingStudy", params={"patient": "Patient/quillfeather"}
            ).json()
            """,
            """You asked for the studies of the patient. Today there is one; at his next scan there
            will be two, and your viewer shows the wrong one.""",
        ),
    ),
)

RULE = cite("FHIR R4", "imagingstudy")


def check(work: Work) -> Verdict:
    """Look at what was found, and at how it was asked for."""
    ds = sample("ct-head").datasets("CT")[0]
    expected = "a search by identifier that finds one study, that of the image"
    bundle = work.answer
    if bundle.get("resourceType") != "Bundle":
        return failed(
            expected=expected, got=str(bundle.get("resourceType", "no resource")), rule=RULE
        )
    links = [
        link.get("url", "") for link in bundle.get("link", []) if link.get("relation") == "self"
    ]
    asked = parse_qs(urlsplit(links[0]).query) if links else {}
    value = " ".join(asked.get("identifier", []))
    found = [entry.get("resource", {}) for entry in bundle.get("entry", [])]
    got = f"{len(found)} found, asked by {', '.join(sorted(asked)) or 'nothing'}"
    if not value:
        mistake = (
            "by-patient" if any(key.startswith(("patient", "subject")) for key in asked) else ""
        )
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    if str(ds.SOPInstanceUID) in value:
        return failed(expected=expected, got=got, rule=RULE, mistake="sop-instance-uid")
    ids = [resource.get("id") for resource in found]
    if not found and str(ds.StudyInstanceUID) in value and "urn:oid:" not in value:
        return failed(expected=expected, got=got, rule=RULE, mistake="bare-uid")
    uid = f"urn:oid:{ds.StudyInstanceUID}"
    if not found or not all(uid in str(resource.get("identifier")) for resource in found):
        return failed(expected=expected, got=f"{got}: {ids}", rule=RULE)
    return passed("From any image you can now find what FHIR knows of its study.", rule=RULE)
