"""The worklist: what is scheduled, for whom, where and when (PS3.4 Annex K)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.pacs.datasets import DatasetFolder

_SOP_CLASS = "1.2.840.10008.5.1.4.31"
_DONE = ("COMPLETED", "DISCONTINUED")


class Worklist:
    """Scheduled procedure steps, one file an order.

    Parameters
    ----------
    folder
        ``*.wl`` files, DICOM Part 10 with the attributes of PS3.3 C.4.10 to C.4.15. One that is put
        there by hand is listed too.
    """

    def __init__(self, folder: Path) -> None:
        self._files = DatasetFolder(folder, ".wl")

    def add(self, ds: Dataset) -> None:
        """Schedule a step; one with the same step ID and study is replaced.

        Raises
        ------
        DataError
            It has no Scheduled Procedure Step Sequence with a step ID, or no Study Instance UID.
        """
        steps = _steps(ds)
        study = str(ds.get("StudyInstanceUID") or "")
        if len(steps) != 1 or not steps[0].get("ScheduledProcedureStepID") or not study:
            raise DataError(
                "a worklist entry has one scheduled step with an ID, and a Study Instance UID",
                remedy="Fill in (0040,0100), (0040,0009) within it, and (0020,000D).",
            )
        name = f"{study}-{steps[0].ScheduledProcedureStepID}"
        self._files.put(name, ds, _SOP_CLASS, study)

    def get(self, step_id: str, study_instance_uid: str) -> Dataset | None:
        """A step, whatever its status; ``None`` if there is none."""
        return self._files.get(f"{study_instance_uid}-{step_id}")

    def remove(self, step_id: str, study_instance_uid: str) -> None:
        """Take a step off the list."""
        self._files.remove(f"{study_instance_uid}-{step_id}")

    def entries(self) -> list[Dataset]:
        """Everything scheduled, also what is being performed; not what is done."""
        return [ds for ds in self._files.all() if _status(ds) not in _DONE]

    def amend(self, change: Callable[[Dataset], bool]) -> int:
        """Have `change` look at each step that is not done; keep those it changes, and count them.

        Whatever a subclass lists them as, these are the steps as they were ordered.
        """
        with self._files.lock:
            steps = [Dataset(ds) for ds in Worklist.entries(self)]
            changed = [ds for ds in steps if change(ds)]
            for ds in changed:
                self.add(ds)
            return len(changed)

    def set_status(self, step_id: str, study_instance_uid: str, status: str) -> bool:
        """Set Scheduled Procedure Step Status (0040,0020); whether there was such a step."""
        with self._files.lock:
            ds = self._files.get(f"{study_instance_uid}-{step_id}")
            if ds is None:
                return False
            ds.ScheduledProcedureStepSequence[0].ScheduledProcedureStepStatus = status
            self.add(ds)
            return True

    def replace(self, entries: Iterable[Dataset]) -> None:
        """Have these entries and no others."""
        with self._files.lock:
            self._files.clear()
            for ds in entries:
                self.add(ds)


def _status(ds: Dataset) -> str:
    steps = _steps(ds)
    return str(steps[0].get("ScheduledProcedureStepStatus") or "") if steps else ""


def _steps(ds: Dataset) -> list[Dataset]:
    return list(ds.get("ScheduledProcedureStepSequence") or [])
