"""The folder of a workshop, and the names of its learners."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.lab.workspace import Workspace

FILE = "workshop.toml"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a learner may be called: also a folder, on every system."""
# Names that Windows keeps for devices, with any ending.
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass(frozen=True)
class Workshop:
    """The folder of a workshop; the members are the places in it.

    Parameters
    ----------
    folder
        Such as ``./workshop``.
    """

    folder: Path

    @property
    def file(self) -> Path:
        """What is handed out."""
        return self.folder / FILE

    @property
    def release(self) -> Path:
        """Clean copies, of which each learner's folder is made."""
        return self.folder / "release"

    @property
    def learners(self) -> Path:
        """One folder a learner."""
        return self.folder / "learners"

    @property
    def board(self) -> Path:
        """What the board keeps."""
        return self.folder / "board"

    @property
    def collected(self) -> Path:
        """What was handed in."""
        return self.folder / "collected"

    @property
    def marks(self) -> Path:
        """What it was worth."""
        return self.folder / "marks"

    @property
    def rooms(self) -> Path:
        """Codes, ports and processes of what runs; its owner's alone."""
        return self.folder / "rooms.json"

    def learner(self, name: str) -> Path:
        """Return a learner's folder.

        Raises
        ------
        UsageError
            It is no name of a learner.
        """
        return self.learners / checked_name(name)

    def workspace(self, name: str) -> Workspace:
        """Return the workspace of a learner's lab."""
        return Workspace(self.learner(name).resolve() / ".lab")

    def names(self) -> tuple[str, ...]:
        """Return the learners that have a folder, in order."""
        if not self.learners.is_dir():
            return ()
        found = (path.name for path in self.learners.iterdir() if path.is_dir())
        return tuple(sorted(name for name in found if NAME.fullmatch(name)))

    def chosen(self, whom: str) -> tuple[str, ...]:
        """Return the learners that are meant: ``"all"``, or names parted by commas.

        Raises
        ------
        UsageError
            There is none of that name, or none at all.
        """
        known = self.names()
        if not known:
            raise UsageError(
                f"There are no learners in {self.learners}.",
                remedy="Start their labs first: labkit workshop start --learners N",
            )
        if whom == "all":
            return known
        names = tuple(dict.fromkeys(name.strip() for name in whom.split(",") if name.strip()))
        for name in names:
            if name not in known:
                raise UsageError(
                    f"There is no learner {name!r}.", remedy=f"There are: {', '.join(known)}."
                )
        return names


def checked_name(name: str) -> str:
    """Return the name of a learner if it can be one.

    Raises
    ------
    UsageError
        It cannot: it is also the name of a folder.
    """
    plain = NAME.fullmatch(name) and not name.endswith(".") and not _DEVICE.fullmatch(name)
    if not plain or name == "all":
        raise UsageError(
            f"{name!r} cannot be the name of a learner.",
            remedy="Use 1 to 64 letters without accents, digits, . _ and -, not the word all.",
        )
    return name
