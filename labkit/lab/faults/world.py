"""What a fault may touch, and what can be seen of the enterprise by those who judge a repair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom import Dataset

from labkit.common.serving import HOST
from labkit.dimse import find, identifier
from labkit.lab import images
from labkit.lab.faults.holder import Holder
from labkit.lab.faults.model import Trial

if TYPE_CHECKING:
    from labkit.lab.cast import Cast
    from labkit.lab.floor import Floor
    from labkit.lab.performed import Performed


class World:
    """The enterprise as faults see it.

    Parameters
    ----------
    floor, cast
        Of the lab.
    """

    def __init__(self, floor: Floor, cast: Cast) -> None:
        self.floor: Floor = floor
        self.cast: Cast = cast
        self.holders: list[Holder] = []

    @property
    def closed_port(self) -> int:
        """A port where nothing listens."""
        return self.cast.closed_port

    @property
    def wrong(self) -> list[list[Any]]:
        """Modality, number of the examination and UID of each object that a fault has sent."""
        found: list[list[Any]] = self.floor.state.get("wrong", [])
        return found

    def send_wrong(self, modality: str, patient: Dataset | None = None) -> None:
        """Have a modality send images as it is set now, and remember that they are wrong."""
        done = self.floor.examine(modality, patient)
        number = self.number(modality)
        new = [[modality, number, uid] for uid in done.sop_instance_uids]
        self.floor.state.put(wrong=[*self.wrong, *new])

    def examine(self, modality: str, times: int = 1) -> None:
        """Have a modality work, so that there is something to see."""
        for _ in range(times):
            self.floor.examine(modality)

    def number(self, modality: str) -> int:
        """Return the number of its last examination."""
        return int(self.floor.state.get("examinations", {}).get(modality, 0))

    def hold(self, calling: str, name: str) -> None:
        """Have somebody take an association of a node, and take it again whenever it is lost."""
        self.holders.append(Holder(calling, name, self.floor.peers))

    def order_of(self, station: str) -> Dataset:
        """Return the worklist entry of a station."""
        return next(
            entry
            for entry in self.cast.worklist.entries()
            if entry.ScheduledProcedureStepSequence[0].ScheduledStationAETitle == station
        )

    def set(self, name: str, **values: Any) -> None:
        """Change settings that only this lab can tell, such as a port."""
        self.floor.configure(name, values)

    def redirect(self, ae_title: str, port: int) -> None:
        """Have the archives know another address for an AE title that is no node's."""
        self.cast.destinations.add(ae_title, HOST, port)

    def shut_down(self, name: str) -> None:
        """Stop a node's service, so that a restart of the lab leaves it stopped."""
        self.cast[name].stop()
        self.floor.keep_down(name)

    def find(self, level: str, **keys: Any) -> list[Dataset]:
        """Ask ARCHIVE, as the workstation would."""
        wanted = identifier(level, **keys)
        return list(find(self.floor.archive(), wanted, ae_title="WORKSTN", timeout=5.0))

    def holds(self, done: Performed) -> bool:
        """Whether ARCHIVE has every object of an examination, where its order says."""
        above = {k: done.identifiers[k] for k in ("StudyInstanceUID", "SeriesInstanceUID")}
        held = {str(ds.SOPInstanceUID) for ds in self.find("IMAGE", SOPInstanceUID=None, **above)}
        return set(done.sop_instance_uids) <= held

    def compare(self, modality: str) -> Trial:
        """Whether ARCHIVE holds the last examination with the values that it was sent with."""
        for sent in self.remade(modality, self.number(modality)):
            kept = self.held(str(sent.SOPInstanceUID))
            if kept is None:
                return Trial(False, f"{modality}: ARCHIVE does not have what was sent")
            for element in sent:
                if element.tag not in kept or kept[element.tag] != element:
                    said = f"what ARCHIVE holds is not what was sent: {element.keyword} differs"
                    return Trial(False, f"{modality}: {said}")
        return Trial(True, f"{modality}: ARCHIVE holds what was sent")

    def remade(self, modality: str, number: int) -> list[Dataset]:
        """Make the images of an examination again, as its order and its settings are now."""
        order = self.order_of(modality)
        return images.make(modality, order, self.floor.settings(modality), number)

    def held(self, uid: str) -> Dataset | None:
        """Return an object of ARCHIVE."""
        stored = self.cast.archives["ARCHIVE"].get(uid)
        return stored.dataset() if stored is not None else None

    def leftovers(self) -> int:
        """How many of the wrong objects ARCHIVE still has, and not as their order says."""
        held = ((modality, self.held(uid)) for modality, _, uid in self.wrong)
        return sum(
            ds is not None and not self.as_ordered(ds, self.order_of(modality))
            for modality, ds in held
        )

    def as_ordered(self, ds: Dataset, order: Dataset) -> bool:
        """Whether an object says of patient and study what its order says."""
        step = order.ScheduledProcedureStepSequence[0]
        same = ("PatientID", "PatientName", "AccessionNumber", "StudyInstanceUID")
        return str(ds.get("StudyDate", "")) == str(step.ScheduledProcedureStepStartDate) and all(
            ds.get(keyword) == order.get(keyword) for keyword in same
        )

    def close(self) -> None:
        """Let go of what is held."""
        while self.holders:
            self.holders.pop().close()
