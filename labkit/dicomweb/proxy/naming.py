"""Whether a PACS compares names as DICOMweb clients expect: without regard to case."""

from __future__ import annotations

from labkit.dicomweb.proxy.pacs import Pacs
from labkit.dimse import identifier
from labkit.pacs.matching import element_text

_SAMPLE = 50  # studies among which there is one whose name can be written otherwise


def compares_names_here(pacs: Pacs) -> bool:
    """Whether names are to be compared here, with all of them fetched.

    "auto" asks once: for one study that the PACS has, by its name in the other case. One that does
    not find it compares with regard to case, which PS3.4 C.2.2.2.1 allows.
    """
    if pacs.upstream.names != "auto":
        return pacs.upstream.names == "here"
    if pacs.names_here is None:
        pacs.names_here = _by_case(pacs)
    return pacs.names_here is not False


def _by_case(pacs: Pacs) -> bool | None:
    asked = identifier("STUDY", StudyInstanceUID=None, PatientName=None)
    for ds in pacs.find("STUDY", asked, _SAMPLE):
        name = element_text(ds["PatientName"]).partition("=")[0] if "PatientName" in ds else ""
        other = name.swapcase().rstrip("^")
        if not name.isascii() or other == name.rstrip("^") or any(c in name for c in "*?\\"):
            continue
        again = identifier(
            "STUDY", StudyInstanceUID=str(ds.StudyInstanceUID), PatientName=f"{other}*"
        )
        return not pacs.find("STUDY", again)
    return None
