"""Citations of the standards: one spelling, and an edition-free link."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

_DICOM = "https://dicom.nema.org/medical/dicom/current/output/chtml"


@dataclass(frozen=True)
class Citation:
    """One place in a standard.

    Attributes
    ----------
    document
        ``"PS3.4"`` … ``"PS3.22"``, ``"FHIR R4"``, ``"RFC 9110"``, ``"IHE RAD"`` …
    section
        Section, annex, table or page: ``"C.2.2.2.1"``, ``"Table 9-21"``, ``"imagingstudy"``.
    """

    document: str
    section: str

    def __str__(self) -> str:
        return f"{self.document} {self.section}".strip()

    @property
    def url(self) -> str:
        """The current edition's page, or ``""`` where there is no stable address."""
        part = re.fullmatch(r"PS3\.(\d+)", self.document)
        if part:
            number = int(part.group(1))
            folder = f"{_DICOM}/part{number:02d}"
            if re.fullmatch(r"[A-Z0-9]+(\.\d+)*", self.section):
                kind = "sect" if "." in self.section else "chapter"
                return f"{folder}/{kind}_{self.section}.html"
            return f"{folder}/ps3.{number}.html"
        if self.document == "FHIR R4":
            return f"https://hl7.org/fhir/R4/{self.section.lower()}.html"
        rfc = re.fullmatch(r"RFC (\d+)", self.document)
        return f"https://www.rfc-editor.org/rfc/rfc{rfc.group(1)}" if rfc else ""

    def _repr_html_(self) -> str:
        text = html.escape(str(self))
        return f'<a href="{self.url}">{text}</a>' if self.url else text


def cite(document: str, section: str = "") -> Citation:
    """Cite a place in a standard: ``cite("PS3.4", "C.2.2.2.1")``."""
    return Citation(document, section)
