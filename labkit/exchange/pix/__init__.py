"""Which patient IDs of several sites are of one person: IHE PIXm in small.

::

    domains = [Domain.of(NORTH), Domain.of(LAKESIDE)]
    pix = CrossReference.from_table(
        domains, [(NORTH.patient("NG-100457"), LAKESIDE.patient("LK-20871"))]
    )
    pix.corresponding(NORTH.patient("NG-100457"), [LAKESIDE.authority])

`pix_app` serves it as ``$ihe-pix`` (ITI-83), `PixClient` asks such a service, and `from_patients`
builds it of a FHIR server's Patients by a declared `Rule`.
"""

from labkit.exchange.pix.app import pix_app
from labkit.exchange.pix.client import PixClient
from labkit.exchange.pix.crossreference import (
    CrossReference,
    Entry,
    UnknownAuthority,
    UnknownPatientId,
)
from labkit.exchange.pix.domains import Domain
from labkit.exchange.pix.matching import Rule, from_patients

__all__ = [
    "CrossReference",
    "Domain",
    "Entry",
    "PixClient",
    "Rule",
    "UnknownAuthority",
    "UnknownPatientId",
    "from_patients",
    "pix_app",
]
