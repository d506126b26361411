"""From a FHIR document, whoever wrote it, to what the manifest says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labkit.common.errors import DataError
from labkit.exchange.manifests.fhir import names
from labkit.exchange.manifests.fhir.values import (
    Json,
    Systems,
    code_of,
    code_of_concept,
    issued_of,
    parted,
    person,
    typed,
    xon,
)
from labkit.exchange.manifests.gather import made_uid
from labkit.exchange.manifests.model import (
    Instance,
    Issued,
    Location,
    Manifest,
    Problem,
    Request,
    Series,
    Subject,
)
from labkit.exchange.manifests.terms import MANIFEST_WITH_DESCRIPTION, Code
from labkit.fhir.validation import validate

_SEX = {"male": "M", "female": "F", "other": "O"}


def from_fhir(bundle: Any, *, systems: Systems | None = None) -> Manifest:
    """Read a FHIR manifest; `write` makes the key object selection of it.

    Parameters
    ----------
    bundle
        A document Bundle with a Composition and one ImagingStudy.
    systems
        As `to_fhir` takes them.

    Raises
    ------
    DataError
        It is no document of an imaging study (there is no study, or more than one), or no FHIR.
    """
    try:
        return _Reader(bundle, systems or {}).manifest()
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        issues = validate(bundle)
        raise DataError(
            f"This is not valid FHIR R4: {issues[0] if issues else error}",
            remedy="Have the document corrected by whoever made it.",
        ) from error


class _Reader:
    def __init__(self, bundle: Any, systems: Systems) -> None:
        entries = bundle.get("entry") if isinstance(bundle, dict) else None
        if not isinstance(entries, list) or bundle.get("type") != "document":
            raise DataError("This is no FHIR document.",
                            remedy="A manifest is a Bundle of type document.")  # fmt: skip
        self.bundle, self.systems = bundle, systems
        self.problems: list[Problem] = []
        self.by_url: dict[str, Json] = {}
        self.resources: list[Json] = []
        for entry in entries:
            resource = entry.get("resource")
            if isinstance(resource, dict):
                self.resources.append(resource)
                own = f"{resource.get('resourceType')}/{resource.get('id')}"
                self.by_url.setdefault(own, resource)
                self.by_url[str(entry.get("fullUrl") or own)] = resource
        studies = self.all("ImagingStudy")
        if len(studies) != 1:
            raise DataError(f"This document has {len(studies)} ImagingStudy resources.",
                            remedy="A manifest is of one study (MadoFhirBundle).")  # fmt: skip
        self.study = studies[0]
        self.composition = next(iter(self.all("Composition")), {})

    def all(self, kind: str) -> list[Json]:
        return [r for r in self.resources if r.get("resourceType") == kind]

    def follow(self, reference: Any, where: str) -> Json:
        """Return what a reference leads to in this document; what does not is told."""
        url = str((reference or {}).get("reference") or "")
        found = self.by_url.get(url) or self.by_url.get("/".join(url.split("/")[-2:]))
        if url and found is None:
            self.problems.append(Problem(where, f"{url} is not in the document", "R4 bundle bdl-7"))
        return found or {}

    def manifest(self) -> Manifest:
        study = self.study
        created = parted(self.composition.get("date") or self.bundle.get("timestamp") or "")
        own = parted(study.get("started") or "")
        zone = created[2] or own[2]
        date, time, _ = parted(study.get("started") or "", zone)
        institution = xon(next(iter(self.all("Organization")), {}))
        device = next(iter(self.all("Device")), {})
        requests, accessions = self.requests()
        uid, study_uid = self.uid(), self.study_uid()
        description = str(study.get("description") or "")
        manifest = Manifest(
            uid=uid, title=MANIFEST_WITH_DESCRIPTION, study_uid=study_uid,
            patient=self.subject(), series=tuple(self.series(zone)), study_date=date,
            study_time=time, timezone=zone, study_description=description,
            study_id=str((typed(study, names.STUDY_ID) or {}).get("value") or ""),
            referrer=self.referrer(),
            accession=accessions[0] if len(accessions) == 1 else None, requests=requests,
            procedures=self.procedures(description), regions=self.regions(),
            created_date=created[0], created_time=created[1],
            manufacturer=str(device.get("manufacturer") or ""), institution=institution,
            # As `gather` makes them: FHIR has no series of manifests.
            series_uid=made_uid("manifests", study_uid, institution.rpartition("^")[2]),
            series_number=999, series_description="Manifests", display_url=self.viewer(),
        )  # fmt: skip
        self.count(manifest)
        return replace(manifest, problems=tuple(self.problems))

    def uid(self) -> str:
        said = self.bundle.get("identifier") or self.composition.get("identifier") or {}
        value = str(said.get("value") or "").removeprefix("urn:oid:")
        if not value.replace(".", "").isdigit():
            # Examples have such; a key object selection needs a UID.
            made = made_uid(str(said.get("system") or ""), value)
            self.problems.append(
                Problem(
                    "Bundle.identifier",
                    f"{value!r} is no UID; {made} is made of it",
                    "MadoFhirBundle",
                )
            )
            return made
        return value

    def study_uid(self) -> str:
        for found in self.study.get("identifier") or ():
            if found.get("system") == names.DICOM_UID:
                return str(found.get("value") or "").removeprefix("urn:oid:")
        raise DataError("The ImagingStudy has no Study Instance UID.",
                        remedy="It is an identifier of system urn:dicom:uid.")  # fmt: skip

    def subject(self) -> Subject:
        patient = self.follow(self.study.get("subject"), "ImagingStudy.subject")
        found = [(i.get("use"), one) for i in patient.get("identifier") or ()
                 if (one := issued_of(i))]  # fmt: skip
        usual = next((i for use, i in found if use == "usual"), found[0][1] if found else None)
        return Subject(
            usual, person(patient.get("name")),
            str(patient.get("birthDate") or "").replace("-", ""),
            _SEX.get(str(patient.get("gender")), ""), tuple(i for _, i in found),
        )  # fmt: skip

    def requests(self) -> tuple[tuple[Request, ...], tuple[Issued, ...]]:
        found, accessions = [], []
        for order in self.study.get("basedOn") or ():
            resource = self.follow(order, "ImagingStudy.basedOn") if "reference" in order else {}
            by = typed(resource, "ACSN") or order.get("identifier")
            accession = issued_of(by)
            accessions += [accession] if accession else []
            if resource:
                found.append(self.request(resource, accession))
        return tuple(found), tuple(dict.fromkeys(accessions))

    def request(self, resource: Json, accession: Issued | None) -> Request:
        code = resource.get("code") or {}
        coded = [c for each in code.get("coding") or () if (c := code_of(each, self.systems))]
        return Request(
            accession, issued_of(typed(resource, "PLAC")), issued_of(typed(resource, "FILL")),
            str((typed(resource, names.PROCEDURE_ID) or {}).get("value") or ""),
            str(code.get("text") or ""), tuple(c for c in coded if c.scheme_designator),
        )  # fmt: skip

    def referrer(self) -> str:
        said = self.study.get("referrer")
        if not said:
            return ""
        found = self.follow(said, "ImagingStudy.referrer") if "reference" in said else {}
        return person(found.get("name")) or str(said.get("display") or "")

    def procedures(self, description: str) -> tuple[Code, ...]:
        found = [code_of_concept(c, self.systems) for c in self.study.get("procedureCode") or ()]
        # Words that only repeat the description stand there to be shown (mado-reqproc-1).
        return tuple(c for c in found if c and (c.scheme_designator or c.meaning != description))

    def regions(self) -> tuple[Code, ...]:
        found = [
            code_of_concept(e.get("valueCodeableConcept"), self.systems)
            for e in self.study.get("extension") or ()
            if e.get("url") == names.REGION
        ]
        return tuple(code for code in found if code)

    def series(self, zone: str) -> list[Series]:
        found = []
        for one in self.study.get("series") or ():
            date, time, _ = parted(one.get("started") or "", zone)
            found.append(Series(
                str(one.get("uid") or ""),
                tuple(self.instance(i) for i in one.get("instance") or ()),
                str((one.get("modality") or {}).get("code") or ""), _whole(one.get("number")),
                str(one.get("description") or ""), date, time,
                code_of(one.get("bodySite"), self.systems),
                code_of(one.get("laterality"), self.systems), self.location(one),
            ))  # fmt: skip
        return found

    def location(self, series: Json) -> Location:
        for reference in series.get("endpoint") or self.study.get("endpoint") or ():
            endpoint = self.follow(reference, "ImagingStudy.series.endpoint")
            if (endpoint.get("connectionType") or {}).get("code") == "dicom-wado-rs":
                address = str(endpoint.get("address") or "")
                uid = next((str(e.get("valueString") or "") for e in endpoint.get("extension") or ()
                            if e.get("url") == names.LOCATION_UID), "")  # fmt: skip
                absent = address == names.NO_ADDRESS or "_address" in endpoint
                return Location("" if absent else address, uid)
        return Location()

    def instance(self, said: Json) -> Instance:
        extensions = {e.get("url"): e for e in said.get("extension") or ()}
        title = extensions.get(names.DOCUMENT_TITLE, {}).get("valueCodeableConcept")
        kind = str((said.get("sopClass") or {}).get("code") or "").removeprefix("urn:oid:")
        return Instance(
            str(said.get("uid") or ""), kind, _whole(said.get("number")),
            _whole(extensions.get(names.FRAMES, {}).get("valueInteger")),
            code_of_concept(title, self.systems), str(said.get("title") or ""),
        )  # fmt: skip

    def viewer(self) -> str:
        for reference in self.study.get("endpoint") or ():
            endpoint = self.follow(reference, "ImagingStudy.endpoint")
            if "text/html" in (endpoint.get("payloadMimeType") or ()):
                return str(endpoint.get("address") or "")
        return ""

    def count(self, manifest: Manifest) -> None:
        """Tell where counts and lists differ."""
        said = [("ImagingStudy.numberOfSeries", self.study.get("numberOfSeries"),
                 len(manifest.series))]  # fmt: skip
        said += [
            (f"ImagingStudy.series[{n}].numberOfInstances", one.get("numberOfInstances"),
             len(manifest.series[n].instances))
            for n, one in enumerate(self.study.get("series") or ())
        ]  # fmt: skip
        for where, number, listed in said:
            if number is not None and number != listed:
                self.problems.append(Problem(where, f"says {number}; {listed} are listed",
                                             "MadoImagingStudy"))  # fmt: skip


def _whole(value: Any) -> int | None:
    """Return a number that is one: ``"3"`` and ``true`` are not (R4 json)."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
