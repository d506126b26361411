"""Whether a piece of evidence is from this lab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.lab.faults.evidence import values_of
from labkit.lab.logtext import stable
from labkit.lab.settings import MODALITIES

if TYPE_CHECKING:
    from labkit.lab.enterprise import Enterprise


class Witness:
    """Compares evidence with what the lab itself recorded.

    Parameters
    ----------
    enterprise
        The lab.
    since
        When the case was opened, ISO 8601 in UTC.
    """

    def __init__(self, enterprise: Enterprise, since: str) -> None:
        self._enterprise, self._since = enterprise, since

    def knows(self, piece: dict[str, Any]) -> bool:
        """Whether the lab knows this piece of evidence."""
        kind = piece.get("kind")
        if kind == "log":
            return self._logged(str(piece.get("line", "")))
        if kind == "trace":
            return self._ours(piece.get("trace", {}))
        if kind == "data set":
            return self._held(piece.get("values", {}))
        return kind == "work" and self._done(piece.get("steps", []))

    def _logged(self, line: str) -> bool:
        """A line of a log, with its time or in the form in which notebooks show it."""
        names = (*self._enterprise.addresses(), *MODALITIES)
        for name in names:
            lines = self._enterprise.log(name)["lines"]
            if line in lines or stable(line) in map(stable, lines):
                return True
        return False

    def _ours(self, trace: dict[str, Any]) -> bool:
        """An association with one of the nodes, since the case was opened."""
        try:
            port, started = trace["acceptor"]["port"], str(trace["started"])
        except (KeyError, TypeError):
            return False
        ports = {address.port for address in self._enterprise.addresses().values()}
        recorded = any(
            seen["requestor"] == trace.get("requestor") and seen["started"] >= self._since
            for name in self._enterprise.addresses()
            for seen in self._enterprise.traces(name)
        )
        return recorded or (port in ports and started >= self._since)

    def _held(self, values: dict[str, str]) -> bool:
        """An object that a node holds, or what a query says of it."""
        wanted = {key: value for key, value in values.items() if value}
        if "SOPInstanceUID" not in wanted:  # an answer has a character set of its own
            wanted.pop("SpecificCharacterSet", None)
        if not {"StudyInstanceUID", "SOPInstanceUID", "PatientID"} & set(wanted):
            return False
        for archive in self._enterprise.cast.archives.values():
            for stored in archive.stored():
                entry = stored.entry
                if entry.study_instance_uid != wanted.get(
                    "StudyInstanceUID", entry.study_instance_uid
                ):
                    continue
                held = values_of(stored.dataset())
                if all(held.get(key, "") == value for key, value in wanted.items()):
                    return True
        return False

    def _done(self, steps: list[Any]) -> bool:
        return self._enterprise.floor.did(steps)
