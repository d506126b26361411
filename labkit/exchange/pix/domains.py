"""Who issues patient IDs: a Patient Identifier Domain (ITI TF-1 5.1), and its spellings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.common.errors import UsageError
from labkit.exchange.parties import Party

_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")


@dataclass(frozen=True)
class Domain:
    """An assigning authority whose IDs a manager knows.

    Attributes
    ----------
    authority
        Its OID, without ``urn:oid:``.
    name
        For people; goes out as ``Identifier.assigner.display`` (ITI TF-2 Appendix E.3).
    systems
        Other URIs that FHIR servers write for the same authority. They are understood in a
        question and in Patients; an answer has the OID.

    Raises
    ------
    UsageError
        `authority` is no OID.
    """

    authority: str
    name: str
    systems: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _OID.fullmatch(self.authority):
            raise UsageError(
                f"{self.authority!r} is no OID.",
                remedy="Give the OID of the assigning authority, without urn:oid:.",
            )

    @classmethod
    def of(cls, party: Party, *systems: str) -> Domain:
        """Make the domain of a community, with the URIs that are also written for it."""
        return cls(party.authority, party.name, systems)

    @property
    def uri(self) -> str:
        """As `targetSystem` and ``Identifier.system`` have it."""
        return f"urn:oid:{self.authority}"

    def knows(self, system: str) -> bool:
        """Whether `system` is one of its spellings: the OID, as URI or bare, or another URI."""
        return system in (self.uri, self.authority, *self.systems)
