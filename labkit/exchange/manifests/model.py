"""What a manifest says, whichever form it has: a Key Object Selection or a FHIR document.

Values are kept as DICOM spells them (DA, TM, PN, UIDs without ``urn:oid:``). Nothing here knows how
either form is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from labkit.common.wording import counted
from labkit.exchange.manifests.terms import (
    MANIFEST,
    REJECTIONS,
    SIGNED_MANIFEST,
    Code,
    is_description_title,
)

FLAVOURS = ("xds-i.b", "mado")
"""What `build` can make: a bare manifest, and one with description."""


@dataclass(frozen=True)
class Issued:
    """An identifier and who issued it (PS3.3 Table 10-17, HL7v2 Hierarchic Designator Macro).

    Attributes
    ----------
    authority
        Universal Entity ID (0040,0032), such as an OID; ``""`` where it is not said.
    kind
        Its type (0040,0033): ``ISO`` for an OID, ``UUID``, ``URI``, ``DNS`` …
    name
        Local Namespace Entity ID (0040,0031), or Issuer of Patient ID (0010,0021).
    """

    value: str
    authority: str = ""
    kind: str = "ISO"
    name: str = ""


@dataclass(frozen=True)
class Location:
    """Where objects can be had (PS3.3 Table C.17-3a).

    Attributes
    ----------
    url
        Retrieve URL (0008,1190): under XDS-I.b and MADO the base of a DICOMweb service, to which a
        consumer adds ``/studies/…``.
    uid
        Retrieve Location UID (0040,E011): the repositoryUniqueId of an imaging document source; its
        address has to be known otherwise.
    ae_titles
        Retrieve AE Title (0008,0054).
    """

    url: str = ""
    uid: str = ""
    ae_titles: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.url or self.uid or self.ae_titles)


@dataclass(frozen=True)
class Instance:
    """One object that a manifest lists.

    Attributes
    ----------
    uid, sop_class
        SOP Instance UID and SOP Class UID.
    number, frames
        Instance Number and Number of Frames, where they are said.
    document_title, description
        Of a key object selection that is itself listed: its title and Key Object Description.
    """

    uid: str
    sop_class: str
    number: int | None = None
    frames: int | None = None
    document_title: Code | None = None
    description: str = ""


@dataclass(frozen=True)
class Series:
    """One series of a manifest.

    Attributes
    ----------
    date, time
        Series Date (DA) and Series Time (TM).
    region
        Target Region, the fine-grained one; a `Code` without scheme is a text.
    study_uid
        Study Instance UID where the manifest names a study that is not its own, else ``""``.
    """

    uid: str
    instances: tuple[Instance, ...]
    modality: str = ""
    number: int | None = None
    description: str = ""
    date: str = ""
    time: str = ""
    region: Code | None = None
    laterality: Code | None = None
    location: Location = Location()
    study_uid: str = ""


@dataclass(frozen=True)
class Request:
    """A requested procedure that the study answers (PS3.3 Table C.17-3c)."""

    accession: Issued | None = None
    placer: Issued | None = None
    filler: Issued | None = None
    procedure_id: str = ""
    description: str = ""
    codes: tuple[Code, ...] = ()


@dataclass(frozen=True)
class Subject:
    """The patient, as the manifest names them.

    Attributes
    ----------
    name
        PN with all its component groups.
    birth_date, sex
        DA; M, F, O or ``""``.
    others
        Other Patient IDs Sequence (0010,1002).
    """

    id: Issued | None = None
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    others: tuple[Issued, ...] = ()


@dataclass(frozen=True)
class Problem:
    """Something that a reader noticed: what is said where, and what the standard says instead."""

    where: str
    text: str
    rule: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" + (f" ({self.rule})" if self.rule else "")


@dataclass(frozen=True)
class Manifest:
    """A list of the objects of a study, and where they can be had.

    Attributes
    ----------
    uid
        SOP Instance UID of the document; also its uniqueId in a registry.
    title
        Document title of CID 7010.
    study_uid
        Study Instance UID, of the document and of what it lists.
    study_date, study_time, timezone
        DA, TM, and Timezone Offset From UTC (0008,0201), which all dates and times here are in.
    accession
        Accession Number (0008,0050) with its issuer; ``None`` where it is empty, as it is when the
        study has several (`accessions` has all).
    created_date, created_time
        Content Date and Time: when the manifest was made.
    series_uid
        Series Instance UID of the document itself.
    regions
        Target Regions of the whole study, the high-level ones.
    display_url
        Where a viewer shows the study (Display URI), or ``""``.
    problems
        What a reader noticed. No part of what the manifest says: it is not compared.
    """

    uid: str
    title: Code
    study_uid: str
    patient: Subject
    series: tuple[Series, ...]
    study_date: str = ""
    study_time: str = ""
    timezone: str = ""
    study_description: str = ""
    study_id: str = ""
    referrer: str = ""
    accession: Issued | None = None
    requests: tuple[Request, ...] = ()
    procedures: tuple[Code, ...] = ()
    regions: tuple[Code, ...] = ()
    description: str = ""
    created_date: str = ""
    created_time: str = ""
    manufacturer: str = ""
    institution: str = ""
    series_uid: str = ""
    series_number: int | None = None
    series_description: str = ""
    display_url: str = ""
    identical: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    @property
    def flavour(self) -> str:
        """``xds-i.b``, ``mado``, ``rejection``, or ``""`` for other key object selections."""
        if is_description_title(self.title):
            return "mado"
        if self.is_rejection:
            return "rejection"
        manifests = {(c.value, c.scheme_designator) for c in (MANIFEST, SIGNED_MANIFEST)}
        return "xds-i.b" if (self.title.value, self.title.scheme_designator) in manifests else ""

    @property
    def is_rejection(self) -> bool:
        """Whether this is a rejection note: it lists what is taken out of use."""
        return self.title.scheme_designator == "DCM" and self.title.value in REJECTIONS

    @property
    def references(self) -> Iterator[tuple[str, str, Instance]]:
        """Yield ``(StudyInstanceUID, SeriesInstanceUID, instance)`` of all that is listed."""
        for series in self.series:
            for instance in series.instances:
                yield series.study_uid or self.study_uid, series.uid, instance

    @property
    def instance_uids(self) -> tuple[str, ...]:
        """SOP Instance UIDs of all that is listed."""
        return tuple(instance.uid for _, _, instance in self.references)

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities that are said, each once, sorted."""
        return tuple(sorted({s.modality for s in self.series if s.modality}))

    @property
    def accessions(self) -> tuple[Issued, ...]:
        """All accession numbers: of the study and of its requests, each once."""
        found = [self.accession, *(request.accession for request in self.requests)]
        return tuple(dict.fromkeys(a for a in found if a is not None))

    @property
    def locations(self) -> tuple[Location, ...]:
        """Each place that is named, once."""
        return tuple(dict.fromkeys(s.location for s in self.series if s.location))

    def __str__(self) -> str:
        count = sum(len(s.instances) for s in self.series)
        return (
            f"{self.title.meaning} of study {self.study_uid}: {counted(count, 'instance')} in "
            f"{len(self.series)} series"
        )
