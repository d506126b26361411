"""The FHIR side, in step.

Images went out de-identified. Now the ImagingStudy and the Patient have to go with them.
"""

import json

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_GIVEN = """
    from labkit.deid import Deidentifier, Key, Profile
    from labkit.deid.fhir import FhirDeidentifier

    key = Key(bytes(range(32)))
    deidentifier = Deidentifier(Profile.of("113107"), key)
    image = lab.sample("dx-chest").datasets()[0]
    resources = [
        {"resourceType": "ImagingStudy", "id": "is-1", "status": "available",
         "subject": {"reference": "Patient/pat-1", "display": "Marigold Thistlewick"},
         "started": f"{image.StudyDate[:4]}-{image.StudyDate[4:6]}-{image.StudyDate[6:]}",
         "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{image.StudyInstanceUID}"}]},
        {"resourceType": "Patient", "id": "pat-1", "birthDate": "1951-07-19",
         "identifier": [{"value": "HIS-77"}, {"value": str(image.PatientID)}],
         "name": [{"family": "Thistlewick", "given": ["Marigold"]}],
         "text": {"status": "generated", "div": "<div>Marigold Thistlewick</div>"}},
    ]
    sent = deidentifier.dataset(image).ds
"""
_RIGHT = """
    fhir = FhirDeidentifier(deidentifier)
    for resource in resources:
        fhir.learn(resource)
    out = [fhir.resource(resource) for resource in resources]
"""

EXERCISE = Exercise(
    blank="""
    # `deidentifier` has made `sent` of the image; `resources` are an ImagingStudy and its Patient.
    out = [...]  # both, de-identified, so that they still belong to `sent`
    """,
    given=_GIVEN,
    answer="out",
    expects=list,
    reference=_RIGHT,
    explanation="""
        Three things join the two: the Study Instance UID as urn:oid, the Patient ID among the
        identifiers, and the dates. All come of the same key. How many days the dates move is a
        matter of the patient, and an ImagingStudy has a reference, no Patient ID: so the Patients
        are learned first. A Patient has several identifiers; the one that the DICOM object had
        decides.
    """,
    hints=(
        "One object for both: FhirDeidentifier(deidentifier). It has the key and the profile.",
        "The ImagingStudy comes first in the list, and nobody knows yet who pat-1 is.",
        "for resource in resources: fhir.learn(resource); then fhir.resource(resource) for each.",
    ),
    wrong=(
        Wrong(
            "patient-not-learned",
            """
            fhir = FhirDeidentifier(deidentifier)
            out = [fhir.resource(resource) for resource in resources]
            """,
            """You did not let it learn the Patient first. The dates of the ImagingStudy moved as
            those of a "pat-1", the images' as those of their Patient ID.""",
        ),
        Wrong(
            "another-key",
            """
            fhir = FhirDeidentifier(Deidentifier(Profile.of("113107"), Key.new()))
            for resource in resources:
                fhir.learn(resource)
            out = [fhir.resource(resource) for resource in resources]
            """,
            """You took another key. Each side is consistent in itself, and nothing of one is found
            in the other.""",
        ),
        Wrong(
            "by-hand",
            """
            import copy

            out = copy.deepcopy(resources)
            out[0]["identifier"][0]["value"] = f"urn:oid:{sent.StudyInstanceUID}"
            out[0]["started"] = f"{sent.StudyDate[:4]}-{sent.StudyDate[4:6]}-{sent.StudyDate[6:]}"
            del out[1]["name"], out[1]["birthDate"]
            """,
            """You replaced what you saw. The display of a reference and the narrative still have
            the name, and the identifiers are the hospital's.""",
        ),
    ),
)

RULE = (cite("PS3.15", "E.1.1"), cite("FHIR R4", "security"))
WORDS = ("Thistlewick", "Marigold", "NG-100457", "HIS-77", "1951", "pat-1")


def check(work: Work) -> Verdict:
    """Follow the joins from the image to its resources."""
    out, sent = work.answer, work.namespace["sent"]
    if out in ([...], []):
        return blank()
    kinds = {r.get("resourceType"): r for r in out if isinstance(r, dict)}
    if set(kinds) != {"ImagingStudy", "Patient"}:
        return failed(expected="an ImagingStudy and a Patient", got=sorted(map(str, kinds)),
                      rule=RULE)  # fmt: skip
    study, patient = kinds["ImagingStudy"], kinds["Patient"]
    said = json.dumps(out, ensure_ascii=False)
    left = [word for word in WORDS if word in said]
    if left:
        return failed(expected="nothing that tells who it is", got=f"{left[0]!r} is still there",
                      rule=RULE, mistake="by-hand")  # fmt: skip
    joined = f"urn:oid:{sent.StudyInstanceUID}"
    if joined not in said or str(sent.PatientID) not in json.dumps(patient):
        return failed(expected="the image's new Study Instance UID and Patient ID",
                      got="others", rule=RULE, mistake="another-key")  # fmt: skip
    if study.get("subject", {}).get("reference") != f"Patient/{patient.get('id')}":
        return failed(expected="subject refers to the Patient", got=study.get("subject"), rule=RULE)
    day = str(study.get("started", "")).replace("-", "")
    if day != str(sent.StudyDate):
        return failed(expected="started on the day of Study Date", got="another day",
                      rule=RULE, mistake="patient-not-learned")  # fmt: skip
    return passed("One study, one patient, one day, in both worlds.", rule=RULE)
