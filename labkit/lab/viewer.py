"""A workstation at work: a click on a study, and the C-FINDs and the C-MOVE behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.common.errors import LabkitError
from labkit.dimse import find, identifier, move
from labkit.lab.performed import Performed, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labkit.dimse import AssociationTrace, Peer

TIMEOUT = 5.0


@dataclass
class Viewer:
    """The workstation WORKSTN with its settings of this moment.

    Parameters
    ----------
    archive
        Where it looks.
    settings
        All of its settings.
    """

    archive: Peer
    settings: Mapping[str, Any]
    _steps: list[Step] = field(default_factory=list, init=False)
    _traces: list[AssociationTrace] = field(default_factory=list, init=False)
    _uids: list[str] = field(default_factory=list, init=False)

    def open(self, **keys: str) -> Performed:
        """Find studies by their keys, then their series, and have each sent here.

        Parameters
        ----------
        keys
            Of the study level: ``AccessionNumber="NG2600106"``.
        """
        asked = ", ".join(f"{key}={value}" for key, value in keys.items())
        wanted = identifier("STUDY", **{"StudyInstanceUID": None, "PatientID": None, **keys})
        studies = self._ask("studies", wanted)
        for study in studies or ():
            above = {"StudyInstanceUID": study.StudyInstanceUID}
            if self.settings["retrieve_keys"] == "lowest":
                above = {}
            series = self._ask(
                "series", identifier("SERIES", SeriesInstanceUID=None, Modality=None, **above)
            )
            for each in series or ():
                uids = {"SeriesInstanceUID": each.SeriesInstanceUID, **above}
                self._retrieve(identifier("SERIES", **uids))
        return Performed(f"WORKSTN: {asked}", self._steps, keys, self._uids, self._traces)

    def _ask(self, name: str, wanted: Any) -> Any:
        found = self._try(name, lambda: find(self.archive, wanted, **self._calling()))
        if found is None:
            return None
        self._traces.append(found.trace)
        ok = bool(found.status) and len(found) > 0
        count = len(found)
        self._steps.append(
            Step(name, ok, f"C-FIND: {count} found, {found.status}", found.status.code)
        )
        return found

    def _retrieve(self, wanted: Any) -> None:
        destination = self.settings["ae_title"]
        done = self._try(
            "retrieve", lambda: move(self.archive, wanted, destination, **self._calling())
        )
        if done is None:
            return
        self._traces.append(done.trace)
        self._steps.append(
            Step(
                "retrieve", bool(done.status) and not done.failed,
                f"C-MOVE: {done.completed} completed, {done.failed} failed, {done.status}",
                done.status.code,
            )
        )  # fmt: skip

    def _calling(self) -> dict[str, Any]:
        return {"ae_title": self.settings["ae_title"], "timeout": TIMEOUT}

    def _try(self, name: str, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except LabkitError as error:
            trace = getattr(error, "trace", None)
            self._traces.extend([trace] if trace is not None else [])
            self._steps.append(Step(name, False, error.message))
            return None
