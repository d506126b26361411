"""Files and folders as a source: read twice, header by header and then object by object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from labkit.common.errors import DataError
from labkit.dicom.reading import read
from labkit.fhir.mapping.sources.files import FileSource
from labkit.lab.owndata.found import Asked, Found, FoundSeries, FoundStudy, Original

_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


class FileOrigin:
    """A file, or all files of a folder to its bottom; the names mean nothing."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._paths: dict[str, dict[str, list[Path]]] = {}  # study → instance → files

    def survey(self, asked: Asked) -> Found:
        """Read the headers."""
        source, found = FileSource(self.place), Found()
        studies: dict[str, FoundStudy] = {}
        for ds, place in source:
            study_uid, series_uid, uid = (str(ds.get(name) or "") for name in _UIDS)
            if not (study_uid and series_uid and uid):
                found.unreadable.append((place, "it lacks a UID, and belongs to no study"))
            elif not Path(place).is_file():
                found.unreadable.append((place, "DICOM JSON has no pixels: bring the files"))
            elif _wanted(ds, asked):
                copies = self._paths.setdefault(study_uid, {}).setdefault(uid, [])
                copies.append(Path(place))
                if len(copies) > 1:
                    found.twice += 1
                    continue
                study = studies.setdefault(study_uid, FoundStudy(study_uid, bytes=0))
                _note(study, ds, series_uid, uid, Path(place).stat().st_size)
        found.studies = asked.first(list(studies.values()))
        report = source.report
        found.unreadable += [(x.origin, x.reason) for x in report.first if x.kind == "broken"]
        found.others = report.counts["not DICOM"] + report.counts["directory"]
        return found

    def objects(self, study: FoundStudy, have: Callable[[str], bool]) -> Iterator[Original]:
        """Read one file after the other."""
        for uid, paths in self._paths[study.uid].items():
            if not have(uid):
                yield Original(uid, str(paths[0]), lambda paths=paths: _first(paths))  # type: ignore[misc]


def _wanted(ds: Dataset, asked: Asked) -> bool:
    pairs = (("StudyInstanceUID", asked.study), ("PatientID", asked.patient),
             ("AccessionNumber", asked.accession))  # fmt: skip
    return all(not value or str(ds.get(name) or "").strip() == value for name, value in pairs)


def _note(study: FoundStudy, ds: Dataset, series_uid: str, uid: str, size: int) -> None:
    study.patients.add(str(ds.get("PatientID") or ds.get("PatientName") or "").strip())
    study.date = study.date or str(ds.get("StudyDate") or "")
    study.bytes = (study.bytes or 0) + size
    modality = str(ds.get("Modality") or "")
    series = study.series.setdefault(series_uid, FoundSeries(series_uid, modality))
    series.instances[uid] = str(ds.get("SOPClassUID") or "")


def _first(paths: Sequence[Path]) -> Dataset:
    """Read the first copy that is not damaged."""
    for path in paths[:-1]:
        with suppress(DataError):
            return _whole(path)
    return _whole(paths[-1])


def _whole(path: Path) -> Dataset:
    """Read a file; a bare data set (an old export) gets the file meta that PS3.10 7.1 asks for."""
    try:
        return read(path)
    except DataError:
        ds = read(path, force=True)
        if getattr(ds, "file_meta", None) and "TransferSyntaxUID" in ds.file_meta:
            raise
    implicit, little = ds.original_encoding
    plain = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else plain
    return ds
