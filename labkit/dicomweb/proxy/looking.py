"""Going down the levels of one PACS, and finding what it does not return."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from labkit.common.errors import LabkitError
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.proxy.naming import compares_names_here
from labkit.dicomweb.proxy.pacs import Pacs
from labkit.dicomweb.proxy.plan import LEVELS, UNIQUE, Plan
from labkit.dicomweb.proxy.settings import ProxySettings
from labkit.dicomweb.proxy.values import text_of
from labkit.dicomweb.source import Place
from labkit.dimse import identifier
from labkit.pacs.keys import Level

# What a lower level tells: attribute → whether the instances have to be counted for it.
_FROM_BELOW = {
    "ModalitiesInStudy": False,
    "NumberOfStudyRelatedSeries": False,
    "NumberOfStudyRelatedInstances": True,
    "SOPClassesInStudy": True,
    "NumberOfSeriesRelatedInstances": True,
}

_FEW = 10  # objects that are retrieved for what every answer should have


@dataclass
class Found:
    """A match.

    Attributes
    ----------
    place
        Its UIDs.
    ds
        What is known of it, of the levels above too.
    pacs
        Who has it, the one that counts first.
    patients
        Patient IDs that they have for it.
    """

    place: Place
    ds: Dataset
    pacs: list[Pacs]
    patients: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        """The UID that makes it what it is."""
        return self.place.instance or self.place.series or self.place.study

    def has(self, keyword: str) -> bool:
        """Whether an attribute has a value."""
        return keyword in self.ds and not self.ds[keyword].is_empty


class Looker:
    """Does one search.

    Parameters
    ----------
    settings
        How much it may ask.
    plan
        What is searched for.
    read
        Gives the header of an object.
    peek
        Gives it if the object is cached.
    """

    def __init__(
        self,
        settings: ProxySettings,
        plan: Plan,
        read: Callable[[Place], Dataset | None],
        peek: Callable[[Place], Dataset | None],
    ) -> None:
        self._plan, self._read, self._peek = plan, read, peek
        self._breadth = settings.breadth
        self._left = settings.looks
        self._lock = threading.Lock()
        self.warnings: list[str] = []

    def walk(self, pacs: Pacs) -> list[Found]:
        """Search one PACS from the study down to the level asked."""
        plan = self._plan
        rows = [Found(Place(), Dataset(), [pacs])]
        for level in LEVELS:
            if level not in plan.conditions:
                break
            if not plan.needs(level):
                uid = plan.named(level)
                rows = [Found(_below(r.place, level, uid), r.ds, r.pacs, r.patients) for r in rows]
                for row in rows:
                    setattr(row.ds, UNIQUE[level], uid)
                continue
            if len(rows) > self._breadth:
                what = "studies" if level is Level.SERIES else "series"
                raise WebError(
                    413,
                    f"the search would have to go down into {len(rows)} {what} of {pacs.name}",
                    remedy="Name the study in the path, or narrow the search by a key of studies.",
                )
            rows = [found for row in rows for found in self._at(pacs, level, row)]
        return rows

    def _at(self, pacs: Pacs, level: Level, above: Found) -> list[Found]:
        plan = self._plan
        keys = above.place.keys()
        here = plan.has_names(level) and compares_names_here(pacs)
        matches = pacs.find(level.value, plan.identifier(level, keys, names_here=here))
        rows = []
        for ds in matches:
            uid = text_of(ds, UNIQUE[level])
            if not uid:
                continue
            row = Found(_below(above.place, level, uid), Dataset(), [pacs], set(above.patients))
            row.ds.update(above.ds)
            row.ds.update(ds)
            for keyword, value in row.place.keys().items():
                setattr(row.ds, keyword, value)
            if level is Level.STUDY:
                row.patients = {str(ds.get("PatientID") or "")}
            rows.append(row)
        return [row for row in rows if self._fits(row, level)]

    def _fits(self, row: Found, level: Level) -> bool:
        """Match again what the PACS may have ignored, or matched otherwise."""
        open_keys = []
        for element in self._plan.conditions[level]:
            answered = element.tag in row.ds
            if element.VR == "SQ" or element.keyword in _FROM_BELOW:
                answered = answered and not row.ds[element.tag].is_empty
            if not answered:
                open_keys.append(element)
            elif not self._plan.matches(element, row.ds):
                return False
        return all(self._fits_after_a_look(row, element) for element in open_keys)

    def _fits_after_a_look(self, row: Found, element: DataElement) -> bool:
        name = element.keyword or str(element.tag)
        found = self._from_below(row, [name]) if name in _FROM_BELOW else self._from_object(row)
        if found is None or (name in _FROM_BELOW and element.tag not in found):
            self._warn(f"{row.pacs[0].name} does not return {name}; not all were matched by it")
            return True
        if name in _FROM_BELOW or element.tag in found:
            row.ds.add(found[element.tag])
        return self._plan.matches(element, row.ds)

    def complete(self, rows: list[Found]) -> None:
        """Add what the PACS did not return, as far as there is leave to ask for it."""
        level = self._plan.query.level
        for row in rows:
            try:
                self._complete(row, level)
            except LabkitError as error:
                self._warn(f"something is missing: {error.message}")
        if level is Level.IMAGE:
            self._complete_images([row for row in rows if not row.has("SOPClassUID")])

    def _complete(self, row: Found, level: Level) -> None:
        counted = [k for k in self._wanted(level) if k in _FROM_BELOW]
        missing = [k for k in counted if len(row.pacs) > 1 or not row.has(k)]
        if missing:
            found = self._from_below(row, missing)
            if found is None:
                self._warn(f"{', '.join(missing)} of some is not told: it would be too many")
            else:
                row.ds.update(found)
        asked = [e for e in self._plan.asked[level] if e.keyword not in _FROM_BELOW]
        lacking = [e for e in asked if e.tag not in row.ds]
        if lacking:
            self._complete_from_object(row, lacking)

    def _complete_images(self, rows: list[Found]) -> None:
        """Some PACS index an object by its UID and number alone; then look into it."""
        for row in rows:
            found = self._peek(row.place)
            try:
                if found is None and len(rows) <= _FEW:
                    found = self._from_object(row)
            except LabkitError as error:
                self._warn(f"something is missing: {error.message}")
                continue
            if found is None:
                self._warn(f"{row.pacs[0].name} does not return SOPClassUID of all instances")
                continue
            for keyword in self._plan.usual[Level.IMAGE]:
                if not row.has(keyword) and keyword in found:
                    row.ds.add(found[keyword])

    def _complete_from_object(self, row: Found, lacking: list[DataElement]) -> None:
        found = self._from_object(row)
        if found is None:
            names = ", ".join(e.keyword or str(e.tag) for e in lacking)
            self._warn(f"{row.pacs[0].name} does not return {names}; it is not told of all")
            return
        for element in lacking:
            if element.tag in found:
                row.ds.add(found[element.tag])

    def _wanted(self, level: Level) -> list[str]:
        asked = [element.keyword for element in self._plan.asked[level]]
        return list(dict.fromkeys([*self._plan.usual[level], *asked]))

    def _from_below(self, row: Found, keywords: list[str]) -> Dataset | None:
        """Count, at each PACS that has it; ``None`` if there is no leave to ask any more."""
        instances = any(_FROM_BELOW[keyword] for keyword in keywords)
        series: dict[str, str] = {row.place.series: ""} if row.place.series else {}
        images: dict[str, str] = {}
        for pacs in row.pacs:
            mine = [row.place.series] if row.place.series else []
            if not mine:
                if not self._may_look():
                    return None
                keys = {"StudyInstanceUID": row.place.study}
                asked = identifier("SERIES", **keys, SeriesInstanceUID=None, Modality=None)
                for one in pacs.glance("SERIES", asked, "SeriesInstanceUID", "Modality"):
                    mine.append(one.get("SeriesInstanceUID", ""))
                    series[mine[-1]] = one.get("Modality", "")
            for uid in mine if instances else ():
                if not self._may_look():
                    return None
                keys = {"StudyInstanceUID": row.place.study, "SeriesInstanceUID": uid}
                asked = identifier("IMAGE", **keys, SOPInstanceUID=None, SOPClassUID=None)
                for one in pacs.glance("IMAGE", asked, "SOPInstanceUID", "SOPClassUID"):
                    images[one.get("SOPInstanceUID", "")] = one.get("SOPClassUID", "")
        made = Dataset()
        made.ModalitiesInStudy = sorted(set(series.values()) - {""})
        made.SOPClassesInStudy = sorted(set(images.values()) - {""})
        made.NumberOfStudyRelatedSeries = len(series)
        made.NumberOfStudyRelatedInstances = made.NumberOfSeriesRelatedInstances = len(images)
        told = Dataset()
        for keyword in keywords:
            if keyword != "SOPClassesInStudy" or "" not in images.values():
                told.add(made[keyword])  # some PACS tell no classes
        return told

    def _from_object(self, row: Found) -> Dataset | None:
        """The header of an object of a match; ``None`` if there is no leave to ask any more."""
        place, pacs = row.place, row.pacs[0]
        for level in LEVELS[1:]:
            keyword = UNIQUE[level]
            named = place.keys()
            if keyword in named:
                continue
            if not self._may_look():
                return None
            asked = identifier(level.value, **named, **{keyword: None})
            uids = sorted(str(ds.get(keyword) or "") for ds in pacs.find(level.value, asked))
            if not uids or not uids[0]:
                return Dataset()
            place = _below(place, level, uids[0])
        if not self._may_look():
            return None
        return self._read(place) or Dataset()

    def _may_look(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def _warn(self, text: str) -> None:
        with self._lock:
            if text not in self.warnings:
                self.warnings.append(text)


def _below(place: Place, level: Level, uid: str) -> Place:
    if level is Level.STUDY:
        return Place(uid)
    if level is Level.SERIES:
        return Place(place.study, uid)
    return Place(place.study, place.series, uid)
