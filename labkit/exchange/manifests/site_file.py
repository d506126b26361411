"""A site's file for manifests (TOML): who makes them, who issues IDs, where images are had."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.common.toml_file import TomlFile
from labkit.exchange.manifests.maker import Maker
from labkit.exchange.manifests.model import Location
from labkit.exchange.manifests.regions import high_level
from labkit.exchange.parties import LAKESIDE, NORTH

PARTIES = {"north": NORTH, "lakeside": LAKESIDE}
_MISSING = "Give --site a TOML file with [site] and [regions], or one of north, lakeside."


@dataclass(frozen=True)
class _Site:
    institution: str
    institution_oid: str = ""
    manufacturer: str = "labkit"
    timezone: str = ""
    patient_authority: str = ""
    patient_issuer: str = ""
    accession_authority: str = ""
    order_authority: str = ""
    display_url: str = ""
    url: str = ""
    location_uid: str = ""
    ae_titles: tuple[str, ...] = ()


def maker_of(site: str, *, url: str = "") -> Maker:
    """Return the maker that a name or a file describes.

    Parameters
    ----------
    site
        ``north`` or ``lakeside``, a site of the lab; or the path of a TOML file::

            [site]
            institution = "Saint Elsewhere"
            institution_oid = "2.25.1"
            timezone = "+0100"
            patient_authority = "2.25.2"       # accession_authority, order_authority
            url = "https://pacs.example/rs"    # location_uid, ae_titles
            [regions]
            CHEST = "UPPERTRUNK"

        ``""``: nobody knows anything.
    url
        Base of DICOMweb, in place of the file's.

    Raises
    ------
    UsageError
        There is no such file, or something in it is wrong; says in which line.
    """
    if not site:
        return Maker(location=Location(url))
    if site in PARTIES:
        return Maker.of(PARTIES[site], url=url)
    file = TomlFile.read(Path(site), missing=_MISSING)
    file.sections(("site", "regions"))
    said: _Site = file.section(_Site, "site", file.data.get("site", {}))
    regions = file.data.get("regions", {})
    for part, region in regions.items():
        if region not in high_level():
            raise UsageError(
                f"{file.where('regions', part)}: {part} is filed under no high-level region.",
                remedy=f"Use one of {', '.join(sorted(high_level()))} (MADO 6.X.6.4).",
            )
    values = asdict(said)
    location = Location(
        url or values.pop("url"), values.pop("location_uid"), values.pop("ae_titles")
    )
    values.pop("url", None)
    return Maker(**values, location=location, regions=regions)
