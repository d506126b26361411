"""``lab.audit``: the trail of decisions, and what can be asked of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from labkit.access.audit import Verification
from labkit.lab.secure.facets.consents import Call

Record = dict[str, Any]


class AuditFacet:
    """The audit trail of the lab. Each look into it is on record as well.

    Parameters
    ----------
    call
        Asks the control interface of the lab.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    def records(self, since: int = 0) -> list[Record]:
        """Return the records after a number (``seq``), oldest first."""
        found: list[Record] = self._call("GET", f"/audit?since={int(since)}")
        return found

    def follow(self, StudyInstanceUID: str) -> list[Record]:  # noqa: N803
        """Return every record that a study has part in, oldest first."""
        path = f"/audit/studies/{quote(str(StudyInstanceUID), safe='')}"
        found: list[Record] = self._call("GET", path)
        return found

    def verify(self) -> Verification:
        """Have the whole trail read, and say whether it is as it was written."""
        found = self._call("GET", "/audit/verify")
        number, hash_ = found["head"]
        return Verification(
            found["records"], found["fault"], found["record"], found["why"],
            (number, hash_), tuple(found["clock_back"]),
        )  # fmt: skip

    @property
    def aside(self) -> tuple[str, ...]:
        """Trails that a reset has set aside, oldest first: folders in ``secure/audit``."""
        return tuple(self._call("GET", "/audit/verify")["aside"])

    @property
    def last(self) -> int:
        """The number of the newest record: what comes after it is yours."""
        return int(self._call("GET", "/audit/last")["seq"])

    def __repr__(self) -> str:
        return "Audit: records(since=…), follow(StudyInstanceUID), verify()"
