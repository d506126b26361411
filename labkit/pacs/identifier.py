"""Reading the identifier of a query or retrieval, and the rules it has to keep (PS3.4 C.4, C.6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.pacs.computed import COMPUTED
from labkit.pacs.keys import BY_KEYWORD, UNIQUE, Level
from labkit.pacs.matching import Matcher, MatchError, element_text, matcher_for

IDENTIFIER_DOES_NOT_MATCH = 0xA900
# What the node itself supplies: never matched, and not from the index.
SUPPLIED = (
    "QueryRetrieveLevel", "SpecificCharacterSet", "RetrieveAETitle", "InstanceAvailability",
)  # fmt: skip


class Root(Enum):
    """Information model: where its hierarchy begins (PS3.4 C.3)."""

    PATIENT = "Patient Root"
    STUDY = "Study Root"

    @property
    def levels(self) -> tuple[Level, ...]:
        """Its levels from the top down. Study Root has the patient's attributes at STUDY."""
        return _LEVELS[self.value]


_LEVELS = {Root.PATIENT.value: tuple(Level), Root.STUDY.value: tuple(Level)[1:]}


class IdentifierError(UsageError):
    """The identifier breaks a rule; the query fails with a status.

    Attributes
    ----------
    status
        A900, "Identifier does not match SOP Class".
    offending
        Tags for Offending Element (0000,0901).
    """

    def __init__(self, message: str, *offending: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = IDENTIFIER_DOES_NOT_MATCH
        self.offending = list(offending)


@dataclass
class Query:
    """An identifier that has passed.

    Attributes
    ----------
    root, level
        Information model and Query/Retrieve Level.
    conditions
        Keyword → matcher, for keys of the index at the level and the unique ones above it.
    collections
        The same for ``ModalitiesInStudy`` and the like.
    others
        Keys with a value that are not in the index: compared with the stored object.
    returned
        Every element asked for.
    ignored
        Why some key was not taken into account (status FF01 then).
    character_set
        Specific Character Set of the identifier.
    """

    root: Root
    level: Level
    conditions: dict[str, Matcher] = field(default_factory=dict)
    collections: dict[str, list[Matcher]] = field(default_factory=dict)
    others: list[DataElement] = field(default_factory=list)
    returned: list[DataElement] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    character_set: str = ""


def level_of(keyword: str, root: Root) -> Level | None:
    """The level an attribute belongs to, as far as the index knows."""
    if keyword in COMPUTED:
        level = COMPUTED[keyword].level
    elif keyword in BY_KEYWORD:
        level = BY_KEYWORD[keyword].level
    else:
        return None
    return Level.STUDY if level is Level.PATIENT and root is Root.STUDY else level


def read_level(identifier: Dataset, root: Root) -> Level:
    """Query/Retrieve Level (0008,0052).

    Raises
    ------
    IdentifierError
        It is missing, or no level of this model.
    """
    text = str(identifier.get("QueryRetrieveLevel", "") or "").strip()
    names = [level.value for level in root.levels]
    if text not in names:
        problem = f"is {text!r}" if text else "is missing"
        raise IdentifierError(
            f"Query/Retrieve Level {problem}; {root.value} has {', '.join(names)}",
            0x00080052,
            remedy="Set (0008,0052) to one of them (PS3.4 C.6).",
        )
    return Level(text)


def read_query(identifier: Dataset, root: Root, *, relational: bool = False) -> Query:
    """Check the identifier of a C-FIND.

    Parameters
    ----------
    relational
        Whether relational queries were negotiated (PS3.4 C.5.1.1); then keys of the levels above
        may be matched, and the unique ones may be missing.

    Raises
    ------
    IdentifierError
        It breaks a rule of PS3.4 C.4.1 or C.2.2.2.
    """
    query = Query(root, read_level(identifier, root))
    query.character_set = character_set_of(identifier)
    if not relational:
        _require_unique_keys_above(identifier, query)
    for element in identifier:
        if element.tag.element == 0 or element.tag.is_private_creator:
            continue
        _take(element, query, relational)
    return query


def character_set_of(identifier: Dataset) -> str:
    """Specific Character Set (0008,0005) as one string."""
    element = identifier.get_item(0x00080005)
    return element_text(identifier[0x00080005]) if element is not None else ""


def _require_unique_keys_above(identifier: Dataset, query: Query) -> None:
    """Hierarchical search: one value of the unique key of each level above (PS3.4 C.4.1.2.1)."""
    for level in query.root.levels:
        if level.depth >= query.level.depth:
            return
        keyword = UNIQUE[level]
        value = element_text(identifier[keyword]) if keyword in identifier else ""
        single = value and not any(character in value for character in "\\*?")
        if not single:
            problem = f"has no single value ({value})" if value else "is missing"
            raise IdentifierError(
                f"{keyword} {problem}: a query at {query.level.value} needs the unique key of "
                f"{level.value}",
                BY_KEYWORD[keyword].tag,
                remedy="Give one value, found by a query at the level above (PS3.4 C.4.1.2.1).",
            )


def _take(element: DataElement, query: Query, relational: bool) -> None:
    keyword = keyword_for_tag(element.tag)
    if keyword in SUPPLIED:
        query.returned.append(element)
        return
    level = level_of(keyword, query.root)
    if level is not None and level.depth > query.level.depth:
        query.ignored.append(f"{keyword} is a key of level {level.value}")
        return
    query.returned.append(element)
    if keyword == "TimezoneOffsetFromUTC":
        return  # says how times are meant, if that was negotiated; no key (PS3.4 C.4.1.1.3.1)
    matcher = _matcher(element, keyword, query)
    if matcher is None or all(each.universal for each in matcher):
        return
    if keyword in COMPUTED:
        if COMPUTED[keyword].member:
            query.collections[keyword] = matcher
        else:
            query.ignored.append(f"{keyword} is returned, not matched")
        return
    if level is not None and level is not query.level and not relational:
        _refuse_key_above(keyword, level, query)
    if keyword in BY_KEYWORD and BY_KEYWORD[keyword].searched:
        query.conditions[keyword] = matcher[0]
    else:
        query.others.append(element)


def _matcher(element: DataElement, keyword: str, query: Query) -> list[Matcher] | None:
    if element.VR == "SQ":
        if element.value and len(element.value[0]):
            query.others.append(element)
        return None
    text = element_text(element)
    # The one key that is a set: CT\PT asks for studies with either (PS3.4 C.6.2.1, Note).
    parts = text.split("\\") if keyword == "ModalitiesInStudy" else [text]
    try:
        return [matcher_for(str(element.VR), part) for part in parts]
    except MatchError as error:
        name = keyword or str(element.tag)
        raise IdentifierError(
            f"{name}: {error.message}", int(element.tag), remedy=error.remedy
        ) from error


def _refuse_key_above(keyword: str, level: Level, query: Query) -> None:
    if keyword == UNIQUE[level]:
        return
    raise IdentifierError(
        f"{keyword} is a key of {level.value} and cannot be matched at {query.level.value}: "
        "relational queries were not negotiated",
        BY_KEYWORD[keyword].tag,
        remedy=f"Query at {level.value} first, then give its unique key (PS3.4 C.4.1.2.1).",
    )
