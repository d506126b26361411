"""What a lesson works on: a study of the samples, or one of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import Dataset, dcmread

from labkit.common.errors import UsageError
from labkit.dicom.samples import SampleStudy
from labkit.lab.owndata.delivery import Row, rows
from labkit.lab.owndata.index import Index, OwnEntry


@dataclass(frozen=True)
class Study:
    """One study with its files, in order of series and instance.

    Attributes
    ----------
    name
        As in ``lab.study(name)`` or ``lab.use(name)``.
    own
        Whether it is the user's.
    StudyInstanceUID, PatientID, AccessionNumber
        As the archive has them; of an own study, usually pseudonyms.
    modalities
        Of its series, each once.
    files
        Part 10 files.
    """

    name: str
    own: bool
    StudyInstanceUID: str
    PatientID: str
    AccessionNumber: str
    modalities: tuple[str, ...]
    files: list[Path] = field(repr=False)
    _rows: list[Row] = field(repr=False, compare=False)

    @property
    def series(self) -> dict[str, list[Path]]:
        """Series Instance UID → files."""
        found: dict[str, list[Path]] = {}
        for row in self._rows:
            found.setdefault(row.series, []).append(row.path)
        return found

    def paths(self, modality: str | None = None) -> list[Path]:
        """Return the files, or those of one modality.

        Raises
        ------
        UsageError
            If the study has no such modality.
        """
        found = [row.path for row in self._rows if modality in (None, row.modality)]
        if not found:
            raise UsageError(
                f"The study {self.name} has no file of modality {modality}.",
                remedy=f"It has {', '.join(self.modalities)}.",
            )
        return found

    def datasets(self, modality: str | None = None) -> list[Dataset]:
        """Read the files (of one modality), pixels not decoded yet."""
        return [dcmread(path) for path in self.paths(modality)]

    def picture_paths(self) -> list[Path]:
        """Return the files of the series with the most pictures.

        Raises
        ------
        UsageError
            If no object of the study has pixels.
        """
        series: dict[str, list[Path]] = {}
        for row in self._rows:
            if row.picture:
                series.setdefault(row.series, []).append(row.path)
        if not series:
            raise UsageError(
                f"The study {self.name} has no pictures.", remedy="Use one with images: lab.use()"
            )
        return max(series.values(), key=len)

    def pictures(self) -> list[Dataset]:
        """Read the series with the most pictures, in order of Instance Number."""
        return [dcmread(path) for path in self.picture_paths()]

    def inside(self, row: int, column: int) -> tuple[int, int]:
        """Return this pixel if the pictures are so large, or else the one in their middle."""
        ds = dcmread(self.picture_paths()[0], stop_before_pixels=True)
        rows, columns = int(ds.Rows), int(ds.Columns)
        inside = row < rows and column < columns
        return (row, column) if inside else (rows // 2, columns // 2)

    def near(self, index: int) -> int:
        """Return `index` if the series of `pictures` is so long, or else its middle."""
        count = len(self.picture_paths())
        return index if index < count else count // 2


def of_sample(sample: SampleStudy) -> Study:
    """Make the study of a sample."""
    return Study(
        sample.slug, False, sample.study_uid, sample.patient_id, sample.accession,
        sample.modalities, list(sample.files), rows(sample.files),
    )  # fmt: skip


def of_entry(entry: OwnEntry, index: Index, found: Sequence[Row] | None = None) -> Study:
    """Make the study of an own one."""
    listed = list(found if found is not None else rows(index.files(entry.name)))
    return Study(
        entry.name, True, entry.StudyInstanceUID, entry.PatientID, entry.AccessionNumber,
        entry.modalities, [row.path for row in listed], listed,
    )  # fmt: skip
