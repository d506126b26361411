"""Reading a trail, and proving that nobody has been at it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from labkit.access.audit.chain import GENESIS, Checker, Record, digest

HEAD = "head.json"
PATTERN = "audit-*.jsonl"


@dataclass(frozen=True)
class Verification:
    """What `verify` found.

    Attributes
    ----------
    records
        How many follow each other without a fault, from the first.
    fault
        ``""``; or ``"altered"`` (its content does not give its hash), ``"forged"`` (its seal is not
        of this key), ``"removed"``, ``"reordered"``, ``"cut off"`` (the end is missing),
        ``"replaced"`` (genuine, but it does not follow the one before it: put together from two).
    record
        The number of the first record at fault, counted from 1; 0 where there is none.
    why
        The same in a sentence.
    head
        Number and hash of the last record. Kept elsewhere, it is the witness of a later `verify`.
    clock_back
        Numbers of records older than the one before: no fault of the trail, but of a clock.
    """

    records: int
    fault: str = ""
    record: int = 0
    why: str = ""
    head: tuple[int, str] = (0, GENESIS)
    clock_back: tuple[int, ...] = field(default=())

    def __bool__(self) -> bool:
        return not self.fault

    def __str__(self) -> str:
        if self:
            words = "1 record" if self.records == 1 else f"{self.records} records"
            return f"{words}, none altered, removed, reordered or cut off"
        return f"record {self.record} is {self.fault}: {self.why}"


class TrailReader:
    """A trail as a reviewer has it: its folder and the public key.

    Parameters
    ----------
    folder
        Where the trail is.
    public
        The public key, 32 bytes.
    """

    def __init__(self, folder: Path, public: bytes) -> None:
        self.folder, self._checker = folder, Checker(public)

    def lines(self) -> Iterator[bytes]:
        """Go over all lines, oldest first; one that has no end yet is left out."""
        for path in trail_files(self.folder):
            with path.open("rb") as file:
                for line in file:
                    if line.endswith(b"\n"):
                        yield line[:-1]

    def records(self, since: int | datetime = 0) -> Iterator[Record]:
        """Go over the records after a number, or from a moment on; other lines are left out."""
        for line in self.lines():
            record = parse(line)
            if record is not None and _after(record, since):
                yield record

    def follow(self, StudyInstanceUID: str) -> list[Record]:  # noqa: N803
        """Return every record that a study has part in; searches too, shown or withheld."""
        found, asked = [], set()
        for record in self.records():
            if touches(record, StudyInstanceUID):
                found.append(record)
                asked.add(record.get("of") if record.get("kind") == "result" else None)
        if asked <= {None}:
            return found
        asked -= {record["seq"] for record in found}
        found += [record for record in self.records() if record["seq"] in asked]
        return sorted(found, key=lambda record: int(record["seq"]))

    def of_patient(self, *ids: str) -> list[Record]:
        """Return every record about a patient, who may have several ids.

        Parameters
        ----------
        ids
            Patient IDs (0010,0020), or ``Patient/…`` of the FHIR server.
        """
        wanted = set(ids)
        return [record for record in self.records() if patients_of(record) & wanted]

    def verify(self, witness: tuple[int, str] = (0, GENESIS)) -> Verification:
        """Read all of it and name the first record that is not as it was written.

        Parameters
        ----------
        witness
            `Verification.head` of earlier, kept where nobody who can write here can write. Without
            it, a trail that was put back to an older state together with its head looks whole.
        """
        head = self._head()
        back: list[int] = []
        previous, number, moment = GENESIS, 0, ""
        known = {0: GENESIS}
        for line in self.lines():
            record = parse(line)
            fault, why = self._fault(record, number + 1, previous)
            if fault:
                bad = number + 1
                return Verification(number, fault, bad, why, (number, previous), tuple(back))
            assert record is not None
            number, previous = number + 1, str(record["hash"])
            if number in (head[0] if head else 0, witness[0]):
                known[number] = previous
            if _earlier(str(record.get("at", "")), moment):
                back.append(number)
            moment = str(record.get("at", ""))
        found = (number, previous)
        for end, what in ((head, "its own head"), (witness, "the witness")):
            if end is None:
                why = f"{HEAD} is missing or not sealed: nobody can say how long the trail was"
                return Verification(number, "cut off", number + 1, why, found, tuple(back))
            if end[0] > number:
                why = f"{what} says that there were {end[0]} records, there are {number}"
                return Verification(number, "cut off", number + 1, why, found, tuple(back))
            if known[end[0]] != end[1]:
                why = f"{what} knew another record {end[0]}"
                return Verification(end[0] - 1, "replaced", end[0], why, found, tuple(back))
        return Verification(number, head=found, clock_back=tuple(back))

    def _fault(self, record: Record | None, number: int, previous: str) -> tuple[str, str]:
        if record is None:
            return "altered", "the line is not a record"
        if digest(record) != record.get("hash"):
            return "altered", "its content does not give its hash"
        if not self._checker.sealed(record):
            return "forged", "its hash is right, its seal is not of the key of this trail"
        found = record.get("seq")
        if found != number:
            if any((later := parse(line)) and later.get("seq") == number for line in self.lines()):
                return "reordered", f"record {found} stands in its place"
            return "removed", f"record {found} follows record {number - 1}"
        if record.get("prev") != previous:
            return "replaced", "it does not follow the record before it"
        return "", ""

    def _head(self) -> tuple[int, str] | None:
        try:
            head = json.loads((self.folder / HEAD).read_bytes())
            if digest(head) == head["hash"] and self._checker.sealed(head):
                return int(head["seq"]), str(head["last"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return None


def trail_files(folder: Path) -> list[Path]:
    """Return the files of a trail, oldest first."""
    return sorted(folder.glob(PATTERN))


def parse(line: bytes) -> Record | None:
    """Return the record of a line; ``None`` if it is none."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get("seq"), int) else None


def touches(record: Record, uid: str) -> bool:
    """Whether a study has part in a record."""
    what = record.get("what", {})
    return uid == what.get("StudyInstanceUID") or any(
        uid in record.get(part, {}).get("studies", ()) for part in ("shown", "withheld")
    )


def patients_of(record: Record) -> set[str]:
    """Return the patients that a record is about: not those that a search withheld."""
    what: dict[str, Any] = record.get("what", {})
    found = {str(what[name]) for name in ("PatientID", "patient") if what.get(name)}
    return found | set(record.get("shown", {}).get("patients", ()))


def _after(record: Record, since: int | datetime) -> bool:
    if isinstance(since, datetime):
        return datetime.fromisoformat(str(record["at"])) >= since
    return int(record["seq"]) > since


def _earlier(one: str, other: str) -> bool:
    try:
        return bool(other) and datetime.fromisoformat(one) < datetime.fromisoformat(other)
    except (ValueError, TypeError):
        return False
