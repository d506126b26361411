"""References as transforms see them: what is meant, before a policy says how it is written."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset

from labkit.fhir.mapping.site import Site


@dataclass(frozen=True)
class Link:
    """A reference to something outside the resource.

    Attributes
    ----------
    kind
        Resource type.
    key
        What identifies it anywhere and for ever, text; ``""`` where nothing does, and then it is
        never created: two people named Smith are not one.
    identifier
        The Identifier by which others know it.
    display
        Words, where no identifier is known.
    ds
        Header that rows of the levels ``person`` and ``request`` read; ``None`` for those of the
        instances themselves.
    reference
        A reference that the site file gives, such as ``"Location/ct-room-1"``.
    """

    kind: str
    key: str = ""
    identifier: dict[str, Any] = field(default_factory=dict)
    display: str = ""
    ds: Dataset | None = field(default=None, compare=False, repr=False)
    reference: str = ""

    @property
    def id(self) -> str:
        """The logical id that this has wherever it is created: the same key, the same id."""
        return resource_id(self.kind, self.key)

    def plain(self) -> dict[str, Any]:
        """Write it without any policy, for comparing."""
        return {
            "link": [self.kind, self.key, self.display, self.reference],
            "identifier": self.identifier,
        }


@dataclass(frozen=True)
class Copy:
    """The value of an element of the study's ImagingStudy: ``Copy("subject")``."""

    element: str


def resource_id(kind: str, key: str) -> str:
    """Return a UUID that depends on nothing else (RFC 4122 version 5): no run, clock or order."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}|{key}"))


def study_id(study_uid: str) -> str:
    """Return the logical id of the ImagingStudy of a study."""
    return resource_id("ImagingStudy", f"urn:oid:{study_uid}")


@dataclass(frozen=True)
class Context:
    """What a transform may know beside the values of its row.

    Attributes
    ----------
    fhir
        ``"R4"`` or ``"R5"``.
    endpoint
        Service base of DICOMweb, or ``""``.
    study_uid
        Of the study that is being mapped.
    """

    site: Site
    fhir: str
    endpoint: str
    study_uid: str

    def study(self) -> dict[str, str]:
        """Return a Reference to the ImagingStudy."""
        return {"reference": f"ImagingStudy/{study_id(self.study_uid)}"}
