"""What DICOM cannot say and a site knows: one TOML file.

::

    zone = "Europe/Rome"                       # for times without (0008,0201)
    dicomweb = "https://pacs.example/dicom-web"

    [issuer]                                   # who issued an ID → system
    "North General" = "urn:oid:2.25.101"
    default = "urn:oid:2.25.100"               # where the header names nobody; leave out if unsure

    [organization]                             # the same names → the Organization there
    "North General" = "Organization/north-general"

    [scheme]                                   # coding scheme designator → system
    99LABKIT = "https://labkit.example/procedures"

    [code.99LABKIT.CTHEAD]                     # local code → standard code, added to it
    system = "http://loinc.org"
    code = "30799-1"
    display = "CT Head WO contrast"

    [ae.CT1]                                   # AE title or Station Name → what it is
    device = "Device/ct1"
    location = "Location/ct-room-1"
    display = "CT, room 1"

    [policy]                                   # create | conditional | logical | lookup
    Patient = "conditional"

    [[private]]                                # a private element, by creator (PS3.5 7.8.1)
    source = '(0019,"ACME 1.0",10)'            # used where the standard attribute gives nothing
    path = "ImagingStudy.series.description"
    transform = "string"

An empty site knows nothing, and nothing is invented for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from labkit.common.errors import UsageError
from labkit.fhir.mapping.textfile import parse_toml, read_text

POLICIES = ("create", "conditional", "logical", "lookup")
#: Orders belong to the order placer and people to a directory: images do not create them.
DEFAULT_POLICY: Mapping[str, str] = MappingProxyType({
    "Patient": "create",
    "Endpoint": "create",
    "Device": "create",
    "Practitioner": "logical",
    "ServiceRequest": "logical",
    "Organization": "logical",
    "Location": "logical",
    "Specimen": "logical",
})  # fmt: skip
_KEYS = ("zone", "dicomweb", "issuer", "organization", "scheme", "code", "ae", "policy", "private")


@dataclass(frozen=True)
class Site:
    """A site, see the module for the meaning of each part.

    Attributes
    ----------
    zone
        IANA name, or ``""``.
    dicomweb
        Service base of DICOMweb, without ``/studies``; or ``""``.
    """

    zone: str = ""
    dicomweb: str = ""
    issuer: Mapping[str, str] = field(default_factory=dict)
    organization: Mapping[str, str] = field(default_factory=dict)
    scheme: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    ae: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    policy: Mapping[str, str] = field(default_factory=dict)
    private: Sequence[Mapping[str, str]] = ()

    def __post_init__(self) -> None:
        if self.zone:
            self.zoneinfo()
        for kind, value in self.policy.items():
            if kind not in DEFAULT_POLICY:
                raise UsageError(
                    f"the site file has a policy for {kind!r}, which the mapping never refers to",
                    remedy=f"types: {', '.join(DEFAULT_POLICY)}",
                )
            if value not in POLICIES:
                raise UsageError(
                    f"the policy of {kind} is {value!r}", remedy=f"one of {', '.join(POLICIES)}"
                )

    @classmethod
    def load(cls, path: str | Path | None = None) -> Site:
        """Read a site file; ``None`` gives the empty site.

        Raises
        ------
        DataError
            No such file, or no TOML.
        UsageError
            An unknown key, zone or policy.
        """
        if path is None:
            return cls()
        return cls.parse(read_text(path, "site file"), str(path))

    @classmethod
    def parse(cls, text: str, name: str = "the site file") -> Site:
        """Read the text of a site file."""
        data = parse_toml(text, name)
        for key, value in data.items():
            if key not in _KEYS:
                raise UsageError(f"{name} has no key {key!r}", remedy=f"keys: {', '.join(_KEYS)}")
            if key == "private":
                _check_private(value, name)
                continue
            depth = {"zone": 0, "dicomweb": 0, "code": 3, "ae": 2}.get(key, 1)
            if not _shaped(value, depth):
                raise UsageError(
                    f"{name}: {key} is not written as it should be",
                    remedy="look at the example at the top of labkit/fhir/mapping/site.py",
                )
        return cls(**data)

    def zoneinfo(self) -> ZoneInfo | None:
        """Return the zone, or ``None`` if the site has none.

        Raises
        ------
        UsageError
            The IANA database has no such zone.
        """
        if not self.zone:
            return None
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(
                f"there is no time zone {self.zone!r}", remedy="write it as Europe/Rome"
            ) from error

    def with_policy(self, **policy: str) -> Site:
        """Return a site with other policies: ``site.with_policy(Patient="logical")``."""
        return replace(self, policy={**self.policy, **policy})

    def policy_of(self, kind: str) -> str:
        """Return the reference policy of a resource type."""
        return self.policy.get(kind, DEFAULT_POLICY.get(kind, "logical"))


def _check_private(rows: Any, name: str) -> None:
    good = isinstance(rows, list) and all(
        isinstance(row, dict) and {"source", "path"} <= set(row) <= {"source", "path", "transform"}
        for row in rows
    )
    if not good:
        raise UsageError(
            f"{name}: private is not written as it should be",
            remedy="[[private]], then source, path and, if you like, transform, each on a line",
        )


def _shaped(value: Any, depth: int) -> bool:
    if depth == 0:
        return isinstance(value, str)
    return isinstance(value, dict) and all(_shaped(v, depth - 1) for v in value.values())
