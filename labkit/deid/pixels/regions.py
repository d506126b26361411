"""Where text is burned in: from the header, from a site's rules, from the user."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Region:
    """A rectangle of every frame, in pixels.

    Attributes
    ----------
    left, top
        Column and row of its first pixel, from 0.
    width, height
        At least 1. What reaches over the edge is cut.
    """

    left: int
    top: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if min(self.left, self.top) < 0 or min(self.width, self.height) < 1:
            raise UsageError(
                f"{self.left}, {self.top}, {self.width}, {self.height} is no region",
                remedy="give left and top from 0, width and height of at least 1, in pixels",
            )

    @property
    def slices(self) -> tuple[slice, slice]:
        """Return rows and columns, to index with."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


@dataclass(frozen=True)
class SiteRule:
    """What a device of the site burns into its pictures, and where.

    A rule holds where everything that it names does; text is looked for without regard to case.

    Attributes
    ----------
    manufacturer, model, modality
        Parts of Manufacturer and Manufacturer's Model Name; Modality whole. ``""``: any.
    rows, columns
        Size of the picture; 0: any.
    blank
        Regions that are blanked.
    keep
        If there are any, all outside of them is blanked.
    """

    manufacturer: str = ""
    model: str = ""
    modality: str = ""
    rows: int = 0
    columns: int = 0
    blank: tuple[Region, ...] = ()
    keep: tuple[Region, ...] = ()

    def holds(self, ds: Dataset) -> bool:
        """Say whether it is about this image."""
        text = (
            (self.manufacturer, ds.get("Manufacturer")),
            (self.model, ds.get("ManufacturerModelName")),
        )
        return (
            all(part.casefold() in str(value or "").casefold() for part, value in text)
            and self.modality in ("", str(ds.get("Modality", "")))
            and self.rows in (0, int(ds.get("Rows", 0) or 0))
            and self.columns in (0, int(ds.get("Columns", 0) or 0))
        )


@dataclass(frozen=True)
class SiteRules:
    """The rules of a site; the first that holds counts."""

    rules: tuple[SiteRule, ...] = ()

    @classmethod
    def read(cls, path: Path) -> SiteRules:
        """Read a TOML file of ``[[rule]]`` tables.

        ::

            [[rule]]
            manufacturer = "GE"
            model = "LOGIQ"
            modality = "US"
            rows = 960
            columns = 1280
            blank = [[0, 0, 1280, 70]]     # left, top, width, height

        Raises
        ------
        UsageError
            It cannot be read, names what there is not, or a rule would hold for every image.
        """
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise _wrong(path, f"cannot be read ({type(error).__name__})") from error
        extra = set(found) - {"rule"}
        if extra:
            raise _wrong(path, f"{sorted(extra)[0]!r} is not known; rules are [[rule]]")
        return cls(tuple(_rule(path, entry) for entry in found.get("rule", [])))

    def of(self, ds: Dataset) -> SiteRule | None:
        """Return the first rule that holds for an image."""
        return next((rule for rule in self.rules if rule.holds(ds)), None)


def _rule(path: Path, entry: Mapping[str, Any]) -> SiteRule:
    known = {"manufacturer": str, "model": str, "modality": str, "rows": int, "columns": int}
    values: dict[str, Any] = {}
    for name, value in entry.items():
        if name in ("blank", "keep"):
            values[name] = tuple(_region(path, four) for four in value)
        elif name in known and isinstance(value, known[name]):
            values[name] = value
        else:
            raise _wrong(path, f"{name} = {value!r} cannot be used in a rule")
    rule = SiteRule(**values)
    if not rule.manufacturer and not rule.model:
        raise _wrong(path, "a rule names neither manufacturer nor model")
    if not rule.blank and not rule.keep:
        raise _wrong(path, "a rule has neither blank nor keep")
    return rule


def _region(path: Path, four: object) -> Region:
    if not isinstance(four, list) or len(four) != 4 or any(type(n) is not int for n in four):
        raise _wrong(path, f"{four!r} is not [left, top, width, height]")
    return Region(*four)


def _wrong(path: Path, what: str) -> UsageError:
    return UsageError(
        f"{path.name}: {what}", remedy="see SiteRules.read for what a rule looks like"
    )


def ultrasound_regions(ds: Dataset) -> tuple[Region, ...]:
    """Return where Sequence of Ultrasound Regions says that there is ultrasound (PS3.3 C.8.5.5).

    What the device writes, it writes around them. Regions that make no sense are left out, so that
    more is blanked, not less.
    """
    found = []
    for item in ds.get("SequenceOfUltrasoundRegions") or []:
        try:
            left, top, right, bottom = (
                int(item[f"RegionLocation{name}"].value)
                for name in ("MinX0", "MinY0", "MaxX1", "MaxY1")
            )
            found.append(Region(left, top, right - left + 1, bottom - top + 1))
        except (KeyError, TypeError, ValueError, UsageError):
            continue
    return tuple(found)


@dataclass(frozen=True)
class Plan:
    """What is to be blanked in an image, and on whose word.

    Attributes
    ----------
    blank
        Regions to blank.
    keep
        If there are any: all outside of them too.
    sources
        ``rule``, ``ultrasound regions``, ``user``.
    """

    blank: tuple[Region, ...] = ()
    keep: tuple[Region, ...] = ()
    sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.blank or self.keep)


def plan(ds: Dataset, rules: SiteRules, regions: Iterable[Region]) -> Plan:
    """Put together what all sources say of one image; what one of them blanks is blanked."""
    sources: list[str] = []
    blank: list[Region] = []
    keep: Sequence[Region] = ()
    given = tuple(regions)
    if given:
        blank.extend(given)
        sources.append("user")
    rule = rules.of(ds)
    if rule is not None:
        blank.extend(rule.blank)
        keep = rule.keep
        sources.append("rule")
    seen = ultrasound_regions(ds)
    if seen and not keep:
        keep = seen
        sources.append("ultrasound regions")
    return Plan(tuple(blank), tuple(keep), tuple(sources))
