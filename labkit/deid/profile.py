"""A profile: the Basic Profile with a choice of the twelve options (PS3.15 E.2, E.3)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches

from labkit.common.errors import UsageError
from labkit.deid.private import SafePrivate
from labkit.deid.rules import table


def options() -> dict[str, tuple[str, str]]:
    """Name → (code value, code meaning), in the order of CID 7050."""
    known = table("profile")["options"]
    return {
        name: (str(known[name][0]), str(known[name][1]))
        for name in sorted(known, key=lambda n: str(known[n][0]))
    }


@dataclass(frozen=True)
class Profile:
    """What is to be removed and what may stay.

    Attributes
    ----------
    options
        Names of options, such as ``"clean-descriptors"``; none is the Basic Profile.
    safe_private
        Private attributes that stay under ``retain-safe-private``.

    Raises
    ------
    UsageError
        Both date options were asked for: they exclude each other (PS3.15 E.3.6).
    """

    options: frozenset[str] = frozenset()
    safe_private: SafePrivate = field(default_factory=SafePrivate.standard)

    def __post_init__(self) -> None:
        unknown = self.options - set(options())
        if unknown:
            raise _unknown(min(unknown))
        if {"retain-full-dates", "retain-modified-dates"} <= self.options:
            raise UsageError(
                "Full dates and modified dates exclude each other (PS3.15 E.3.6).",
                remedy="Choose retain-full-dates (113106) or retain-modified-dates (113107).",
            )

    @classmethod
    def of(cls, *names: str, safe_private: SafePrivate | None = None) -> Profile:
        """Make a profile of names or code values of CID 7050 (``"113105"``).

        Raises
        ------
        UsageError
            An option is unknown, or two exclude each other.
        """
        by_code = {code: name for name, (code, _) in options().items()}
        chosen = frozenset(by_code.get(name, name) for name in names if name != "113100")
        return cls(chosen, safe_private or SafePrivate.standard())

    def has(self, name: str) -> bool:
        """Say whether an option was chosen."""
        return name in self.options

    @property
    def dates(self) -> str:
        """Value of Longitudinal Temporal Information Modified (0028,0303)."""
        if self.has("retain-full-dates"):
            return "UNMODIFIED"
        return "MODIFIED" if self.has("retain-modified-dates") else "REMOVED"

    def codes(self, *, without: Collection[str] = ()) -> list[tuple[str, str]]:
        """Code values and meanings of what was chosen, the Basic Profile first (CID 7050).

        Parameters
        ----------
        without
            Options that could not be applied to an object.
        """
        basic = table("profile")["basic"]
        return [(basic[0], basic[1])] + [
            code for name, code in options().items() if name in self.options and name not in without
        ]

    def __str__(self) -> str:
        return " + ".join(["Basic Profile", *sorted(self.options)])


def _unknown(name: str) -> UsageError:
    near = get_close_matches(name, options(), 1)
    return UsageError(
        f"There is no option {name!r} (PS3.15 E.3).",
        remedy=f"Do you mean {near[0]}?" if near else "The options are: " + ", ".join(options()),
    )
