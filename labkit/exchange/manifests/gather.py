"""From the objects of a study to what their manifest says."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from pydicom.dataset import Dataset
from pydicom.uid import KeyObjectSelectionDocumentStorage

from labkit.common.errors import DataError, UsageError
from labkit.exchange.manifests.maker import Maker
from labkit.exchange.manifests.model import FLAVOURS, Instance, Issued, Manifest, Request, Subject
from labkit.exchange.manifests.model import Series as SeriesOf
from labkit.exchange.manifests.regions import series_region, series_side, study_regions
from labkit.exchange.manifests.terms import (
    MANIFEST,
    MANIFEST_WITH_DESCRIPTION,
    SIGNED_MANIFEST,
    Code,
    is_description_title,
    same,
)
from labkit.exchange.manifests.values import (
    accession_of,
    coded,
    codes_of,
    integer,
    items,
    patient_id_of,
    text,
)
from labkit.pacs.rejections import rejection_of

_MANIFESTS = (MANIFEST, SIGNED_MANIFEST)


def gather(
    datasets: Iterable[Dataset],
    flavour: str = "xds-i.b",
    *,
    maker: Maker | None = None,
    when: datetime | None = None,
    uid: str = "",
    requests: Sequence[Request] = (),
    regions: Sequence[Code] = (),
) -> Manifest:
    """Say what a manifest of these objects has to say.

    Parameters
    ----------
    datasets
        Of one study: whole data sets, or as much of each as a query at IMAGE level returns. Objects
        that a rejection note among them rejects are left out, as are the note and other manifests.
    flavour
        One of `FLAVOURS`.
    when
        When the manifest is made (Content Date and Time); now, if it is not given.
    uid
        SOP Instance UID; made of what the manifest lists, where, and `when`, if it is not given.
    requests
        What the RIS knows of the orders, in place of what the images say of them.
    regions
        High-level regions of the study, in place of what `maker` makes of Body Part Examined.

    Raises
    ------
    UsageError
        No object is left to list, they are of several studies, or the flavour is none.
    DataError
        An object has no UIDs, or they are of several patients.
    """
    if flavour not in FLAVOURS:
        raise UsageError(f"{flavour!r} is no flavour of manifests.",
                         remedy=f"Use one of {', '.join(FLAVOURS)}.")  # fmt: skip
    maker, moment = maker or Maker(), when or datetime.now().astimezone()
    found = listed(datasets)
    _one_study(found)
    head = found[0]
    asked = tuple(requests) or _requests(found, maker)
    if flavour == "mado" and not asked:
        asked = (Request(_own_number(text(head, "StudyInstanceUID"), maker)),)
    accessions = list(dict.fromkeys(r.accession for r in asked if r.accession))
    own = _owned(accession_of(head), maker.accession_authority)
    title = MANIFEST_WITH_DESCRIPTION if flavour == "mado" else MANIFEST
    study = text(head, "StudyInstanceUID")
    manifest = Manifest(
        uid=uid, title=title, study_uid=study, patient=_subject(head, maker),
        series=tuple(_series(found, maker)),
        study_date=text(head, "StudyDate"), study_time=text(head, "StudyTime"),
        timezone=_timezone(found) or maker.timezone,
        study_description=text(head, "StudyDescription"), study_id=text(head, "StudyID"),
        referrer=text(head, "ReferringPhysicianName"),
        # Several accession numbers: the attribute is empty (MADO 6.X.2.6).
        accession=(accessions[0] if accessions else own) if len(accessions) < 2 else None,
        requests=asked, procedures=codes_of(head, "ProcedureCodeSequence"),
        regions=tuple(Code(*region) for region in regions) or study_regions(found, maker.regions),
        created_date=moment.strftime("%Y%m%d"), created_time=moment.strftime("%H%M%S"),
        manufacturer=maker.manufacturer, institution=maker.institution_name,
        series_uid=made_uid("manifests", study, maker.institution_oid), series_number=999,
        series_description="Manifests",
        display_url=maker.display_url.replace("{study}", study),
    )  # fmt: skip
    return manifest if uid else replace(manifest, uid=manifest_uid(manifest))


def listed(datasets: Iterable[Dataset]) -> list[Dataset]:
    """Return the objects that a manifest may list, in the order of their numbers.

    Left out are rejection notes and what they reject (RAD TF-2 4.68.4.1.2.1: what is not available
    is not listed), and other manifests: a manifest is not among what it shares (MADO 6.X.2.2).
    """
    found: dict[str, Dataset] = {}
    hidden: set[str] = set()
    for ds in datasets:
        title = coded(ds, "ConceptNameCodeSequence")
        if rejection := rejection_of(ds):
            hidden.update(rejection.uids)
            continue
        if title and (is_description_title(title) or any(same(title, m) for m in _MANIFESTS)):
            continue
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID", "SOPInstanceUID"):
            if not text(ds, keyword):
                raise DataError(f"An object without {keyword} cannot be listed.",
                                remedy="Ask at IMAGE level for all four UIDs.")  # fmt: skip
        found.setdefault(text(ds, "SOPInstanceUID"), ds)
    kept = [ds for uid, ds in found.items() if uid not in hidden]
    if not kept:
        raise UsageError("There is no object to list.",
                         remedy="A manifest lists at least one; where all are rejected, the "
                         "published manifest is to be removed or deprecated.")  # fmt: skip
    return sorted(kept, key=lambda ds: (
        integer(text(ds, "SeriesNumber")) or 0, text(ds, "SeriesInstanceUID"),
        integer(text(ds, "InstanceNumber")) or 0, text(ds, "SOPInstanceUID")))  # fmt: skip


def manifest_uid(manifest: Manifest) -> str:
    """Make a SOP Instance UID of what a manifest lists, where, and when it was made."""
    places = [f"{s.location.url} {s.location.uid}" for s in manifest.series]
    return made_uid(
        manifest.title.value, manifest.study_uid, manifest.created_date, manifest.created_time,
        manifest.institution, *places, *manifest.instance_uids,
    )  # fmt: skip


def made_uid(*parts: str) -> str:
    """Make a UID below 2.25 of texts: the same texts, the same UID (ITU-T X.667)."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, chr(10).join(parts)).int}"


