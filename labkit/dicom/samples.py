"""The patient stories in ``sample_data/``, and pydicom's own real files.

>>> study = sample("ct-head")
>>> study.accession
'NG2600101'
>>> len(study.paths("CT"))
40

Nothing is downloaded: the stories lie in the repository, the real files in pydicom's wheel.
"""

from __future__ import annotations

import difflib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.data.data_manager import DATA_ROOT

from labkit.common.errors import DataError, UsageError

_HERE = Path(__file__).resolve()
#: A clone has it beside ``labkit/``; an installed wheel inside it.
_PLACES = (_HERE.parents[2] / "sample_data", _HERE.parents[1] / "sample_data")


#: Names another folder of the same form: a workshop's answers are marked on other data.
VARIABLE = "LABKIT_SAMPLES"


@dataclass(frozen=True)
class SamplePatient:
    """One person as one site registered them. The ID is unique only together with its issuer.

    Attributes
    ----------
    birth_date
        DA, ``YYYYMMDD``.
    sex
        ``"F"``, ``"M"`` or ``"O"`` (PS3.3 C.7.1.1).
    same_person_as
        Slug of the same person's registration at another site, or ``""``.
    """

    slug: str
    name: str
    patient_id: str
    issuer: str
    site: str
    sex: str
    birth_date: str
    same_person_as: str
    story: str


@dataclass(frozen=True)
class SampleStudy:
    """One study of the stories.

    Attributes
    ----------
    slug
        Its name in lessons: ``"ct-head"``.
    patient
        Slug of the patient, see `patients`.
    preloaded_in
        AE titles of the archives that hold it in a new lab. Empty: yours to send.
    broken
        What is wrong on purpose, or ``""``.
    files
        Part 10 files, in series and instance order.
    """

    slug: str
    title: str
    shows: str
    patient: str
    patient_id: str
    issuer: str
    patient_name: str
    site: str
    accession: str
    study_uid: str
    date: str
    description: str
    modalities: tuple[str, ...]
    preloaded_in: tuple[str, ...]
    broken: str
    files: list[Path] = field(repr=False)
    _modality_of: dict[Path, str] = field(repr=False, compare=False)

    def paths(self, modality: str | None = None) -> list[Path]:
        """Return the files, or those of one modality: ``paths("SEG")``.

        Raises
        ------
        UsageError
            If the study has no such modality.
        """
        found = [p for p in self.files if modality in (None, self._modality_of[p])]
        if not found:
            raise UsageError(
                f"the study {self.slug} has no file of modality {modality}",
                remedy=f"it has {', '.join(self.modalities)}",
            )
        return found

    def datasets(self, modality: str | None = None) -> list[Dataset]:
        """Read the files (of one modality) and return them as data sets, pixels not decoded yet."""
        return [dcmread(p) for p in self.paths(modality)]


@dataclass(frozen=True)
class SampleOrder:
    """One scheduled procedure step, as the RIS would tell a modality."""

    slug: str
    patient: str
    study: str
    charset: str
    json: dict[str, Any] = field(repr=False)

    def dataset(self) -> Dataset:
        """Return a new worklist item (PS3.4 Table K.6-1)."""
        return Dataset.from_json(self.json)


def folder() -> Path:
    """Return the folder of the sample data, or the one that ``LABKIT_SAMPLES`` names.

    Raises
    ------
    DataError
        If it is not there.
    """
    named = os.environ.get(VARIABLE)
    for place in (Path(named),) if named else _PLACES:
        if (place / "manifest.json").is_file():
            return place
    raise DataError(
        "the sample data are not where they should be",
        remedy=f"there is no manifest.json in {named}: unset {VARIABLE}"
        if named
        else "run from a clone of the repository, or make them: python -m labkit.dicom.stories",
    )


def manifest() -> dict[str, Any]:
    """Return ``sample_data/manifest.json``."""
    loaded: dict[str, Any] = json.loads((folder() / "manifest.json").read_text(encoding="utf-8"))
    return loaded


def patients() -> list[SamplePatient]:
    """Return the cast, each person once for each site that knows them."""
    return [SamplePatient(**entry) for entry in manifest()["patients"]]


def studies() -> list[SampleStudy]:
    """Return all studies of the stories."""
    everything, base = manifest(), folder()
    return [_study(entry, everything["files"], base) for entry in everything["studies"]]


def sample(slug: str) -> SampleStudy:
    """Return one study by its slug.

    Raises
    ------
    UsageError
        If there is none of that name; says which names are close.
    """
    found = {study.slug: study for study in studies()}
    return found[_known(slug, list(found), "study")]


def orders() -> list[SampleOrder]:
    """Return the worklist: what is ordered and not yet done."""
    return [SampleOrder(json=entry.pop("dataset"), **entry) for entry in manifest()["orders"]]


def real_files() -> dict[str, Path]:
    """Return the DICOM files that come with pydicom, by short name: ``real_files()["CT_small"]``.

    They are from real devices (or made to test readers), already de-identified, under pydicom's
    licence. Only files with a preamble (PS3.10 7.1) that lie in the wheel are listed.
    """
    # Not get_testdata_files(): it tries to download what the wheel does not hold.
    places = [Path(DATA_ROOT) / "test_files", Path(DATA_ROOT) / "charset_files"]
    paths = sorted(path for place in places for path in place.glob("*.dcm"))
    return {path.stem: path for path in paths if _part10(path)}


def real_file(name: str) -> Path:
    """Return one of `real_files` by its short name, or say which names are close."""
    found = real_files()
    return found[_known(name, list(found), "real file")]


def _study(entry: dict[str, Any], files: dict[str, Any], base: Path) -> SampleStudy:
    paths = {base / name: str(files[name]["modality"]) for name in entry["files"]}
    lists = {key: tuple(entry[key]) for key in ("modalities", "preloaded_in")}
    return SampleStudy(**{**entry, **lists, "files": list(paths)}, _modality_of=paths)


def _known(name: str, names: list[str], kind: str) -> str:
    if name in names:
        return name
    close = difflib.get_close_matches(str(name), names, n=4, cutoff=0.4) or sorted(names)
    raise UsageError(
        f"there is no {kind} called {name!r}", remedy=f"did you mean {', '.join(close)}?"
    )


def _part10(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"
