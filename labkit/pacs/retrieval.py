"""What a C-MOVE or C-GET asks for, and which objects that is (PS3.4 C.4.2, C.4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset

from labkit.pacs import schema
from labkit.pacs.archive import Archive
from labkit.pacs.entering import Entry
from labkit.pacs.identifier import IdentifierError, Root, level_of, read_level
from labkit.pacs.index import ENTRY_COLUMNS, ENTRY_TABLES
from labkit.pacs.keys import BY_KEYWORD, UNIQUE, Level
from labkit.pacs.matching import Matcher, MatchError, element_text, matcher_for

MOST = 65535  # sub-operations are counted in a US, PS3.7 9.1.3
_ALWAYS = (0x00080005, 0x00080052, 0x00080053)


@dataclass(frozen=True)
class Retrieval:
    """Unique keys with their values.

    Attributes
    ----------
    level
        Query/Retrieve Level.
    keys
        Level → matcher for its unique key.
    """

    level: Level
    keys: dict[Level, Matcher] = field(default_factory=dict)


def read_retrieval(identifier: Dataset, root: Root, *, relational: bool = False) -> Retrieval:
    """Check the identifier: unique keys only, one value each, a list of UIDs at its own level.

    Raises
    ------
    IdentifierError
        It breaks a rule of PS3.4 C.4.2.1.4 (C.4.3.1.3 for C-GET).
    """
    level = read_level(identifier, root)
    wanted = Retrieval(level)
    for each in root.levels:
        if each.depth > level.depth:
            break
        keyword = UNIQUE[each]
        text = element_text(identifier[keyword]).strip("\x00 ") if keyword in identifier else ""
        if not text and relational and each is not level:
            continue
        tag = BY_KEYWORD[keyword].tag
        if not text or "*" in text or "?" in text:
            problem = f"is {text!r}: no wild cards here" if text else "is missing"
            raise IdentifierError(
                f"{keyword} {problem}; a retrieval at {level.value} needs it",
                tag,
                remedy="Give the unique keys that a C-FIND returned (PS3.4 C.4.2.1.4).",
            )
        if "\\" in text and (each is not level or keyword == "PatientID"):
            raise IdentifierError(
                f"{keyword} has several values; only UIDs at {level.value} may be listed", tag,
                remedy="Send one request for each.",
            )  # fmt: skip
        try:
            wanted.keys[each] = matcher_for(BY_KEYWORD[keyword].vr, text)
        except MatchError as error:
            raise IdentifierError(f"{keyword}: {error.message}", tag) from error
    _refuse_other_keys(identifier, root, level)
    return wanted


def _refuse_other_keys(identifier: Dataset, root: Root, level: Level) -> None:
    """Other keys would be a wish to narrow the retrieval down; ignored, it would send too much."""
    for element in identifier:
        keyword = keyword_for_tag(element.tag)
        known = level_of(keyword, root)
        if int(element.tag) in _ALWAYS or element.tag.element == 0 or element.is_empty:
            continue
        if known is not None and keyword == UNIQUE[known] and known.depth <= level.depth:
            continue
        raise IdentifierError(
            f"{keyword or element.tag} is no unique key of {level.value} or a level above",
            int(element.tag),
            remedy="A retrieval has unique keys only: find first, then retrieve (PS3.4 C.4.2.1.4).",
        )


def objects_of(archive: Archive, retrieval: Retrieval) -> list[Entry]:
    """The objects asked for, in the order received; at most one more than can be counted."""
    where: list[str] = []
    values: list[str] = []
    for level, matcher in retrieval.keys.items():
        table = "study" if level is Level.PATIENT else schema.TABLE[level]
        clause = matcher.clause(f"{table}.q_{UNIQUE[level]}")
        where.append(f"({clause.sql})")
        values += clause.values
    with archive.index.reader() as reader:
        rows = reader.execute(
            f"SELECT {ENTRY_COLUMNS} FROM {ENTRY_TABLES} WHERE {' AND '.join(where)} "
            f"ORDER BY instance.pk LIMIT {MOST + 1}",
            values,
        ).fetchall()
    return [Entry(*row) for row in rows]


@dataclass
class Tally:
    """Counts of sub-operations (PS3.7 9.1.4), and the objects that failed."""

    remaining: int
    completed: int = 0
    failed: int = 0
    warning: int = 0
    failed_uids: list[str] = field(default_factory=list)

    def count(self, uid: str, status: int | None) -> None:
        """Count one sub-operation by its C-STORE status; ``None`` where no answer came."""
        self.remaining -= 1
        if status == 0x0000:
            self.completed += 1
        elif status is not None and (status >> 12 == 0xB or status in (0x0001, 0x0107, 0x0116)):
            self.warning += 1
        else:
            self.failed += 1
            self.failed_uids.append(uid)

    def fail(self, uids: Iterable[str]) -> None:
        """Count sub-operations that could not even be tried."""
        for uid in uids:
            self.count(uid, None)

    def fields(self, *, final: bool) -> dict[str, Any]:
        """As attributes of a response; what remains is said only while some do."""
        fields = {
            "NumberOfCompletedSuboperations": self.completed,
            "NumberOfFailedSuboperations": self.failed,
            "NumberOfWarningSuboperations": self.warning,
        }
        return fields if final else {"NumberOfRemainingSuboperations": self.remaining, **fields}

    def status(self) -> int:
        """The final status: 0000, B000 if some failed or warned, A702 if all failed."""
        if not self.failed and not self.warning:
            return 0x0000
        return 0xA702 if self.failed and not self.completed and not self.warning else 0xB000

    def failed_list(self) -> Dataset:
        """The identifier of a final response that is not a success."""
        ds = Dataset()
        ds.FailedSOPInstanceUIDList = self.failed_uids
        return ds

    def __str__(self) -> str:
        return f"{self.completed} completed, {self.failed} failed, {self.warning} with a warning"


def studies(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """Patient ID and Study Instance UID of each study among the objects."""
    yield from dict.fromkeys((entry.patient_id, entry.study_instance_uid) for entry in entries)
