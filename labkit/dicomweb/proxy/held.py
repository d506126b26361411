"""An object of the cache, as the routes read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from pydicom.dataset import Dataset, FileDataset
from pydicom.filereader import dcmread

from labkit.common.errors import LabError
from labkit.dicom.reading import PARSE_ERRORS
from labkit.dicom.transcode import encoded
from labkit.dicomweb.source import Place

Hook = Callable[[Dataset], Dataset]
"""Changes a data set before it leaves; may change it in place. It keeps the four UIDs."""
_FIXED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")


@dataclass(frozen=True)
class HeldInstance:
    """Implements `labkit.dicomweb.source.Instance`.

    Attributes
    ----------
    place, sop_class_uid, transfer_syntax
        What it is.
    patient_id
        As the PACS has it now, whatever the object says.
    read
        Opens its file, fetching it again where it has gone meanwhile.
    hooks
        What changes it before it leaves.
    """

    place: Place
    sop_class_uid: str
    transfer_syntax: str
    patient_id: str
    read: Callable[[Place], BinaryIO]
    hooks: Sequence[Hook] = ()
    modified: float = 0.0  # DIMSE does not tell when it was stored

    def open(self) -> BinaryIO:
        """Open it as a Part 10 file."""
        file = self.read(self.place)
        if not self.hooks:
            return file
        with file:
            return BytesIO(encoded(through(self.hooks, dcmread(file))))


def through(hooks: Sequence[Hook], ds: Dataset) -> Dataset:
    """Pass a data set through the hooks.

    Raises
    ------
    LabError
        One failed, or changed what the object is; then nothing leaves.
    """
    if not hooks:
        return ds
    before = [str(ds.get(keyword) or "") for keyword in _FIXED]
    meta = getattr(ds, "file_meta", None)
    for hook in hooks:
        try:
            ds = hook(ds)
        except Exception as error:
            raise LabError(
                f"a hook of the façade failed ({type(error).__name__})",
                remedy="Nothing was sent. Its log says what the hook could not do.",
            ) from error
        if not isinstance(ds, Dataset):
            raise LabError("a hook of the façade gave no data set", remedy="Have it return one.")
    if [str(ds.get(keyword) or "") for keyword in _FIXED] != before:
        raise LabError(
            "a hook of the façade changed a UID",
            remedy="Clients ask by these UIDs: have the hook keep them.",
        )
    if meta is not None and not isinstance(ds, FileDataset):
        ds.file_meta = meta
    return ds


UNREADABLE = PARSE_ERRORS
