"""Who makes manifests, and what a site knows that its images do not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labkit.exchange.manifests.model import Location
from labkit.exchange.parties import Party

_LO = 64


@dataclass(frozen=True)
class Maker:
    """A content creator as its site configured it.

    Images say "1001234 of NORTHGEN"; a manifest that leaves the hospital has to say whose NORTHGEN
    that is. None of this can be guessed from the images.

    Attributes
    ----------
    institution, institution_oid
        For Institution Name (0008,0080), as an XON where both are known (MADO 6.X.2.7).
    manufacturer
        Of the software that makes manifests.
    timezone
        Of dates and times in images that do not say it (0008,0201), such as ``+0100``.
    patient_authority, accession_authority, order_authority
        OIDs of who issues Patient IDs, accession numbers and placer order numbers.
    patient_issuer
        The issuer as images spell it in (0010,0021). Only such Patient IDs, and those without an
        issuer, are given `patient_authority`; ``""``: all are.
    location
        Where the images can be had.
    display_url
        Of a viewer; ``{study}`` stands for the Study Instance UID.
    regions
        Body Part Examined → that of a high-level region (MADO 6.X.6.4), the site's own choice:
        ``{"CHEST": "UPPERTRUNK"}``. What the value set itself names needs no entry.
    """

    institution: str = ""
    institution_oid: str = ""
    manufacturer: str = "labkit"
    timezone: str = ""
    patient_authority: str = ""
    patient_issuer: str = ""
    accession_authority: str = ""
    order_authority: str = ""
    location: Location = field(default_factory=Location)
    display_url: str = ""
    regions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        party: Party,
        *,
        url: str = "",
        ae_titles: tuple[str, ...] = (),
        timezone: str = "+0000",
        display_url: str = "",
    ) -> Maker:
        """Return the maker of one community of the lab.

        Accession numbers and orders get arcs of their own below the community's authority: an
        authority issues one kind of identifier.

        Parameters
        ----------
        url
            Base of its DICOMweb service, for Retrieve URL.
        """
        return cls(
            institution=party.name, institution_oid=party.home.removeprefix("urn:oid:"),
            timezone=timezone, patient_authority=party.authority, patient_issuer=party.issuer,
            accession_authority=f"{party.authority}.1", order_authority=f"{party.authority}.2",
            location=Location(url, party.images, ae_titles), display_url=display_url,
            regions=LAB_REGIONS,
        )  # fmt: skip

    @property
    def institution_name(self) -> str:
        """Institution Name (0008,0080): XON with the OID, or the name where that is too long."""
        xon = f"{self.institution}^^^^^^^^^{self.institution_oid}"
        whole = self.institution and self.institution_oid and len(xon) <= _LO
        return xon if whole else self.institution[:_LO]


#: How the lab's hospitals file what they examine; another site decides otherwise (MADO 6.X.6.4).
LAB_REGIONS: Mapping[str, str] = {
    "HEAD": "HEADNECK", "BRAIN": "HEADNECK", "NECK": "HEADNECK", "THYROID": "HEADNECK",
    "CHEST": "UPPERTRUNK", "LUNG": "UPPERTRUNK", "CORONARYARTERY": "CARDIOVASCSYS",
    "ABDOMEN": "LOWERTRUNK", "PELVIS": "LOWERTRUNK", "ABDOMENPELVIS": "LOWERTRUNK",
    "HAND": "UPPERLIMB", "WRIST": "UPPERLIMB", "ARM": "UPPERLIMB", "KNEE": "LOWERLIMB",
    "LEG": "LOWERLIMB", "FOOT": "LOWERLIMB",
}  # fmt: skip
