"""Who exchanges: communities, who issues their patient IDs, and a patient's ID with its issuer.

In one hospital "1001234" is a patient. Between hospitals it is one only together with the authority
that issued it; HL7 v2 writes both as a CX, ``1001234^^^&2.25.17&ISO``, and so does XDS
(ITI TF-3 4.2.3.1.7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.common.errors import UsageError

_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")


@dataclass(frozen=True)
class PatientId:
    """A patient's identifier and who issued it.

    Attributes
    ----------
    value
        As in Patient ID (0010,0020).
    authority
        OID of the assigning authority, without ``urn:oid:``.
    """

    value: str
    authority: str

    @classmethod
    def parse(cls, cx: str) -> PatientId:
        """Read a CX, or a FHIR token ``urn:oid:2.25.17|1001234``.

        Raises
        ------
        UsageError
            It names no authority by OID, or no patient.
        """
        if cx.startswith("urn:oid:") and "|" in cx:
            oid, _, value = cx.removeprefix("urn:oid:").partition("|")
            return cls._checked(value, oid, cx)
        parts = cx.split("^")
        domain = parts[3].split("&") if len(parts) > 3 else []
        if len(domain) < 3 or domain[2] != "ISO":
            raise UsageError(
                f"{cx!r} does not say who issued the patient's ID.",
                remedy="Write it as a CX with the authority's OID: 1001234^^^&2.25.17&ISO",
            )
        return cls._checked(parts[0], domain[1], cx)

    @classmethod
    def _checked(cls, value: str, oid: str, said: str) -> PatientId:
        if not value or not _OID.fullmatch(oid):
            raise UsageError(
                f"{said!r} is no patient's ID with an OID of its issuer.",
                remedy="Write it as a CX with the authority's OID: 1001234^^^&2.25.17&ISO",
            )
        return cls(value, oid)

    @property
    def cx(self) -> str:
        """HL7 v2 CX, as XDS metadata and stored queries have it."""
        return f"{self.value}^^^&{self.authority}&ISO"

    @property
    def token(self) -> str:
        """FHIR search token."""
        return f"urn:oid:{self.authority}|{self.value}"

    @property
    def identifier(self) -> dict[str, str]:
        """FHIR Identifier."""
        return {"system": f"urn:oid:{self.authority}", "value": self.value}

    def __str__(self) -> str:
        return self.cx


@dataclass(frozen=True)
class Party:
    """One community of the exchange, as the others know it.

    Attributes
    ----------
    name
        For people.
    issuer
        As Issuer of Patient ID (0010,0021) has it.
    home
        Its homeCommunityId, an OID as URI (ITI TF-2 3.38.4.1.2.1; ``urn:oid:…``).
    authority
        OID of the authority that issues its patient IDs.
    repository
        repositoryUniqueId of its document repository, an OID.
    images
        repositoryUniqueId under which its imaging document source is asked (RAD-69), an OID.
    source
        sourceId of what it submits, an OID.
    """

    name: str
    issuer: str
    home: str
    authority: str
    repository: str
    images: str
    source: str

    def patient(self, PatientID: str) -> PatientId:  # noqa: N803 - as DICOM spells it
        """Return a Patient ID of this community with its issuer."""
        return PatientId(PatientID, self.authority)


def _party(name: str, issuer: str, arc: int) -> Party:
    # 2.25 takes the integer of a UUID (ITU-T X.667): small ones like these are for examples.
    oids = [f"2.25.{arc}.{n}" for n in range(1, 6)]
    return Party(name, issuer, f"urn:oid:{oids[0]}", *oids[1:])


NORTH = _party("North General", "NORTHGEN", 2026101)
LAKESIDE = _party("Lakeside Clinic", "LAKESIDE", 2026102)
