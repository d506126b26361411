"""The design of an image-exchange network: what a designer writes down, before anything runs.

One TOML file says who exchanges, where images are kept, over which lines, and under which rules::

    name = "Two hospitals and an archive"
    style = "centralised"            # or "federated", "hybrid"

    [[community]]
    name = "Valley"
    home = "urn:oid:2.25.2026103.1"
    authority = "2.25.2026103.2"

    [[site]]
    name = "north"
    community = "Valley"
    ae_title = "NORTH"
    studies = ["ct-head"]

    [[link]]
    from = "north"
    to = "centre"
    mbit = 100
    ms = 8

`read_design` reads it, `check_design` says what is wrong with it, `Network` builds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from labkit.common.errors import UsageError
from labkit.common.toml_file import TomlFile
from labkit.exchange.network.sections import (
    PROTOCOLS,
    STYLES,
    CommunityDesign,
    LinkDesign,
    SiteDesign,
)
from labkit.exchange.network.terms import Cloud, Identity, Retention, Security
from labkit.exchange.network.values import one_of

_LISTS = {"community": CommunityDesign, "site": SiteDesign, "link": LinkDesign}
_SINGLE = {"security": Security, "retention": Retention, "identity": Identity, "cloud": Cloud}
_PLURAL = {"community": "communities", "site": "sites", "link": "links"}
_MOST = {"community": 400, "site": 400, "link": 4000}
"""A file with more is no design that this machine could do anything with."""


@dataclass(frozen=True)
class Head:
    """What stands before the first section."""

    name: str
    style: str
    protocol: str = "dicomweb"
    note: str = ""

    def __post_init__(self) -> None:
        one_of("style", self.style, STYLES)
        one_of("protocol", self.protocol, PROTOCOLS)


@dataclass(frozen=True)
class Design:
    """A whole design.

    Attributes
    ----------
    name, note
        For people.
    style
        One of `STYLES`: where images are kept.
    protocol
        One of `PROTOCOLS`: what sites ask each other with.
    communities, sites, links
        In the order of the file; names are unique.
    security, retention, identity, cloud
        The rules.
    file
        Where it was read from; ``None`` of one that was made in Python.

    Raises
    ------
    UsageError
        A name occurs twice, or something names what is not there.
    """

    name: str
    style: str
    communities: tuple[CommunityDesign, ...]
    sites: tuple[SiteDesign, ...]
    links: tuple[LinkDesign, ...] = ()
    security: Security = field(default_factory=Security)
    retention: Retention = field(default_factory=Retention)
    identity: Identity = field(default_factory=Identity)
    cloud: Cloud = field(default_factory=Cloud)
    protocol: str = "dicomweb"
    note: str = ""
    file: TomlFile | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        Head(self.name, self.style, self.protocol, self.note)
        for part, rows in (("community", self.communities), ("site", self.sites)):
            if not rows:
                raise UsageError(f"There is no [[{part}]].", remedy=f"Write one [[{part}]] each.")
        for part in _LISTS:
            self._unique(part)
        for place, site in enumerate(self.sites):
            known = [community.name for community in self.communities]
            self._known(known, [site.community], "site", "community", place)
            for key in ("forward", "patients_to"):
                self._known(self._names, getattr(site, key), "site", key, place)
        for place, link in enumerate(self.links):
            self._known(self._names, [link.from_], "link", "from", place)
            self._known(self._names, [link.to], "link", "to", place)
        for part, key in (("security", "audit"), ("identity", "manager"), ("cloud", "at")):
            named = getattr(getattr(self, part), key)
            self._known(self._names, [named] if named else [], part, key)

    @property
    def _names(self) -> list[str]:
        return [site.name for site in self.sites]

    def where(self, part: str, key: str = "", index: int = 0) -> str:
        """Say where something stands: ``design.toml:12``, or what it is called without a file."""
        if self.file is None:
            return f"[{part}]" if part in _SINGLE or not part else f"[[{part}]] {index + 1}"
        at = self.file.where(part, key, index)
        return at if ":" in at or not key else self.file.where(part, "", index)

    def _unique(self, part: str) -> None:
        rows: Iterable[Any] = getattr(self, _PLURAL[part])
        names = [row.name for row in rows]
        for name, count in Counter(names).items():
            if count > 1:
                last = len(names) - 1 - names[::-1].index(name)
                raise UsageError(
                    f"{self.where(part, 'name', last)}: {part} {name} is there {count} times.",
                    remedy="Give each a name of its own.",
                )

    def _known(
        self, known: Iterable[str], named: Iterable[str], part: str, key: str, place: int = 0
    ) -> None:
        for name in named:
            if name not in known:
                close = get_close_matches(name, known, n=1)
                hint = f"Did you mean {close[0]}? " if close else ""
                kind = "community" if key == "community" else "site"
                raise UsageError(
                    f"{self.where(part, key, place)}: there is no {kind} {name}.",
                    remedy=f"{hint}There is {', '.join(known)}.",
                )

    def site(self, name: str) -> SiteDesign:
        """Return a site by its name.

        Raises
        ------
        UsageError
            There is none.
        """
        self._known(self._names, [name], "site", "name")
        return next(site for site in self.sites if site.name == name)

    def community(self, name: str) -> CommunityDesign:
        """Return a community by its name; as `site`."""
        for community in self.communities:
            if community.name == name:
                return community
        raise UsageError(
            f"There is no community {name}.",
            remedy=f"There is {', '.join(c.name for c in self.communities)}.",
        )

    def link(self, one: str, other: str) -> LinkDesign | None:
        """Return the link between two sites; of several, the first."""
        wanted = frozenset((one, other))
        return next((link for link in self.links if link.ends == wanted), None)

    @property
    def hospitals(self) -> tuple[SiteDesign, ...]:
        """The sites where patients are."""
        return tuple(site for site in self.sites if site.role == "hospital")

    @property
    def centre(self) -> SiteDesign | None:
        """The site with the central archive or index; ``None`` where there is none."""
        return next((site for site in self.sites if site.role == "centre"), None)

    def members(self, community: str) -> tuple[SiteDesign, ...]:
        """The sites of a community."""
        return tuple(site for site in self.sites if site.community == community)

    def changed(self, **parts: Any) -> Design:
        """Return a copy with other parts: ``design.changed(style="federated")``."""
        return replace(self, file=None, **parts)


def read_design(source: Path | str) -> Design:
    """Read a design.

    Parameters
    ----------
    source
        Its file, or its text (which has more than one line).

    Raises
    ------
    UsageError
        It cannot be read; says in which line, and what to do.
    """
    file = _file(source)
    if len(file.text) > 2_000_000:
        raise UsageError(f"{file.path.name} is too long for a design.", remedy="Is it the file?")
    parts = {key: value for key, value in file.data.items() if isinstance(value, (dict, list))}
    top = {key: value for key, value in file.data.items() if key not in parts}
    head: Head = file.section(Head, "", top)
    replace(file, data=parts).sections([*_LISTS, *_SINGLE], lists=_LISTS)
    made: dict[str, Any] = {}
    for name, kind in _LISTS.items():
        rows = parts.get(name, [])
        if len(rows) > _MOST[name]:
            raise UsageError(
                f"{file.path.name} has {len(rows)} {_PLURAL[name]}; {_MOST[name]} is the most.",
                remedy="Model a larger network; build a part of it.",
            )
        made[_PLURAL[name]] = tuple(
            file.section(kind, name, dict(row), place) for place, row in enumerate(rows)
        )
    for name, kind in _SINGLE.items():
        if name in parts:
            made[name] = file.section(kind, name, dict(parts[name]))
    top_parts = {each.name: getattr(head, each.name) for each in fields(head)}
    return Design(**top_parts, **made, file=file)


def _file(source: Path | str) -> TomlFile:
    missing = "Give the path of a design, or its text; example() has some to begin with."
    if isinstance(source, Path) or "\n" not in source:
        path = Path(source)
        # Nothing of this process's environment belongs into a design.
        return TomlFile.read(path, missing=missing, environment={})
    return TomlFile.parse(source, Path("design.toml"), environment={})
