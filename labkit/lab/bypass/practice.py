"""A small hospital for lessons: put a Consent into it, and see which doors it opens and shuts."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.dimse import find, identifier, move
from labkit.lab.bypass.doors import Doors, Known
from labkit.lab.bypass.house import house

_ANY = "multipart/related; type=*/*; transfer-syntax=*"


@dataclass(frozen=True)
class Door:
    """A door, and whether it gave something of the study.

    Attributes
    ----------
    name
        Of the service.
    opened
        Whether anything came.
    reason
        What the consents say; only an administrator gets to read it.
    """

    name: str
    opened: bool
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"door": self.name, "open": self.opened, "reason": self.reason}


class Tries(list[Door]):
    """The doors in their order; printed as a table."""

    def __repr__(self) -> str:
        width = max((len(door.name) for door in self), default=0)
        lines = [
            f"{door.name:<{width}}  {'open' if door.opened else 'shut'}  {door.reason}"
            for door in self
        ]
        return "\n".join(lines)


class Hospital:
    """An archive with DICOMweb, an old PACS behind a façade, and a FHIR server, in this process.

    The patient is quillfeather, with the studies ``ct-head`` and ``mr-brain``. Whoever asks is
    ``Practitioner/eve``. The patient has agreed to everything until a Consent says otherwise.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="labkit-hospital-"))
        self.at: Doors = self._stack.enter_context(house(Path(folder) / "house"))
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "Hospital: FHIR, QIDO-RS, WADO-RS, façade, C-FIND, C-MOVE; asked by Practitioner/eve"

    def close(self) -> None:
        """Stop every service."""
        self._stack.close()

    def ask(self, consent: Mapping[str, Any] | None = None) -> Tries:
        """Put a Consent in the place of the one there is, and try each door for the study ct-head.

        Without one, whatever is in force stays.
        """
        with self._lock:
            if consent is not None:
                self.at.put({**consent, "id": "bypass"})
            return Tries(self._try(*each) for each in _DOORS)

    def _try(
        self, name: str, tries: Callable[[Doors, Known], bool], action: str, fhir: str
    ) -> Door:
        target = self.at.target
        about = {"PatientID": target.patient_id, "StudyInstanceUID": target.study}
        if fhir:
            kind, id_ = fhir.format(target.fhir_id).split("/")
            about = {"resourceType": kind, "id": id_, "patient": f"Patient/{target.patient}"}
        elif action == "C-MOVE":
            about["destination"] = self.at.ae_title
        return Door(name, tries(self.at, target), self.at.why(action, about).reason)


def _pixels(d: Doors, base: str, known: Known) -> bool:
    return d.get(f"{base}{known.path}/frames/1", Accept=_ANY).status_code == 200


_DOORS: tuple[tuple[str, Callable[[Doors, Known], bool], str, str], ...] = (
    ("FHIR ImagingStudy", lambda d, k: d.get(
        f"{d.fhir}/ImagingStudy/{k.fhir_id}").status_code == 200, "read", "ImagingStudy/{0}"),
    ("FHIR DiagnosticReport", lambda d, k: d.get(
        f"{d.fhir}/DiagnosticReport/report-{k.fhir_id}").status_code == 200, "read",
        "DiagnosticReport/report-{0}"),
    ("QIDO-RS", lambda d, k: d.get(
        f"{d.web}/studies?StudyInstanceUID={k.study}").status_code == 200, "search", ""),
    ("WADO-RS", lambda d, k: _pixels(d, d.web, k), "read", ""),
    ("façade", lambda d, k: _pixels(d, d.facade, k), "read", ""),
    ("C-FIND", lambda d, k: len(find(d.archive, identifier(
        "STUDY", StudyInstanceUID=k.study))) > 0, "C-FIND", ""),
    ("C-MOVE", lambda d, k: move(d.archive, identifier(
        "IMAGE", StudyInstanceUID=k.study, SeriesInstanceUID=k.series, SOPInstanceUID=k.instance,
        ), d.ae_title).completed > 0, "C-MOVE", ""),
)  # fmt: skip
