"""Performed procedure steps: what a modality says it did (PS3.4 F.7)."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset

from labkit.pacs.datasets import DatasetFolder

SOP_CLASS = "1.2.840.10008.3.1.2.3.3"
IN_PROGRESS = "IN PROGRESS"
FINAL = ("COMPLETED", "DISCONTINUED")


class MppsStore:
    """Performed procedure steps by SOP Instance UID.

    Parameters
    ----------
    folder
        One Part 10 file a step.
    """

    def __init__(self, folder: Path) -> None:
        self._files = DatasetFolder(folder)
        self.lock = self._files.lock

    def get(self, sop_instance_uid: str) -> Dataset | None:
        """A step by its UID."""
        return self._files.get(sop_instance_uid)

    def put(self, sop_instance_uid: str, ds: Dataset) -> None:
        """Keep a step, durably."""
        self._files.put(sop_instance_uid, ds, SOP_CLASS, sop_instance_uid)

    def steps(self) -> list[Dataset]:
        """All steps."""
        return self._files.all()

    def clear(self) -> None:
        """Forget them all."""
        self._files.clear()
