"""Where an Imaging Document Source has its images: behind DICOMweb, or in this process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Protocol

from pydicom.dataset import Dataset
from pydicom.filereader import dcmread

from labkit.common.errors import HttpError
from labkit.dicomweb.dicom_json import dataset_of
from labkit.dicomweb.source import Place, Search, Source
from labkit.pacs.keys import Level

if TYPE_CHECKING:
    from labkit.dicomweb import DicomwebClient

_SINGLY = 3  # as many objects of a series are fetched one by one; more, and the series is read
_STUDY = ("PatientID", "PatientName", "StudyDate", "AccessionNumber", "StudyDescription")
_OBJECT = (
    "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "StudyTime", "StudyID",
    "ReferringPhysicianName", "Modality", "SeriesNumber", "SeriesDescription", "BodyPartExamined",
    "InstanceNumber", "NumberOfFrames",
)  # fmt: skip
_COUNT = "NumberOfStudyRelatedInstances"


class ImageSource(Protocol):
    """The images of a site. Methods may be called from several threads at once."""

    def studies(self) -> list[Dataset]:
        """Return what a query at study level says of each study that is there."""
        ...

    def headers(self, study: str) -> list[Dataset]:
        """Return the headers of a study's objects; none if it is not there."""
        ...

    def files(
        self, study: str, series: str, instances: Collection[str]
    ) -> Iterator[tuple[str, bytes]]:
        """Go through those objects of a series that are there: SOP Instance UID, Part 10 file.

        Raises
        ------
        LabkitError
            They cannot be had now.
        """
        ...


class DicomwebImages:
    """The images behind a DICOMweb service.

    Parameters
    ----------
    client
        Makes a client of it; asked anew each time, since a service may have moved.
    """

    def __init__(self, client: Callable[[], DicomwebClient]) -> None:
        self._client = client

    def studies(self) -> list[Dataset]:
        """Ask QIDO-RS for every study."""
        with self._client() as web:
            return web.studies(includefield=list(_STUDY))

    def headers(self, study: str) -> list[Dataset]:
        """Ask WADO-RS for the metadata of a study, or QIDO-RS where the service cannot read it.

        An old archive may know of an object and not be able to send it, such as one in RLE that no
        façade before it has asked for in another form. What a search says is enough for a manifest.
        """
        with self._client() as web:
            try:
                return web.metadata(study)
            except HttpError as error:
                if error.status == 404:
                    return []
                found = _searched(web, study) if error.status >= 500 else []
                if not found:
                    raise
                return found

    def files(
        self, study: str, series: str, instances: Collection[str]
    ) -> Iterator[tuple[str, bytes]]:
        """Fetch by WADO-RS: few one by one, many with their series."""
        singly = len(instances) <= _SINGLY
        with self._client() as web:
            for instance in list(instances) if singly else [""]:
                try:
                    for data in web.files(study, series, instance):
                        uid = _uid(data, study, series)
                        if uid in instances:
                            yield uid, data
                except HttpError as error:
                    if error.status != 404:  # not there, or a rejection note hides it (RAD TF-2)
                        raise


def _searched(web: DicomwebClient, study: str) -> list[Dataset]:
    """Return what QIDO-RS says of each object; none if it does not tell of all."""
    said = next(iter(web.studies(StudyInstanceUID=study, includefield=[_COUNT])), Dataset())
    found = web.instances(study, includefield=[*_STUDY, *_OBJECT])
    return found if said.get(_COUNT) == len(found) else []


class SourceImages:
    """The images of a `labkit.dicomweb.Source`: of an archive, or of a façade.

    Parameters
    ----------
    source
        Such as ``ArchiveSource(archive)``.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def studies(self) -> list[Dataset]:
        """Search for every study."""
        keys = Dataset()
        for keyword in ("StudyInstanceUID", *_STUDY):
            setattr(keys, keyword, "")
        return [
            dataset_of(match) for match in self._source.search(Search(Level.STUDY, keys)).matches
        ]

    def headers(self, study: str) -> list[Dataset]:
        """Read the headers."""
        return [header for _, header in self._source.metadata(Place(study))]

    def files(
        self, study: str, series: str, instances: Collection[str]
    ) -> Iterator[tuple[str, bytes]]:
        """Read the objects."""
        singly = len(instances) <= _SINGLY
        for uid in list(instances) if singly else [""]:
            for found in self._source.instances(Place(study, series, uid)):
                if found.place.instance in instances:
                    with found.open() as file:
                        yield found.place.instance, file.read()


def _uid(data: bytes, study: str, series: str) -> str:
    """Return the SOP Instance UID of a file, ``""`` if it is not of that study and series."""
    ds = dcmread(
        BytesIO(data),
        stop_before_pixels=True,
        specific_tags=["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"],
    )
    ours = (ds.get("StudyInstanceUID"), ds.get("SeriesInstanceUID")) == (study, series)
    return str(ds.get("SOPInstanceUID", "")) if ours else ""
