"""What the PACS say there is at a place: the truth that the cache is held against."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any

from labkit.common.errors import AccessDenied, LabkitError
from labkit.dicomweb.proxy.pacs import Pacs
from labkit.dicomweb.proxy.reach import reach, reached
from labkit.dicomweb.proxy.trace import current
from labkit.dicomweb.proxy.values import number, number_of, text_of
from labkit.dicomweb.source import Place
from labkit.dimse import identifier

# What a correction changes; kept with each cached object, and compared before it is served.
_OF_STUDY = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "AccessionNumber", "StudyID", "StudyDescription", "ReferringPhysicianName",
)  # fmt: skip
_KEPT = 4096  # places whose answer is remembered
_Asked = tuple[Place, frozenset[str] | None]  # a place, and whom the request could ask


@dataclass(frozen=True)
class Item:
    """One object that a PACS has.

    Attributes
    ----------
    place, sop_class_uid
        What it is; the class is ``""`` where the PACS does not tell.
    pacs
        The name of the PACS.
    patient_id
        As the PACS has it now.
    mark
        A digest of the study's attributes, which a correction changes.
    """

    place: Place
    sop_class_uid: str
    pacs: str
    patient_id: str
    mark: str
    number: int = 0


@dataclass
class Holding:
    """What one PACS has of a place."""

    mark: str
    patient_id: str
    patient_name: str
    items: list[Item] = field(default_factory=list)


@dataclass
class Listing:
    """What all of them have.

    Attributes
    ----------
    items
        SOP Instance UID → object, of the first PACS that has it; in order.
    failed
        Those that did not answer, and why.
    holdings
        PACS name → what it has, if it has the study.
    """

    items: dict[str, Item]
    failed: dict[str, LabkitError]
    holdings: dict[str, Holding]

    def version(self) -> str:
        """A digest of what is there."""
        digest = hashlib.sha256()
        for uid in sorted(self.items):
            item = self.items[uid]
            digest.update(f"{uid} {item.pacs} {item.mark};".encode())
        return digest.hexdigest()[:32] if self.items else ""


def ask(pacs: Pacs, place: Place) -> Holding | None:
    """Ask one PACS, level by level; ``None`` if it has not the study."""
    keys = {"StudyInstanceUID": place.study}
    found = pacs.find("STUDY", identifier("STUDY", **dict.fromkeys(_OF_STUDY), **keys))
    study = next((ds for ds in found if text_of(ds, "StudyInstanceUID") in ("", place.study)), None)
    if study is None:
        return None
    told = "\n".join(text_of(study, keyword) for keyword in _OF_STUDY)
    holding = Holding(
        hashlib.sha256(told.encode()).hexdigest()[:32],
        text_of(study, "PatientID"), text_of(study, "PatientName"),
    )  # fmt: skip
    if place.series:
        series = [place.series]
    else:
        below = pacs.find("SERIES", identifier("SERIES", **keys, **_NO_SERIES))
        below.sort(key=lambda ds: (number_of(ds, "SeriesNumber"), text_of(ds, "SeriesInstanceUID")))
        series = [uid for uid in (text_of(ds, "SeriesInstanceUID") for ds in below) if uid]
    for uid in dict.fromkeys(series):
        asked = identifier(
            "IMAGE", **keys, SeriesInstanceUID=uid, SOPInstanceUID=place.instance or None,
            SOPClassUID=None, InstanceNumber=None,
        )  # fmt: skip
        made = [
            Item(
                Place(place.study, uid, sop), image.get("SOPClassUID", ""),
                pacs.name, holding.patient_id, holding.mark, number(image.get("InstanceNumber")),
            )
            for image in pacs.glance("IMAGE", asked, *_OF_IMAGE)
            if (sop := image.get("SOPInstanceUID", "")) and place.instance in ("", sop)
        ]  # fmt: skip
        holding.items += sorted(made, key=lambda item: (item.number, item.place.instance))
    return holding


_OF_IMAGE = ("SOPInstanceUID", "SOPClassUID", "InstanceNumber")
_NO_SERIES: dict[str, None] = {"SeriesInstanceUID": None, "SeriesNumber": None}


class Listings:
    """Asks all PACS at once, and remembers the answer for as long as it is trusted.

    Parameters
    ----------
    pacs
        The PACS, the first counts.
    executor
        Where the others are asked.
    clock
        Seconds that only grow.
    trust
        How long an answer counts, seconds.
    checked
        Called with each new listing, before anybody uses it.
    """

    def __init__(
        self, pacs: Sequence[Pacs], executor: Executor, clock: Callable[[], float], trust: float,
        checked: Callable[[Place, Listing], None],
    ) -> None:  # fmt: skip
        self._pacs, self._executor, self._clock = pacs, executor, clock
        self._trust, self._checked = trust, checked
        self._lock = threading.Lock()
        self._known: OrderedDict[_Asked, tuple[float, Listing]] = OrderedDict()

    def of(self, place: Place, *, afresh: bool = False) -> Listing:
        """What there is at a place.

        Parameters
        ----------
        afresh
            Ask, whatever is remembered.
        """
        recorder = current()
        if not afresh:
            if recorder is not None and place in recorder.memo:
                known: Listing = recorder.memo[place]
                return known
            with self._lock:
                at, listing = self._known.get((place, reach()), (0.0, None))
            if listing is not None and self._clock() - at < self._trust:
                return listing
        asked_at = self._clock()
        listing = _merged(self._pacs, everywhere(self._pacs, self._executor, ask, place))
        self._checked(place, listing)
        if recorder is not None:
            recorder.memo[place] = listing
        if not listing.failed and self._trust > 0:
            with self._lock:
                asked = place, reach()
                self._known[asked] = asked_at, listing
                self._known.move_to_end(asked)
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        return listing

    def forget(self, study: str) -> None:
        """Ask again for what is in a study: something has been stored into it."""
        recorder = current()
        if recorder is not None:
            for place in [p for p in recorder.memo if isinstance(p, Place) and p.study == study]:
                del recorder.memo[place]
        with self._lock:
            for asked in [asked for asked in self._known if asked[0].study == study]:
                del self._known[asked]


def everywhere(
    pacs: Sequence[Pacs], executor: Executor, act: Callable[..., Any], *args: Any
) -> dict[str, Any]:
    """Do something at each PACS at the same time: name → result, or the error.

    Those that the request may not use are not asked, and do not stand in the answer.
    """
    allowed = [each for each in pacs if reached(each.name)]
    if not allowed:
        raise AccessDenied("this client may use no PACS", remedy="Ask who runs the façade.")
    others = {
        each.name: executor.submit(copy_context().run, _kept, act, each, *args)
        for each in allowed[1:]
    }
    found = {allowed[0].name: _kept(act, allowed[0], *args)}
    return found | {name: future.result() for name, future in others.items()}


def _kept(act: Callable[..., Any], *args: Any) -> Any:
    try:
        return act(*args)
    except LabkitError as error:
        return error


def _merged(pacs: Sequence[Pacs], answers: dict[str, Any]) -> Listing:
    listing = Listing({}, {}, {})
    for each in pacs:
        answer = answers.get(each.name)
        if isinstance(answer, LabkitError):
            listing.failed[each.name] = answer
        elif answer is not None:
            listing.holdings[each.name] = answer
            for item in answer.items:
                listing.items.setdefault(item.place.instance, item)
    return listing
