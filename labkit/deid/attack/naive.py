"""De-identifiers that do too little: each attack has to get through one of them.

An attack that nothing can fail proves nothing about a de-identifier that passes it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid

from labkit.deid.attack.model import parts


def copy(source: Path, out: Path) -> None:
    """Do nothing."""
    shutil.copytree(source, out, dirs_exist_ok=True)


def naive(source: Path, out: Path) -> None:
    """Blank Patient's Name, as scripts on the web do; the rest is copied byte for byte."""
    copy(source, out)
    for path in _images(out):
        ds = dcmread(path, force=True)
        if "PatientName" in ds:
            ds.PatientName = ""
            _save(ds, path)


#: Days that `hashing` takes from every date of everybody.
SHIFT_DAYS = 31


def hashing(source: Path, out: Path) -> None:
    """Hash identifiers without a key, and shift all dates by the same days."""
    copy(source, out)
    for path in _images(out):
        ds = dcmread(path, force=True)
        if path.name == "DICOMDIR":
            path.unlink()
            continue
        for part in parts(ds):
            _hash(part)
        ds.PatientName = ""
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        _save(ds, path)


def _save(ds: Dataset, path: Path) -> None:
    """Write it; what cannot be written stays as it was, which is what such scripts do."""
    before = path.read_bytes()
    try:
        ds.save_as(path, enforce_file_format=False)
    except (TypeError, ValueError):
        path.write_bytes(before)


def _hash(part: Dataset) -> None:
    for element in part:
        if element.tag == 0x00100020 and element.value:
            known = hashlib.sha256(str(element.value).encode(), usedforsecurity=False)
            element.value = known.hexdigest()[:32]
        elif element.VR == "UI" and isinstance(element.value, UID):
            if element.value.startswith("2.999."):
                element.value = generate_uid(entropy_srcs=[str(element.value)])
        elif element.VR == "DA" and element.value:
            text = str(element.value)
            day = date(int(text[:4]), int(text[4:6]), int(text[6:8])) - timedelta(days=SHIFT_DAYS)
            element.value = day.strftime("%Y%m%d")


def _images(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix != ".json"]


NAIVE: dict[str, Callable[[Path, Path], None]] = {"copy": copy, "naive": naive, "hashing": hashing}
"""By the name that `Attack.proof` has."""
