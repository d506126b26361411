"""The names of XDS: namespaces of ebXML, actions of transactions, and the generated UUIDs."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any, Final

RIM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
RS: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
LCM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
QUERY: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
XDSB: Final = "urn:ihe:iti:xds-b:2007"
NSMAP: Final[dict[str | None, str]] = {
    "rim": RIM,
    "rs": RS,
    "lcm": LCM,
    "query": QUERY,
    "xds": XDSB,
}

REGISTER: Final = "urn:ihe:iti:2007:RegisterDocumentSet-b"
PROVIDE: Final = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
STORED_QUERY: Final = "urn:ihe:iti:2007:RegistryStoredQuery"
RETRIEVE: Final = "urn:ihe:iti:2007:RetrieveDocumentSet"

_STATUS = "urn:oasis:names:tc:ebxml-regrep:StatusType:"
_RESPONSE = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:"
_SEVERITY = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:"
APPROVED: Final = f"{_STATUS}Approved"
DEPRECATED: Final = f"{_STATUS}Deprecated"
SUCCESS: Final = f"{_RESPONSE}Success"
FAILURE: Final = f"{_RESPONSE}Failure"
PARTIAL_SUCCESS: Final = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess"
ERROR: Final = f"{_SEVERITY}Error"
WARNING: Final = f"{_SEVERITY}Warning"

REFERENCE_IDS: Final = "urn:ihe:iti:xds:2013:referenceIdList"
"""The Slot of referenceIdList (ITI TF-3 4.2.3.2.28)."""
ACCESSION: Final = "urn:ihe:iti:xds:2013:accession"
"""Type of a reference ID that is an accession number (ITI TF-3 4.2.3.1.7, CXi.5)."""
STUDY: Final = "urn:ihe:iti:xds:2016:studyInstanceUID"
"""Type of a reference ID that is a Study Instance UID (ITI TF-3 4.2.3.1.7, CXi.5)."""


@lru_cache(maxsize=1)
def table() -> dict[str, Any]:
    """Return the generated table: see ``tables/README.md``."""
    text = resources.files("labkit.exchange.xds.tables").joinpath("xds.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def rim(local: str) -> str:
    """Name in the namespace of ebRIM."""
    return f"{{{RIM}}}{local}"


def rs(local: str) -> str:
    """Name in the namespace of ebRS."""
    return f"{{{RS}}}{local}"


def xdsb(local: str) -> str:
    """Name in the namespace of XDS.b."""
    return f"{{{XDSB}}}{local}"


def association(name: str) -> str:
    """Return the URN of a type of association, of ``"RPLC"`` for example."""
    return str(table()["associations"][name])


def stable() -> str:
    """Return the objectType of a document that does not change (ITI TF-3 4.2.5.2)."""
    return str(table()["documentEntryTypes"]["stable"])


def on_demand() -> str:
    """Return the objectType of a document that is made when it is retrieved."""
    return str(table()["documentEntryTypes"]["on_demand"])
