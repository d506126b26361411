"""An archive asked by C-FIND (PS3.4 C.4.1), level by level, over one association."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import ClassVar

from pydicom.dataset import Dataset

from labkit.common.errors import AssociationError, DataError, DimseError
from labkit.dimse.peer import Peer
from labkit.fhir.mapping.sources.base import Count, Header, Source
from labkit.fhir.mapping.sources.selection import Selection, halves
from labkit.fhir.mapping.sources.session import Session
from labkit.pacs.matching.range import Range

#: Return keys at each level, beside the unique ones: what an ImagingStudy and its Patient need and
#: a query can hold (PS3.4 Tables C.6-3 to C.6-5 list what must be; the others are optional keys).
STUDY = (
    "SpecificCharacterSet", "PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate",
    "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber",
    "IssuerOfAccessionNumberSequence", "StudyID", "StudyDescription", "ReferringPhysicianName",
    "ReferringPhysicianIdentificationSequence", "NameOfPhysiciansReadingStudy",
    "ProcedureCodeSequence", "InstitutionName", "TimezoneOffsetFromUTC", "ModalitiesInStudy",
    "NumberOfStudyRelatedInstances",
)  # fmt: skip
SERIES = (
    "SpecificCharacterSet", "SeriesInstanceUID", "SeriesNumber", "Modality", "SeriesDescription",
    "SeriesDate", "SeriesTime", "BodyPartExamined", "Laterality", "PerformingPhysicianName",
    "OperatorsName", "StationName", "Manufacturer", "ManufacturerModelName", "DeviceSerialNumber",
    "InstitutionName", "InstitutionalDepartmentName", "RequestAttributesSequence",
    "TimezoneOffsetFromUTC",
)  # fmt: skip
IMAGE = (
    "SpecificCharacterSet", "SOPInstanceUID", "SOPClassUID", "InstanceNumber", "ImageType",
    "ContentLabel", "DocumentTitle", "ConceptNameCodeSequence", "ImageLaterality",
    "TimezoneOffsetFromUTC",
)  # fmt: skip
_KEYS = {"STUDY": STUDY, "SERIES": SERIES, "IMAGE": IMAGE}
#: What an answer holds and an instance does not; the text of each answer is decoded already.
_QUERY_ONLY = (
    "SpecificCharacterSet", "QueryRetrieveLevel", "RetrieveAETitle", "RetrieveURL",
    "InstanceAvailability", "ModalitiesInStudy", "NumberOfStudyRelatedInstances",
    "NumberOfStudyRelatedSeries", "NumberOfSeriesRelatedInstances",
)  # fmt: skip
_TOO_MANY = range(0xA700, 0xA800)  # refused: out of resources (PS3.4 C.4.1.1.4)
SLICE_DAYS = 31


class ArchiveSource(Source):
    """What an archive answers to C-FIND at study, series and image level.

    Dates are asked for in slices, and a slice that the archive finds too large is halved, since
    an archive may refuse an answer, or cut it off, when it would be long.

    Parameters
    ----------
    peer
        The archive.
    ae_title
        The calling AE title.
    slice_days
        Days in a query at study level, where the selection has a first day; 0 asks at once.
    today
        Where an open date range ends.
    timeout
        Seconds of silence that end the association.
    """

    grouped: ClassVar[bool] = True
    partial = (
        "C-FIND gave no value: the archive has none, or does not return this attribute "
        "(PS3.4 C.2.2.1.3); retrieving the instances would tell"
    )

    def __init__(
        self,
        peer: Peer,
        selection: Selection | None = None,
        *,
        ae_title: str = "LABKIT",
        slice_days: int = SLICE_DAYS,
        today: date | None = None,
        timeout: float = 30.0,
    ) -> None:
        super().__init__(selection)
        self.peer = peer
        self.ae_title, self.timeout = ae_title, timeout
        self.slice_days = slice_days
        self.today = today or date.today()
        self.associations = 0

    def __iter__(self) -> Iterator[Header]:
        with closing(self._session()) as session:
            for study in self._studies(session):
                uid = str(study.StudyInstanceUID)
                if uid in self.done:
                    self.report.add(uid, "done before", "this study was done before")
                    continue
                try:
                    yield from self._instances(session, study)
                except (DimseError, AssociationError, DataError) as error:
                    self.incomplete.add(uid)
                    self.report.add(self._origin(uid), "failed", error.message)
            self.associations = session.opened

    def studies(self) -> Iterator[str]:
        """Ask at study level alone."""
        with closing(self._session()) as session:
            for study in self._studies(session):
                yield str(study.StudyInstanceUID)

    def count(self) -> Count:
        """Ask at study level, and add up what it says of instances (0020,1208)."""
        studies, instances = 0, 0
        known = True
        with closing(self._session()) as session:
            for study in self._studies(session):
                studies += 1
                number = study.get("NumberOfStudyRelatedInstances")
                known = known and number not in (None, "")
                instances += int(number or 0)
        return Count(studies=studies, instances=instances if known else None)

    def _session(self) -> Session:
        return Session(self.peer, ae_title=self.ae_title, timeout=self.timeout)

    def _studies(self, session: Session) -> Iterator[Dataset]:
        """Find the studies, each once; those whose series must tell are sorted out later."""
        seen: set[str] = set()
        windows = deque(self.selection.slices(self.slice_days, self.today))
        while windows:
            window = windows.popleft()
            try:
                found = self._study_queries(session, window)
            except DimseError as error:
                if error.status not in _TOO_MANY or halves(window) == [window]:
                    raise
                windows.extendleft(reversed(halves(window)))
                continue
            for study in found:
                uid = str(study.get("StudyInstanceUID") or "")
                if uid and uid not in seen:
                    seen.add(uid)
                    yield study

    def _study_queries(self, session: Session, window: Range) -> list[Dataset]:
        found = []
        for keys in self.selection.queries(window):
            found += session.find("STUDY", {**self._asked("STUDY"), **keys})
        return found

    def _asked(self, level: str) -> dict[str, None]:
        """Return the keys of a query: an archive returns no more than it is asked for."""
        return dict.fromkeys((*_KEYS[level], *self.wanted.get(level, ())))

    def _instances(self, session: Session, study: Dataset) -> Iterator[Header]:
        uid = str(study.StudyInstanceUID)
        all_series = session.find("SERIES", {**self._asked("SERIES"), "StudyInstanceUID": uid})
        if not self._wanted(study, all_series):
            return
        for series in all_series:
            yield from self._series(session, study, series)

    def _series(self, session: Session, study: Dataset, series: Dataset) -> Iterator[Header]:
        uids = {"StudyInstanceUID": str(study.StudyInstanceUID),
                "SeriesInstanceUID": str(series.SeriesInstanceUID)}  # fmt: skip
        for image in session.find("IMAGE", {**self._asked("IMAGE"), **uids}):
            ds = _merged(study, series, image)
            yield Header(ds, self._origin(str(ds.get("SOPInstanceUID") or "")))

    def _wanted(self, study: Dataset, all_series: list[Dataset]) -> bool:
        """Look at the answers again: a key that is not matched is ignored (PS3.4 C.2.2.1.2)."""
        met = self.selection.met(study)
        for series in all_series:
            met |= self.selection.met(series)
        return met >= self.selection.criteria

    def _origin(self, uid: str) -> str:
        return f"{self.peer.ae_title} {uid}"


def _merged(*levels: Dataset) -> Dataset:
    """Put the answers of the three levels together as one header.

    An empty value is left out: it stands for "none" as well as for "not supported", and must not
    be taken for an empty type 2 attribute of the instance.
    """
    merged = Dataset()
    for level in levels:
        for element in level:
            if element.keyword not in _QUERY_ONLY and not element.is_empty:
                merged[element.tag] = element
    return merged
