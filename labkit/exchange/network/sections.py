"""Communities, sites and links of a design: what each key means, and which values it can have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.dimse.peer import check_ae_title
from labkit.exchange.network.values import named, not_negative, one_of
from labkit.exchange.parties import Party

STYLES = ("centralised", "federated", "hybrid")
"""Where images are kept: all in one place; each where it was made; there, with a central index."""
PROTOCOLS = ("dicomweb", "dimse", "xca")
"""What sites ask each other with. ``xca`` is between communities: ITI-38, ITI-39, RAD-75."""
ROLES = ("hospital", "centre", "router", "cloud")
ARCHIVES = ("own", "cache", "none")
"""``own`` keeps what was made there; ``cache`` keeps copies, the newest; ``none`` passes on."""
SERVICES = (
    "store", "find", "move", "get", "dicomweb", "registry", "repository", "gateway", "pix", "audit",
    "portal",
)  # fmt: skip
"""What a site may offer to others."""
PASSES = ("all", "once")
"""Whether a router passes on what it has passed on before."""
_OID = re.compile(r"(urn:oid:)?[0-2](\.(0|[1-9]\d*))+")


@dataclass(frozen=True)
class CommunityDesign:
    """One community: those who share a registry and an authority for patient IDs.

    Attributes
    ----------
    name
        For people; sites name it.
    home
        homeCommunityId, an OID as URI (ITI TF-2 3.38.4.1.2.1).
    authority
        OID of the authority that issues its patient IDs.
    issuer
        As Issuer of Patient ID (0010,0021) has it.
    repository, images, source
        OIDs as of `labkit.exchange.parties.Party`; below `home` where they are left out.
    """

    name: str
    home: str = ""
    authority: str = ""
    issuer: str = ""
    repository: str = ""
    images: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        named("name", self.name)
        for key in ("home", "authority", "repository", "images", "source"):
            value = getattr(self, key)
            if value and not _OID.fullmatch(value):
                raise UsageError(f"{key} is no OID.", remedy="Write digits and dots: 2.25.17.1")

    @property
    def party(self) -> Party:
        """As the services of the exchange know it.

        Raises
        ------
        UsageError
            It has no home or no authority.
        """
        for key in ("home", "authority"):
            if not getattr(self, key):
                raise UsageError(
                    f"{self.name} has no {key}.", remedy=f"Give its [[community]] an OID as {key}."
                )
        bare = self.home.removeprefix("urn:oid:")
        return Party(
            self.name,
            self.issuer or self.name.upper(),
            f"urn:oid:{bare}",
            self.authority.removeprefix("urn:oid:"),
            self.repository or f"{bare}.3",
            self.images or f"{bare}.4",
            self.source or f"{bare}.5",
        )


@dataclass(frozen=True)
class SiteDesign:
    """One place with a machine room.

    Attributes
    ----------
    name
        A short word; links name it.
    community
        Name of its community.
    ae_title
        Of its archive, or of its router where it has no archive.
    role
        One of `ROLES`.
    archive
        One of `ARCHIVES`.
    keep
        How many studies of other sites it keeps as copies, the newest. 0: an archive of its own
        keeps none of them; a cache keeps all, and nobody retires them.
    services
        Of `SERVICES`.
    studies
        Slugs of sample studies (`labkit.dicom.samples`) that are there at the start.
    forward
        Names of the sites to which it passes on all that it is sent, beside what the style says.
    rules
        File of a router's rules (`labkit.pacs.rules`), from the design's folder.
    passes
        One of `PASSES`, of a site that forwards.
    patients_to
        Names of the sites whose registry is told of its patients (ITI-8, ITI-44).
    studies_per_year, mbyte_per_study
        How much is made there, for sizing.
    """

    name: str
    community: str
    ae_title: str
    role: str = "hospital"
    archive: str = "own"
    keep: int = 0
    services: tuple[str, ...] = ("store", "find", "move", "dicomweb")
    studies: tuple[str, ...] = ()
    forward: tuple[str, ...] = ()
    rules: Path | None = None
    passes: str = "all"
    patients_to: tuple[str, ...] = ()
    studies_per_year: int = 0
    mbyte_per_study: float = 0.0

    def __post_init__(self) -> None:
        named("name", self.name)
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,30}", self.name):
            raise UsageError(
                "name is no short word.", remedy='Letters, digits, "-" and "_": lakeside'
            )
        try:
            check_ae_title(self.ae_title)
        except UsageError as error:
            raise UsageError(f"ae_title cannot be: {error.message}", remedy=error.remedy) from error
        one_of("role", self.role, ROLES)
        one_of("archive", self.archive, ARCHIVES)
        one_of("passes", self.passes, PASSES)
        for service in self.services:
            one_of("services", service, SERVICES)
        for key in ("keep", "studies_per_year", "mbyte_per_study"):
            not_negative(key, getattr(self, key))

    def offers(self, *services: str) -> bool:
        """Whether it offers all of these services."""
        return set(services) <= set(self.services)


@dataclass(frozen=True)
class LinkDesign:
    """One line between two sites; it carries both ways.

    Attributes
    ----------
    from_, to
        Names of its two ends (``from`` and ``to`` in the file).
    mbit
        Megabits a second in each direction; 0: as fast as the machine is.
    ms
        Milliseconds that a byte is under way, one way.
    tls
        Whether what goes over it is encrypted, between nodes that know each other (ITI-19).
    name
        For people; made of the ends where it is left out.
    """

    from_: str
    to: str
    mbit: float = 0.0
    ms: float = 0.0
    tls: bool = True
    name: str = ""

    def __post_init__(self) -> None:
        if self.from_ == self.to:
            raise UsageError("to is where it comes from.", remedy="A link has two ends.")
        not_negative("mbit", self.mbit)
        not_negative("ms", self.ms)
        if not self.name:
            object.__setattr__(self, "name", f"{self.from_}-{self.to}")

    @property
    def ends(self) -> frozenset[str]:
        """The names of both ends."""
        return frozenset((self.from_, self.to))
