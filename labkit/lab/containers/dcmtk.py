"""DCMTK's servers, by the small keeper that runs beside each of them in its container."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pynetdicom.sop_class import ModalityWorklistInformationFind

from labkit.lab.containers.admin import Admin
from labkit.lab.containers.mirror import Kept
from labkit.lab.managed import StationWorklist
from labkit.pacs.corrections import Correction
from labkit.pacs.datasets import part10

if TYPE_CHECKING:
    from pydicom import Dataset


class Keeper(Admin):
    """The keeper of one server: its files, its table of hosts, its log."""

    maker = "DCMTK"

    def kept(self) -> list[Kept]:
        """Everything that it holds, in the order received."""
        rows = self.ask("GET", "/objects").json()
        return [Kept(f"{row['name']}:{row['number']}", row["number"]) for row in rows]

    def read(self, key: str) -> bytes:
        """One object, a Part 10 file."""
        return self.ask("GET", f"/objects/{_name(key)}").content

    def remove(self, key: str) -> None:
        """Delete it."""
        self.ask("DELETE", f"/objects/{_name(key)}")

    def clear(self) -> None:
        """Delete everything."""
        self.ask("DELETE", "/objects")

    def fill(self, files: Iterable[Path]) -> None:
        """Have it take Part 10 files."""
        for path in files:
            self.put(path.name, path.read_bytes())

    def put(self, name: str, data: bytes) -> None:
        """Have it take one file under this name."""
        self.ask("PUT", f"/objects/{name}", content=data)

    def correct(self, correction: Correction) -> None:
        """Nothing: dcmqrscp has no means to change what it holds."""

    def know(self, destinations: Mapping[str, tuple[str, int]]) -> None:
        """Have it know these C-MOVE destinations, and no others."""
        self.ask("PUT", "/hosts", json={ae: list(at) for ae, at in destinations.items()})

    def version(self) -> str:
        """Which DCMTK it is: ``"3.6.9"``."""
        return str(self.ask("GET", "/health").json()["version"])


def _name(key: str) -> str:
    return key.partition(":")[0]


class ServedWorklist(StationWorklist):
    """A worklist whose steps a wlmscpfs lists: each change is written into its folder too.

    Parameters
    ----------
    folder
        Ours; what is listed is made from it.
    keeper
        Of wlmscpfs.
    """

    def __init__(self, folder: Path, keeper: Keeper) -> None:
        super().__init__(folder)
        self._keeper = keeper
        self._served: dict[str, bytes] | None = None  # None: who knows what lies there
        self._waiting = 0

    def add(self, ds: Dataset) -> None:
        """Schedule a step."""
        super().add(ds)
        self.serve()

    def remove(self, step_id: str, study_instance_uid: str) -> None:
        """Take a step off the list."""
        super().remove(step_id, study_instance_uid)
        self.serve()

    def replace(self, entries: Iterable[Dataset]) -> None:
        """Have these entries and no others."""
        with self._files.lock:
            self._waiting += 1
            try:
                super().replace(entries)
            finally:
                self._waiting -= 1
            self.serve()

    def list_under(self, stations: Mapping[str, str]) -> None:
        """List the steps of some stations under other AE titles."""
        super().list_under(stations)
        self.serve()

    def serve(self) -> None:
        """Have wlmscpfs list what is scheduled now."""
        with self._files.lock:
            if self._waiting:
                return
            wanted = {}
            for ds in self.entries():
                study, step = str(ds.StudyInstanceUID), ds.ScheduledProcedureStepSequence[0]
                name = f"{study}-{step.ScheduledProcedureStepID}.wl"
                wanted[name] = part10(ds, ModalityWorklistInformationFind, study)
            if self._served is None:
                self._keeper.clear()
            before = self._served or {}
            for name in before.keys() - wanted.keys():
                self._keeper.remove(name)
            for name, data in wanted.items():
                if before.get(name) != data:
                    self._keeper.put(name, data)
            self._served = wanted