def _one_study(found: list[Dataset]) -> None:
    studies = {text(ds, "StudyInstanceUID") for ds in found}
    if len(studies) > 1:
        raise UsageError(f"These objects are of {len(studies)} studies.",
                         remedy="Make a manifest for each study.")  # fmt: skip
    people = {(i.value, i.name) for ds in found if (i := patient_id_of(ds))}
    if len(people) > 1:
        names = ", ".join(sorted(f"{value} of {name or 'nobody'}" for value, name in people))
        raise DataError(f"The objects of this study name several patients: {names}.",
                        remedy="Find out whose study it is and correct it first.")  # fmt: skip


def _owned(identifier: Issued | None, authority: str) -> Issued | None:
    """Add the site's authority to an identifier that names none."""
    if identifier is None or identifier.authority or not authority:
        return identifier
    return replace(identifier, authority=authority, kind="ISO")


def _subject(head: Dataset, maker: Maker) -> Subject:
    identifier = patient_id_of(head)
    if identifier and identifier.name in ("", maker.patient_issuer or identifier.name):
        identifier = _owned(identifier, maker.patient_authority)
    others = (patient_id_of(item) for item in items(head, "OtherPatientIDsSequence"))
    # The Patient ID is also among the others (MADO 6.X.2.5.1.1.2).
    every = dict.fromkeys(i for i in (identifier, *others) if i)
    sex = text(head, "PatientSex")
    return Subject(identifier, text(head, "PatientName"), text(head, "PatientBirthDate"),
                   sex if sex in ("M", "F", "O") else "", tuple(every))  # fmt: skip


def _requests(found: list[Dataset], maker: Maker) -> tuple[Request, ...]:
    """Return each combination of accession number and order once (MADO 6.X.2.8.1)."""
    asked: dict[Request, None] = {}
    for ds in found:
        own = _owned(accession_of(ds), maker.accession_authority)
        for item in items(ds, "RequestAttributesSequence"):
            accession = _owned(accession_of(item), maker.accession_authority) or own
            asked[Request(
                accession, None, None, text(item, "RequestedProcedureID"),
                text(item, "RequestedProcedureDescription"),
                codes_of(item, "RequestedProcedureCodeSequence"),
            )] = None  # fmt: skip
        if own:
            asked[Request(own)] = None
    said = {r.accession for r in asked if r != Request(r.accession)}
    # An object that knows its accession number alone says nothing that another does not.
    return tuple(r for r in asked if r != Request(r.accession) or r.accession not in said)


def _own_number(study: str, maker: Maker) -> Issued:
    """Make an accession number for a study without: always the same (MADO 6.X.2.6.1, case 3)."""
    digits = made_uid("accession", study, maker.accession_authority).removeprefix("2.25.")
    return Issued(f"M{digits[-15:]}", maker.accession_authority)


def _timezone(found: list[Dataset]) -> str:
    zones = {text(ds, "TimezoneOffsetFromUTC") for ds in found}
    return zones.pop() if len(zones) == 1 else ""


def _series(found: list[Dataset], maker: Maker) -> Iterable[SeriesOf]:
    groups: dict[str, list[Dataset]] = {}
    for ds in found:
        groups.setdefault(text(ds, "SeriesInstanceUID"), []).append(ds)
    for uid, members in groups.items():
        head = members[0]
        yield SeriesOf(
            uid, tuple(_instance(ds) for ds in members), text(head, "Modality"),
            integer(text(head, "SeriesNumber")), text(head, "SeriesDescription"),
            text(head, "SeriesDate"), text(head, "SeriesTime"),
            series_region(head), series_side(head), maker.location,
        )  # fmt: skip


def _instance(ds: Dataset) -> Instance:
    kind = text(ds, "SOPClassUID")
    selection = kind == KeyObjectSelectionDocumentStorage
    return Instance(
        text(ds, "SOPInstanceUID"), kind, integer(text(ds, "InstanceNumber")),
        integer(text(ds, "NumberOfFrames")),
        coded(ds, "ConceptNameCodeSequence") if selection else None,
        _description(ds) if selection else "",
    )  # fmt: skip


def _description(ds: Dataset) -> str:
    for item in items(ds, "ContentSequence"):
        name = coded(item, "ConceptNameCodeSequence")
        if name and (name.value, name.scheme_designator) == ("113012", "DCM"):
            return text(item, "TextValue")
    return ""
