"""What has been decided about an archive's objects, apart from the objects themselves."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.filereader import dcmread

from labkit.pacs.corrections import Correction, Corrections
from labkit.pacs.entering import Arrival
from labkit.pacs.header import Header, read_header
from labkit.pacs.index import Index
from labkit.pacs.objects import ObjectStore
from labkit.pacs.part10 import read_data_set, read_file_meta, read_object
from labkit.pacs.rejections import Rejection, Rejections


class Decisions:
    """Corrections and rejections, kept beside the objects: the bytes received stay as they are.

    Parameters
    ----------
    root
        The archive's folder.
    """

    def __init__(self, root: Path) -> None:
        self.corrections = Corrections(root / "corrections.jsonl")
        self.rejections = Rejections(root / "rejections.jsonl")

    def seen(self, header: Header) -> Header | None:
        """The header that the index is to have of an object; ``None`` if it is hidden."""
        if header["SOPInstanceUID"] in self.rejections:
            return None
        return self.corrections.header(header) if len(self.corrections) else header

    def correct(self, correction: Correction, index: Index, objects: ObjectStore) -> list[str]:
        """Add a correction and enter anew what it changes; the SOP Instance UIDs of that."""
        found = [e for e in index.entries() if e.patient_id == correction.patient_id]
        headers = []
        for entry in found:
            meta, data = read_object(objects.path(entry.sop_instance_uid))
            headers.append(read_header(data, meta.transfer_syntax))
        before = [self.seen(header) for header in headers]
        self.corrections.add(correction)
        changed = [
            (entry.number, Arrival(after, entry.transfer_syntax, entry.size, entry.source))
            for entry, header, was in zip(found, headers, before, strict=True)
            if (after := self.seen(header)) is not None and after != was
        ]
        index.replace(changed)
        return [arrival.header["SOPInstanceUID"] for _, arrival in changed]

    def reject(self, rejection: Rejection, index: Index) -> list[str]:
        """Add a rejection and take what it hides out of the index; the UIDs that were in it."""
        hidden = [uid for uid in self.rejections.add(rejection) if index.find(uid)]
        for uid in hidden:
            index.remove(uid)
        return hidden

    def amend(self, ds: Dataset) -> bool:
        """Correct a data set that goes out; whether anything was to be corrected."""
        return self.corrections.amend(ds)

    def outgoing(self, path: Path) -> memoryview:
        """The encoded data set of a stored object as it goes out, in its transfer syntax."""
        if len(self.corrections):
            ds = dcmread(path)
            if self.amend(ds):
                file = BytesIO()
                ds.save_as(file)
                file.seek(0)
                read_file_meta(file)
                return memoryview(file.read())
        return read_data_set(path)

    def copy_to(self, folder: Path) -> None:
        """Write a copy into a folder."""
        for part in (self.corrections, self.rejections):
            part.journal.copy_to(folder / part.journal.path.name)

    def copy_from(self, folder: Path) -> None:
        """Become what was copied into a folder."""
        for part in (self.corrections, self.rejections):
            part.journal.copy_from(folder / part.journal.path.name)
            part.reload()
