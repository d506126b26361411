"""Patient, study, series, instance: the four levels of every query (PS3.3 A.1.2, PS3.4 C.6).

Files lie in folders as they please; only the attributes inside say what belongs together.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, TypeVar

from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.dicom.damage import names_damage
from labkit.dicom.guarded import read_dataset
from labkit.dicom.reading import PARSE_ERRORS, read

_Node = TypeVar("_Node")
_Sources: TypeAlias = "str | Path | Dataset | Iterable[str | Path | Dataset]"

_TAGS = [
    "SpecificCharacterSet", "PatientID", "IssuerOfPatientID", "PatientName", "StudyInstanceUID",
    "StudyDate", "StudyDescription", "AccessionNumber", "SeriesInstanceUID", "SeriesNumber",
    "SeriesDescription", "Modality", "SOPInstanceUID", "SOPClassUID", "InstanceNumber",
]  # fmt: skip


@dataclass
class Instance:
    """One object: what a modality makes at once, and C-STORE sends at once."""

    uid: str
    number: int | None
    sop_class: str
    path: Path | None


@dataclass
class Series:
    """Instances of one modality, made in one go on one device."""

    uid: str
    number: int | None
    modality: str
    description: str
    instances: list[Instance] = field(default_factory=list)

    def __str__(self) -> str:
        count = len(self.instances)
        return f"{self.modality} {self.description!r}, {count} instance{'s' * (count != 1)}"


@dataclass
class Study:
    """What was done for one order, at one time."""

    uid: str
    date: str
    description: str
    accession: str
    series: list[Series] = field(default_factory=list)

    def __str__(self) -> str:
        accession = self.accession or "none"
        return f"{self.date} {self.description!r}, accession {accession}"


@dataclass
class Patient:
    """One person at one issuer of IDs."""

    patient_id: str
    issuer: str
    name: str
    studies: list[Study] = field(default_factory=list)

    def __str__(self) -> str:
        issuer = f" ({self.issuer})" if self.issuer else ""
        return f"{self.name}, ID {self.patient_id or 'none'}{issuer}"


@dataclass
class Hierarchy:
    """The tree. Shown as text in a terminal, and with folding branches in a notebook.

    Attributes
    ----------
    patients
        The roots.
    skipped
        Files that are not DICOM, with the reason.
    """

    patients: list[Patient] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)

    @property
    def studies(self) -> list[Study]:
        """All studies of all patients."""
        return [study for patient in self.patients for study in patient.studies]

    @property
    def series(self) -> list[Series]:
        """All series of all studies."""
        return [series for study in self.studies for series in study.series]

    @property
    def instances(self) -> list[Instance]:
        """All instances of all series."""
        return [instance for series in self.series for instance in series.instances]

    def __repr__(self) -> str:
        lines = []
        for patient in self.patients:
            lines.append(str(patient))
            for study, bar in _with_bars(patient.studies):
                lines.append(f"{bar[0]} {study}")
                for series, inner in _with_bars(study.series):
                    lines.append(f"{bar[1]} {inner[0]} {series}")
        if self.skipped:
            lines.append(f"skipped: {len(self.skipped)} files that are not DICOM")
        return "\n".join(lines) or "nothing"

    def _repr_html_(self) -> str:
        parts = [
            _fold(str(patient), "".join(_study_html(study) for study in patient.studies))
            for patient in self.patients
        ]
        if self.skipped:
            rows = [
                f"<div>{html.escape(f'{path.name}: {why}')}</div>" for path, why in self.skipped
            ]
            parts.append(_fold("skipped: not DICOM", "".join(rows)))
        return "".join(parts) or "nothing"


def tree(sources: _Sources) -> Hierarchy:
    """Group files or data sets into patient, study, series, instance.

    Parameters
    ----------
    sources
        A folder (walked to the bottom), a file, a data set, or any mix of them.

    Returns
    -------
    Hierarchy
        Patients by name, studies by date, series and instances by number. Two patients with one ID
        are told apart by its issuer; where there is none, by name.

    Raises
    ------
    DataError
        If there is no such folder, or a data set lacks a UID that makes it part of the tree.
    """
    builder = _Builder()
    for source in _walk(sources):
        if isinstance(source, Dataset):
            filename = getattr(source, "filename", None)
            builder.add(source, Path(filename) if isinstance(filename, (str, Path)) else None)
            continue
        try:
            builder.add(_header(source), source)
        except DataError as error:
            builder.result.skipped.append((source, error.message))
    return builder.sorted()


class _Builder:
    """Collects nodes by their keys, then puts them in order."""

    def __init__(self) -> None:
        self.result = Hierarchy()
        self.patients: dict[tuple[str, str], Patient] = {}
        self.studies: dict[tuple[str, str, str], Study] = {}
        self.series: dict[tuple[str, str, str, str], Series] = {}

    @names_damage
    def add(self, ds: Dataset, path: Path | None) -> None:
        def value(keyword: str) -> str:
            return str(ds.get(keyword) or "")

        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
            if not value(keyword):
                raise DataError(f"it has no {keyword}", remedy="ask the sender: it fits nowhere")
        who = (value("PatientID"), value("IssuerOfPatientID") or value("PatientName"))
        if who not in self.patients:
            self.patients[who] = Patient(
                value("PatientID"), value("IssuerOfPatientID"), value("PatientName")
            )
            self.result.patients.append(self.patients[who])
        study = (*who, value("StudyInstanceUID"))
        if study not in self.studies:
            self.studies[study] = Study(
                value("StudyInstanceUID"),
                value("StudyDate"),
                value("StudyDescription"),
                value("AccessionNumber"),
            )
            self.patients[who].studies.append(self.studies[study])
        series = (*study, value("SeriesInstanceUID"))
        if series not in self.series:
            self.series[series] = Series(
                value("SeriesInstanceUID"),
                _number(ds, "SeriesNumber"),
                value("Modality"),
                value("SeriesDescription"),
            )
            self.studies[study].series.append(self.series[series])
        sop_class = str(getattr(ds.get("SOPClassUID"), "name", ""))
        self.series[series].instances.append(
            Instance(value("SOPInstanceUID"), _number(ds, "InstanceNumber"), sop_class, path)
        )

    def sorted(self) -> Hierarchy:
        self.result.patients.sort(key=lambda p: (p.name, p.issuer))
        for patient in self.patients.values():
            patient.studies.sort(key=lambda s: (s.date, s.uid))
        for study in self.studies.values():
            study.series.sort(key=lambda s: (s.number is None, s.number or 0, s.uid))
        for series in self.series.values():
            series.instances.sort(key=lambda i: (i.number is None, i.number or 0, i.uid))
        return self.result


def _walk(
    sources: str | Path | Dataset | Iterable[str | Path | Dataset],
) -> Iterator[Path | Dataset]:
    if isinstance(sources, Dataset):
        yield sources
    elif isinstance(sources, (str, Path)):
        path = Path(sources)
        if not path.exists():
            raise DataError(f"there is no {path}", remedy="give a folder with DICOM files in it")
        yield from sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    else:
        for source in sources:
            yield from _walk(source)


def _header(path: Path) -> Dataset:
    """Read only what the tree needs; a file that is not DICOM says so as `read` does."""
    with path.open("rb") as file:
        if file.read(132)[128:] != b"DICM":
            return read(path)
    try:
        return read_dataset(path, stop_before_pixels=True, specific_tags=list(_TAGS))
    except PARSE_ERRORS as error:
        raise DataError(f"it is damaged ({error})", remedy="fetch it again") from error


def _number(ds: Dataset, keyword: str) -> int | None:
    """Return an IS value, or ``None`` where it is empty (they are type 2) or no number."""
    try:
        return int(ds.get(keyword))
    except (TypeError, ValueError):
        return None


def _with_bars(nodes: list[_Node]) -> Iterator[tuple[_Node, tuple[str, str]]]:
    """Yield each node with the strokes before it and before its children."""
    for position, node in enumerate(nodes, start=1):
        yield node, ("└─", "  ") if position == len(nodes) else ("├─", "│ ")


def _fold(title: str, inner: str) -> str:
    return (
        f'<details open style="margin-left:1.2em"><summary>{html.escape(title)}</summary>'
        f"{inner}</details>"
    )


def _study_html(study: Study) -> str:
    rows = [f'<div style="margin-left:2.4em">{html.escape(str(s))}</div>' for s in study.series]
    return _fold(str(study), "".join(rows))
