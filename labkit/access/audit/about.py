"""From what a service says of a request to the study and the patient that it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from labkit.access.subjects import Subjects, patient_of
from labkit.common.access import AccessRequest


def about_subjects(subjects: Subjects) -> Callable[[AccessRequest], Mapping[str, str]]:
    """Make the `about` of an `AuditedPolicy` from what the FHIR server knows.

    An ImagingStudy gets its Study Instance UID, so that `AuditTrail.follow` finds who read the
    metadata too; a study gets its Patient.
    """

    def about(request: AccessRequest) -> Mapping[str, str]:
        resource = request.resource
        found: dict[str, str] = {}
        if resource.get("resourceType") == "ImagingStudy" and resource.get("id"):
            study = subjects.resource("ImagingStudy", resource["id"]) or {}
            for identifier in study.get("identifier", ()):
                value = str(identifier.get("value", ""))
                if identifier.get("system") == "urn:dicom:uid":
                    found["StudyInstanceUID"] = value.removeprefix("urn:oid:")
            if patient := patient_of(study):
                found["patient"] = f"Patient/{patient}"
        elif (uid := resource.get("StudyInstanceUID", "")) and (
            patient := subjects.patient_of_study(uid)
        ):
            found["patient"] = f"Patient/{patient}"
        return found

    return about
