"""Orthanc's REST API, as far as its administrator needs it here."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import dcmread

from labkit.lab.containers.admin import Admin
from labkit.lab.containers.mirror import Kept
from labkit.pacs.corrections import KEYWORDS, Correction, set_and_record

USER = "labkit"
"""By this name the lab's process, and nobody else, is known to a guarded Orthanc."""
_PAGE = 1000


class Orthanc(Admin):
    """One Orthanc; `url` is the base of its REST API.

    Parameters
    ----------
    password
        Of the user `USER`, where it lets nobody else in; ``""`` where it is open.
    """

    maker = "Orthanc"

    def __init__(self, name: str, url: str, password: str = "") -> None:
        super().__init__(name, url, auth=(USER, password) if password else None)
        self._came: dict[str, int] = {}  # Orthanc's identifier to the number of its last arrival
        self._seen = 0
        self._picture: tuple[Any, ...] = ()
        self._kept: list[Kept] = []
        self._taken: list[str] = []  # another lab may have left it with other ones

    def kept(self) -> list[Kept]:
        """Everything that it holds, in the order received."""
        self._changes()
        counts = self._get("/statistics")
        picture = (self._seen, counts["CountInstances"], counts["TotalDiskSize"])
        if picture != self._picture:
            instances = self._get("/instances?expand")
            kept = [
                Kept(
                    f"{item['ID']}:{item['FileUuid']}",
                    self._came.get(item["ID"], 0),
                    item["MainDicomTags"]["SOPInstanceUID"],
                )
                for item in instances
            ]
            self._kept = sorted(kept, key=lambda item: item.number)
            self._picture = picture
        return self._kept

    def _changes(self) -> None:
        """Read on in its journal: what came, in the order in which it came."""
        while True:
            page = self._get(f"/changes?since={self._seen}&limit={_PAGE}")
            for change in page["Changes"]:
                if change["ChangeType"] == "NewInstance":
                    self._came[change["ID"]] = change["Seq"]
            self._seen = page["Last"]
            if page["Done"]:
                return

    def read(self, key: str) -> bytes:
        """One object, a Part 10 file."""
        return self._file(key.partition(":")[0])

    def remove(self, key: str) -> None:
        """Delete it."""
        self.ask("DELETE", f"/instances/{key.partition(':')[0]}")

    def clear(self) -> None:
        """Delete everything."""
        for patient in self._get("/patients"):
            self.ask("DELETE", f"/patients/{patient}")
        self._picture = ()

    def fill(self, files: Iterable[Path]) -> None:
        """Have it take Part 10 files, in one request: it unpacks a ZIP itself."""
        paths = list(files)
        if not paths:
            return
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for number, path in enumerate(paths):
                archive.write(path, f"{number:06d}.dcm")
        self.ask("POST", "/instances", content=packed.getvalue())

    def correct(self, correction: Correction) -> None:
        """Put the corrected object in the place of each of a patient; UIDs stay (IHE PIR).

        ``/studies/{id}/modify`` would do it, but not where ``OverwriteInstances`` is off: Orthanc
        then drops what it has modified, as it drops every second object of a UID. And it knows a
        patient by the first object that came, so all have to go before the first comes back.
        """
        corrected: dict[str, bytes] = {}
        for instance in self._of(correction.patient_id):
            ds = dcmread(BytesIO(self._file(instance)))
            changes = correction.changes({k: str(ds.get(k) or "") for k in KEYWORDS})
            if not changes:
                continue
            set_and_record(
                ds, changes, at=correction.at, system=correction.system, reason=correction.reason
            )
            file = BytesIO()
            ds.save_as(file, enforce_file_format=True)
            corrected[instance] = file.getvalue()
        for instance in corrected:
            self.ask("DELETE", f"/instances/{instance}")
        for data in corrected.values():
            self.ask("POST", "/instances", content=data)

    def _of(self, patient_id: str) -> list[str]:
        """Orthanc's identifiers of all instances under a Patient ID."""
        found = []
        for patient in self._get("/patients?expand"):
            if patient["MainDicomTags"].get("PatientID") == patient_id:
                found += [row["ID"] for row in self._get(f"/patients/{patient['ID']}/instances")]
        return found

    def know(self, destinations: Mapping[str, tuple[str, int]]) -> None:
        """Have it know these C-MOVE destinations, and no others."""
        for name in self._get("/modalities"):
            if name not in destinations:
                self.ask("DELETE", f"/modalities/{name}")
        for ae_title, (host, port) in destinations.items():
            body = {"AET": ae_title, "Host": host, "Port": port}
            self.ask("PUT", f"/modalities/{ae_title}", json=body)

    def take(self, transfer_syntaxes: Iterable[str] | None) -> None:
        """Have it take these transfer syntaxes and no others; ``None`` for all that it knows."""
        wanted = ["*"] if transfer_syntaxes is None else sorted(transfer_syntaxes)
        if wanted != self._taken:
            self.ask("PUT", "/tools/accepted-transfer-syntaxes", json=wanted)
            self._taken = wanted

    def version(self) -> str:
        """Which Orthanc it is: ``"1.12.7"``."""
        return str(self._get("/system")["Version"]).partition("+")[0]

    def _file(self, instance: str) -> bytes:
        return self.ask("GET", f"/instances/{instance}/file").content

    def _get(self, path: str) -> Any:
        return self.ask("GET", path).json()
