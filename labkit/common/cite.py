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
            if re.fullmatch(r"[A-Z0-9]+(\.\d+[a-z]?)*", self.section):
                page = _page(self.section)
                anchor = f"#sect_{self.section}" if page != f"sect_{self.section}" else ""
                return f"{folder}/{page}.html" + (anchor if "." in self.section else "")
            return f"{folder}/ps3.{number}.html"
        if self.document == "FHIR R4":
            return f"https://hl7.org/fhir/R4/{self.section.lower()}.html"
        rfc = re.fullmatch(r"RFC (\d+)", self.document)
        return f"https://www.rfc-editor.org/rfc/rfc{rfc.group(1)}" if rfc else ""

    def _repr_html_(self) -> str:
        text = html.escape(str(self))
        return f'<a href="{self.url}">{text}</a>' if self.url else text


def _page(section: str) -> str:
    """Name the page that a section is on.

    The standard's pages go down to five numbers, and a section that is the first of its parent
    has none of its own: C.7.6.3.1.2 is on the page of C.7.6.3.
    """
    kept: list[str] = []
    for number in section.split(".")[:5]:
        if kept and number == "1":
            break
        kept.append(number)
    return ("sect_" if len(kept) > 1 else "chapter_") + ".".join(kept)


def cite(document: str, section: str = "") -> Citation:
    """Cite a place in a standard: ``cite("PS3.4", "C.2.2.2.1")``."""
    return Citation(document, section)
