"""What is asked of consents: who would do what, for which purpose, with which data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from labkit.common.access import Decision

EMERGENCY = frozenset({"BTG", "ETREAT"})
"""Purposes (v3-ActReason) that may break the glass: "break the glass" and emergency treatment."""


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes
    ----------
    patient
        Logical id of the Patient whose data it is.
    kind
        Resource type of the data; ``"ImagingStudy"`` for DICOM objects too.
    reference
        The resource, ``ImagingStudy/s1``, of which the data are, or are a part; ``""`` where there
        is none yet.
    now
        Compared with periods.
    known
        Whether the data could be read; else their codes, dates and references are not known.
    is_resource
        Whether it is the FHIR resource itself, and not the DICOM objects that it tells of.
    actors
        References by which the one who asks, or receives, may be named; empty where not known.
    action
        A code of consentaction: collect, access, use, disclose or correct.
    purpose
        A code of v3-ActReason.
    reason
        Why the glass is broken, in words.
    study
        StudyInstanceUID, where the data are of one study.
    labels
        Security labels of the data, system and code.
    codes
        Codes found anywhere in the data, system and code.
    dates
        When the data are of: seconds since the epoch, from and to; ``None`` if not known.
    refers_to
        References that the data hold.
    referred_by
        References to what refers to the data, as far as consents name it.
    unreadable
        References that consents name, to what cannot be read.
    base_url
        Of the FHIR server: references that begin with it are ours.
    """

    patient: str
    kind: str
    reference: str
    now: datetime
    known: bool = True
    is_resource: bool = True
    actors: frozenset[str] = frozenset()
    action: str = "access"
    purpose: str = "TREAT"
    reason: str = ""
    study: str = ""
    labels: frozenset[tuple[str, str]] = frozenset()
    codes: frozenset[tuple[str, str]] = frozenset()
    dates: tuple[float, float] | None = None
    refers_to: frozenset[str] = frozenset()
    referred_by: frozenset[str] = frozenset()
    unreadable: frozenset[str] = frozenset()
    base_url: str = ""


@dataclass(frozen=True)
class Step:
    """What was made of one part of one Consent.

    Attributes
    ----------
    consent
        ``Consent/c1``.
    element
        Where in it: ``Consent.provision.provision[0]``.
    outcome
        ``permit`` or ``deny`` where it counts, ``no match``, ``not in force`` or ``unreadable``.
    why
        In words.
    depth
        How deep it lies: 0 the base rule, 1 the outer provision, and so on.
    """

    consent: str
    element: str
    outcome: str
    why: str
    depth: int = 0


@dataclass(frozen=True)
class Ruling(Decision):
    """A decision, with the way to it.

    Attributes
    ----------
    trail
        Every part that was looked at, in order.
    decided_by
        The one that decided; ``None`` where the site's default did.
    glass_broken
        Whether it is allowed only because of an emergency; then it has to be recorded.
    """

    private: ClassVar[bool] = True
    trail: tuple[Step, ...] = ()
    decided_by: Step | None = None
    glass_broken: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "allowed": self.allowed,
            "reason": self.reason,
            "glass_broken": self.glass_broken,
            "decided_by": vars(self.decided_by) if self.decided_by else None,
            "trail": [dict(vars(step)) for step in self.trail],
        }
