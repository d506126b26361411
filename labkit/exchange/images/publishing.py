"""Publishing a site's studies: a manifest of each, submitted by RAD-68 (RAD TF-2 4.68).

RAD-68 is ITI-41 whose document is a Key Object Selection; what is said of it besides is fixed by
RAD TF-2 4.68.4.1.2.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from pydicom.uid import KeyObjectSelectionDocumentStorage

from labkit.common.errors import UsageError
from labkit.exchange.images.source import ImageSource
from labkit.exchange.manifests import Maker, Manifest, gather, part10, write
from labkit.exchange.parties import Party
from labkit.exchange.xds.model import Association, Author, Code, DocumentEntry, SubmissionSet
from labkit.exchange.xds.names import ACCESSION, STUDY
from labkit.exchange.xds.problems import XdsError
from labkit.exchange.xds.source import DocumentSource

_AT_ONCE = 3
KOS = Code(str(KeyObjectSelectionDocumentStorage), "1.2.840.10008.2.6.1", "Key Object Selection")
"""formatCode of a manifest: the SOP Class UID, and DICOM's UIDs as its scheme."""
_DCM, _LOINC, _SNOMED = "1.2.840.10008.2.16.4", "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.96"
_STUDY = Code("18748-4", _LOINC, "Diagnostic imaging study")
_FACILITY = Code("22232009", _SNOMED, "Hospital")
_PRACTICE = Code("394914008", _SNOMED, "Radiology")
_NORMAL = Code("N", "2.16.840.1.113883.5.25", "normal")


class ImagingPublisher:
    """Publishes the studies of a site, and remembers what it has published.

    Parameters
    ----------
    party
        Whose site it is.
    images
        Where the studies are.
    """

    def __init__(self, party: Party, images: ImageSource) -> None:
        self._party, self._images = party, images
        self._published: dict[str, tuple[Manifest, DocumentEntry]] = {}
        self.withheld: dict[str, str] = {}
        """Study Instance UIDs of what could not be published, and why."""

    def publish_all(
        self, studies: Iterable[str], source: DocumentSource, at: datetime
    ) -> list[DocumentEntry]:
        """Publish studies; one that cannot be described is left out, and why is in `withheld`.

        Parameters and further errors are those of `publish`.
        """

        def one(study: str) -> DocumentEntry | None:
            try:
                self.withheld.pop(study, None)
                return self.publish(study, source, at)
            except XdsError:
                raise
            except UsageError as error:
                self.withheld[study] = error.message
                return None

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [entry for entry in pool.map(one, studies) if entry is not None]

    def publish(self, study: str, source: DocumentSource, at: datetime) -> DocumentEntry:
        """Submit a manifest of a study.

        A study that was published before and has changed gets a new manifest, which replaces the
        old one (RPLC); one that has not is not submitted again.

        Parameters
        ----------
        source
            Submits to the repository.
        at
            When, with its zone.

        Returns
        -------
        DocumentEntry
            As it was submitted.

        Raises
        ------
        UsageError
            Nothing of the study is left to list, or it is of a patient with a foreign ID.
        XdsError, SoapFault, NetworkError
            The repository refused, or was not reached.
        """
        manifest = gather(
            self._images.headers(study), "xds-i.b", maker=Maker.of(self._party), when=at
        )
        before = self._published.get(study)
        if before is not None and before[0].instance_uids == manifest.instance_uids:
            return before[1]
        entry = entry_of(manifest, self._party)
        ties = [Association.replaces(entry.entryUUID, before[1].entryUUID)] if before else []
        submission = submission_of(manifest, entry, self._party, at)
        source.provide(submission, {entry: part10(write(manifest))}, ties)
        self._published[study] = manifest, entry
        return entry


def entry_of(manifest: Manifest, party: Party) -> DocumentEntry:
    """Describe a manifest for its registry.

    Parameters
    ----------
    manifest
        As it was gathered: a KOS that was read back does not say the modalities.
    party
        Whose patient IDs are used in the registry.

    Raises
    ------
    UsageError
        The patient's ID is not one of the party's: it would be another patient's here.
    """
    subject = manifest.patient.id
    if subject is None or subject.authority != party.authority:
        who = subject.value if subject else "nobody"
        raise UsageError(
            f"The manifest is of patient {who}, and that is no ID of {party.name}.",
            remedy="Reconcile the ID first; the number alone may be somebody else's here.",
        )
    patient = party.patient(subject.value)
    person = [f"PID-3|{patient.cx}"]
    if manifest.patient.name:
        person.append(f"PID-5|{manifest.patient.name.partition('=')[0]}")
    if manifest.patient.birth_date:
        person.append(f"PID-7|{manifest.patient.birth_date}")
    if manifest.patient.sex:
        person.append(f"PID-8|{manifest.patient.sex}")
    # CXi: the value, its issuer, and what kind of reference it is (ITI TF-3 4.2.3.1.7).
    references = [f"{manifest.study_uid}^^^^{STUDY}"]
    references += [
        f"{one.value}^^^&{one.authority}&ISO^{ACCESSION}" if one.authority
        else f"{one.value}^^^^{ACCESSION}"
        for one in manifest.accessions
    ]  # fmt: skip
    begun = (manifest.study_date + manifest.study_time[:6]) if manifest.study_date else ""
    return DocumentEntry(
        uniqueId=manifest.uid,
        patientId=patient,
        classCode=_STUDY,
        typeCode=_STUDY,
        formatCode=KOS,
        healthcareFacilityTypeCode=_FACILITY,
        practiceSettingCode=_PRACTICE,
        confidentialityCode=(_NORMAL,),
        creationTime=(manifest.created_date + manifest.created_time[:6]),
        languageCode="en",
        mimeType="application/dicom",
        sourcePatientId=patient.cx,
        sourcePatientInfo=tuple(person),
        eventCodeList=tuple(Code(one, _DCM, one) for one in manifest.modalities),
        author=(Author(authorInstitution=(party.name,)),),
        title=manifest.study_description,
        serviceStartTime=begun,
        referenceIdList=tuple(references),
        entryUUID=_uuid(manifest.uid, "entry"),
    )


def submission_of(
    manifest: Manifest, entry: DocumentEntry, party: Party, at: datetime
) -> SubmissionSet:
    """Describe the act of submitting it.

    Parameters
    ----------
    at
        When, with its zone.
    """
    return SubmissionSet(
        uniqueId=f"2.25.{_made(manifest.uid, 'submission').int}",
        sourceId=party.source,
        patientId=entry.patientId,
        contentTypeCode=_STUDY,
        submissionTime=at.astimezone(timezone.utc).strftime("%Y%m%d%H%M%S"),
        author=(Author(authorInstitution=(party.name,)),),
        entryUUID=_uuid(manifest.uid, "submission"),
    )


def _made(*parts: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, "\n".join(parts))


def _uuid(*parts: str) -> str:
    return f"urn:uuid:{_made(*parts)}"
