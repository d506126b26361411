"""The two bytes (0000,0900) that end every DIMSE answer, in words.

The words are pynetdicom's tables (``pynetdicom.status``); which table counts depends on the
service, since the same code means different things: 0xA700 after a C-STORE is not 0xA700 after a
C-FIND.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import status as tables

from labkit.common.cite import Citation, cite
from labkit.common.errors import DimseError, UsageError

# Service -> (pynetdicom's table, where the standard lists the codes of that service).
_SERVICES: dict[str, tuple[dict[int, tuple[str, str]], Citation]] = {
    "C-ECHO": (tables.VERIFICATION_SERVICE_CLASS_STATUS, cite("PS3.7", "9.1.5.1.4")),
    "C-STORE": (tables.STORAGE_SERVICE_CLASS_STATUS, cite("PS3.4", "B.2.3")),
    "C-FIND": (tables.QR_FIND_SERVICE_CLASS_STATUS, cite("PS3.4", "C.4.1.1.4")),
    "C-MOVE": (tables.QR_MOVE_SERVICE_CLASS_STATUS, cite("PS3.4", "C.4.2.1.5")),
    "C-GET": (tables.QR_GET_SERVICE_CLASS_STATUS, cite("PS3.4", "C.4.3.1.4")),
    "MWL": (tables.MODALITY_WORKLIST_SERVICE_CLASS_STATUS, cite("PS3.4", "K.4.1.1.4")),
    "MPPS": (tables.PROCEDURE_STEP_STATUS, cite("PS3.4", "F.7.2")),
    "COMMITMENT": (tables.STORAGE_COMMITMENT_SERVICE_CLASS_STATUS, cite("PS3.4", "J.3")),
}
_GENERAL = cite("PS3.7", "C")
# What pynetdicom's tables lack (a failure reason of storage commitment, PS3.3 C.14.1.1), and the
# one name that they have otherwise than PS3.7 C.5.
_LACKING = {("COMMITMENT", 0x0131): ("Failure", "Duplicate transaction UID")}
_CORRECTED = {0x0111: ("Failure", "Duplicate SOP Instance")}


@dataclass(frozen=True, eq=False)
class Status:
    """One status code and what it means for the service that sent it.

    It equals its code (``status == 0x0000``), and it is true unless it is a failure or a cancel,
    so that ``if result.status:`` reads as it works.

    Parameters
    ----------
    code
        0x0000–0xFFFF.
    service
        ``"C-ECHO"``, ``"C-STORE"``, ``"C-FIND"``, ``"C-MOVE"``, ``"C-GET"``, ``"MWL"``,
        ``"MPPS"``, ``"COMMITMENT"``; anything else means the general codes only.
    comment
        What the peer wrote into Error Comment (0000,0902), if it did.
    """

    code: int
    service: str = ""
    comment: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.code, bool) or not isinstance(self.code, int):
            raise UsageError(
                f"a status is a number, not {self.code!r}",
                remedy="Write it in hexadecimal without quotes: Status(0xA801, 'C-MOVE').",
            )
        if not 0 <= self.code <= 0xFFFF:
            raise UsageError(
                f"there is no status {self.code}: it has two bytes (PS3.7 E.1)",
                remedy="Give a number from 0x0000 to 0xFFFF.",
            )

    @classmethod
    def of(cls, answer: Dataset, service: str) -> Status:
        """Read the status out of pynetdicom's status data set."""
        return cls(int(answer.Status), service, str(answer.get("ErrorComment", "") or ""))

    @property
    def category(self) -> str:
        """One of Success, Pending, Cancel, Warning, Failure (PS3.7 Annex C).

        A code that no table knows is a failure.
        """
        word = self._listed()[0] or tables.code_to_category(self.code)
        return "Failure" if word == "Unknown" else str(word)

    @property
    def text(self) -> str:
        """The meaning in words: ``"Move destination unknown"``."""
        return self._listed()[1] or (self.category if self._known() else "not a listed status")

    @property
    def section(self) -> Citation:
        """Where the standard lists this code."""
        if 0x0100 <= self.code <= 0x02FF:
            return _GENERAL  # the same for every service
        service = self.service or self._only_service()
        return _SERVICES[service][1] if service in _SERVICES else _GENERAL

    def raise_for_status(self, act: str, remedy: str = "") -> None:
        """Raise `DimseError` if this is a failure or a cancel, else do nothing."""
        if not self:
            raise DimseError(
                f"{act} ended with {self}" + (f" ({self.comment})" if self.comment else ""),
                status=self.code,
                remedy=remedy or f"Read {self.section}, and the log of the other side.",
            )

    def _listed(self) -> tuple[str, str]:
        service = self.service or self._only_service()
        table = _SERVICES[service][0] if service in _SERVICES else tables.GENERAL_STATUS
        if self.code in _CORRECTED:
            return _CORRECTED[self.code]
        return table.get(self.code) or _LACKING.get((service, self.code), ("", ""))

    def _only_service(self) -> str:
        """Name a service for a bare code, where all that list the code give it one meaning."""
        listed = {
            name: table[self.code] for name, (table, _) in _SERVICES.items() if self.code in table
        }
        return next(iter(listed)) if len(set(listed.values())) == 1 else ""

    def _known(self) -> bool:
        return bool(self._listed()[0]) or tables.code_to_category(self.code) != "Unknown"

    def __str__(self) -> str:
        return f"0x{self.code:04X} {self.text}"

    def __repr__(self) -> str:
        return f"<Status {self}>"

    def __int__(self) -> int:
        return self.code

    __index__ = __int__

    def __bool__(self) -> bool:
        return self.category not in ("Failure", "Cancel")

    def __eq__(self, other: Any) -> bool:
        return self.code == (other.code if isinstance(other, Status) else other)

    def __hash__(self) -> int:
        return hash(self.code)
