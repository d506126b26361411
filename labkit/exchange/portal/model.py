"""What the portal shows, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

HELD, NOT_HELD, REFUSED, SILENT = "has it", "has none", "does not give it", "did not answer"
"""What a site says of the images of a study."""


@dataclass(frozen=True)
class StudyView:
    """One study, as far as the token gives it.

    Attributes
    ----------
    StudyInstanceUID
        Its UID.
    description, started, status
        As the ImagingStudy has them.
    modalities
        Codes.
    at
        Site → one of `HELD`, `NOT_HELD`, `REFUSED`, `SILENT`.
    images
        Series and instance UIDs of what can be shown, in the order of the series; empty in a list.
    """

    StudyInstanceUID: str
    description: str
    started: str
    status: str
    modalities: tuple[str, ...]
    at: Mapping[str, str] = field(default_factory=dict)
    images: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        where = ", ".join(f"{name} {said}" for name, said in self.at.items()) or "nobody was asked"
        what = self.description or "no description"
        return f"{self.started[:10] or '-':10}  {'/'.join(self.modalities):6}  {what}; {where}"


@dataclass(frozen=True)
class DocumentView:
    """A report or another document.

    Attributes
    ----------
    reference
        ``DiagnosticReport/x`` or ``DocumentReference/x``.
    here
        Whether it can be read through the portal: it lies at the server that was asked.
    """

    reference: str
    title: str
    status: str
    date: str
    here: bool

    def __str__(self) -> str:
        away = "" if self.here else "; kept elsewhere"
        return f"{self.date[:10] or '-':10}  {self.status:10}  {self.title}{away}"


@dataclass(frozen=True)
class View:
    """What one token gives of one patient.

    Attributes
    ----------
    patient
        ``Patient/x``.
    unanswered
        What could not be asked, in words: a list with a hole says that it has one.
    """

    patient: str
    name: str
    studies: tuple[StudyView, ...]
    reports: tuple[DocumentView, ...]
    documents: tuple[DocumentView, ...]
    unanswered: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    def __repr__(self) -> str:
        rows = [f"{self.name} ({self.patient})"]
        for title, found in (("studies", self.studies), ("reports", self.reports),
                             ("documents", self.documents)):  # fmt: skip
            rows += [f"{title}: {len(found)}", *(f"  {each}" for each in found)]
        return "\n".join([*rows, *(f"not known: {text}" for text in self.unanswered)])


@dataclass(frozen=True)
class Share:
    """A link for one outside provider to one study.

    Attributes
    ----------
    id
        To revoke it by; it opens nothing.
    recipient, name
        For whom: a FHIR reference, and in words.
    ends
        Seconds since 1970.
    state
        ``open``, ``ended``, ``revoked`` or ``locked`` (too many wrong passcodes).
    url, passcode
        Known only when it is made; the two go to the recipient by two ways.
    """

    id: str
    StudyInstanceUID: str
    recipient: str
    name: str
    ends: float
    state: str = "open"
    url: str = field(default="", repr=False)
    passcode: str = field(default="", repr=False)
