"""A QIDO-RS search as C-FINDs: which keys belong to which level, and what is sent of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from labkit.dicomweb.attributes import RETURNED, returned
from labkit.dicomweb.names import fuzzy_match
from labkit.dicomweb.source import Search
from labkit.pacs.computed import COMPUTED
from labkit.pacs.identifier import Root, level_of, read_query
from labkit.pacs.keys import KEYS, Level
from labkit.pacs.matching import element_text, matches_element

LEVELS = (Level.STUDY, Level.SERIES, Level.IMAGE)
UNIQUE = {
    Level.STUDY: "StudyInstanceUID", Level.SERIES: "SeriesInstanceUID",
    Level.IMAGE: "SOPInstanceUID",
}  # fmt: skip
# Compared as text by some PACS, by meaning here (PS3.4 C.2.2.2.1): 1015 is 101500, 01 is 1.
_BY_MEANING = frozenset(("TM", "DT", "IS", "DS", "US", "UL", "SS", "SL", "FL", "FD"))
_WITH_WILDCARDS = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
_BEYOND_ASCII = re.compile(r"[^\x20-\x7e]+")
_LOWER = {keyword: level for level, words in RETURNED.items() for keyword in words}


@dataclass
class Plan:
    """What a search asks at each level.

    Attributes
    ----------
    query
        The search.
    conditions
        Level → the keys that have a value.
    asked
        Level → keywords that the client named to be returned, or all where it said so.
    usual
        Level → keywords that every answer has, where the PACS knows them.
    ignored
        Why a key is not matched.
    """

    query: Search
    conditions: dict[Level, list[DataElement]] = field(default_factory=dict)
    asked: dict[Level, list[DataElement]] = field(default_factory=dict)
    usual: dict[Level, list[str]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, query: Search) -> Plan:
        """Read a search.

        Raises
        ------
        UsageError
            400: a key has a value that its VR does not allow.
        """
        identifier = Dataset()
        identifier.update(query.keys)
        identifier.QueryRetrieveLevel = query.level.value
        checked = read_query(identifier, Root.STUDY, relational=True)
        plan = cls(query, ignored=[f"{reason}; it was not matched" for reason in checked.ignored])
        for level in LEVELS[: LEVELS.index(query.level) + 1]:
            plan.conditions[level], plan.asked[level] = [], []
            plan.usual[level] = []
        for element in query.keys:
            plan._take(element)
        study, series = (bool(plan.named(level)) for level in LEVELS[:2])
        for keyword in returned(query.level, study=study, series=series):
            plan.usual[plan._level(keyword)].append(keyword)
        if query.everything:
            for key in KEYS:
                level = Level.STUDY if key.level is Level.PATIENT else key.level
                if level in plan.usual:
                    plan.usual[level].append(key.keyword)
            for keyword, computed in COMPUTED.items():
                if computed.level in plan.usual and computed.level is not Level.PATIENT:
                    plan.usual[computed.level].append(keyword)
        return plan

    def _level(self, keyword: str) -> Level:
        """Where an attribute is asked for; one that no table knows, at the level searched."""
        level = level_of(keyword, Root.STUDY) or _LOWER.get(keyword, self.query.level)
        return level if level in self.conditions else self.query.level

    def _take(self, element: DataElement) -> None:
        keyword = keyword_for_tag(element.tag)
        known = level_of(keyword, Root.STUDY)
        if known is not None and known not in self.conditions:
            return  # a key of a lower level: `ignored` says so
        level = self._level(keyword)
        counted = keyword in COMPUTED and not COMPUTED[keyword].member
        if has_value(element) and not counted:
            self.conditions[level].append(element)
        else:
            self.asked[level].append(DataElement(element.tag, element.VR, None))

    def named(self, level: Level) -> str:
        """The one UID that the search names at a level, or ``""``."""
        keyword = UNIQUE[level]
        text = element_text(self.query.keys[keyword]) if keyword in self.query.keys else ""
        return text if text and "\\" not in text and text != "*" else ""

    def needs(self, level: Level) -> bool:
        """Whether a level has to be asked, or its UID is all that is wanted of it."""
        if level is self.query.level or not self.named(level):
            return True
        unique = UNIQUE[level]
        others = [e for e in self.conditions[level] if e.keyword != unique]
        if level is Level.STUDY and self.query.visible is not None:
            return True
        return bool(others or self.asked[level] or set(self.usual[level]) - set(UNIQUE.values()))

    def identifier(self, level: Level, above: dict[str, str], *, names_here: bool) -> Dataset:
        """The identifier of a C-FIND at one level.

        Parameters
        ----------
        above
            Unique keys of the levels above.
        names_here
            Whether names are compared here, with regard to what the PACS cannot.
        """
        ds = Dataset()
        for keyword in self.usual[level]:
            if keyword not in UNIQUE.values():
                setattr(ds, keyword, None)
        for element in self.asked[level]:
            ds.add(element)
        for element in self.conditions[level]:
            ds.add(sent(element, names_here=names_here or self.query.fuzzy))
        if UNIQUE[level] not in ds:
            setattr(ds, UNIQUE[level], None)
        if level is Level.STUDY:
            for keyword in ("PatientID", "PatientName"):  # whose it is, for policy and merging
                if keyword not in ds:
                    setattr(ds, keyword, None)
        for keyword, uid in above.items():
            setattr(ds, keyword, uid)
        ds.QueryRetrieveLevel = level.value
        return ds

    def has_names(self, level: Level) -> bool:
        """Whether a name is to be matched at a level."""
        return any(element.VR == "PN" for element in self.conditions[level])

    def matches(self, element: DataElement, stored: Dataset) -> bool:
        """Whether one key matches, by the rules of PS3.4 C.2.2.2; an empty value matches none."""
        if element.VR == "PN" and self.query.fuzzy:
            text = element_text(stored[element.tag]) if element.tag in stored else ""
            return fuzzy_match(element_text(element), text)
        if element.keyword == "ModalitiesInStudy":  # a set: one of each is enough
            held = element_text(stored[element.tag]).split("\\") if element.tag in stored else []
            parts = [DataElement(element.tag, "CS", p) for p in element_text(element).split("\\")]
            return any(
                matches_element(part, _with(element.tag, value)) for part in parts for value in held
            )
        return matches_element(element, stored)


def has_value(element: DataElement) -> bool:
    """Whether a key has something to match."""
    if element.VR == "SQ":
        return bool(element.value) and any(has_value(each) for each in element.value[0])
    return bool(element_text(element)) and element_text(element) != "*"


def sent(element: DataElement, *, names_here: bool) -> DataElement:
    """What is sent of a key: never more narrow than what it means, on any PACS."""
    if element.VR == "SQ":
        return element
    vr, text = str(element.VR), element_text(element)
    here = vr in _BY_MEANING or element.keyword == "SOPClassesInStudy"  # few can match a set
    if here or (vr == "PN" and names_here):
        return DataElement(element.tag, vr, None)
    if vr == "PN":
        # Some compare the whole name, and take the carets at its end as part of it.
        text = _BEYOND_ASCII.sub("*", text).rstrip("^* ")
        return DataElement(element.tag, vr, f"{text}*" if text else None)
    if vr in _WITH_WILDCARDS and not text.isascii():
        return DataElement(element.tag, vr, _BEYOND_ASCII.sub("*", text))
    return element


def _with(tag: int, value: str) -> Dataset:
    ds = Dataset()
    ds.add_new(tag, "CS", value)
    return ds
