"""``room.json``: the codes of a board, its secret, and where it is served."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from labkit.common.errors import LabError
from labkit.exercises.joining import write_private
from labkit.workshop.codes import new_code

FORMAT = "labkit-room/1"
FILE = "room.json"
JOIN, INSTRUCTOR = 8, 12
"""Signs of the two codes: 40 and 59 bits."""


@dataclass(frozen=True)
class Room:
    """What a board has to remember besides what it is told.

    Attributes
    ----------
    join_code
        With it a laptop may report, and do nothing else.
    instructor_code
        With it the board may be seen.
    secret
        Makes pseudonyms, and seals the cookies of the page.
    bind, port
        Where it was served last, to be served there again; port 0 where it never was.
    url
        What learners join; ``""`` where it never was served.
    """

    join_code: str
    instructor_code: str
    secret: str
    bind: str = ""
    port: int = 0
    url: str = ""

    @classmethod
    def new(cls) -> Room:
        """Make codes and a secret."""
        return cls(new_code(JOIN), new_code(INSTRUCTOR), secrets.token_hex(32))

    @classmethod
    def at(cls, folder: Path) -> Room:
        """Read the room of a folder; make one where there is none.

        Raises
        ------
        LabError
            The file cannot be used, or the folder not be written.
        """
        path = folder / FILE
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data.pop("format") != FORMAT:
                raise ValueError(f"its format is not {FORMAT}")
            return cls(**data)
        except FileNotFoundError:
            made = cls.new()
            made.write(folder)
            return made
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise LabError(
                f"{path} cannot be used ({error}).",
                remedy="Put it back from a copy; or delete it, and let everybody join again.",
            ) from error

    def write(self, folder: Path) -> None:
        """Keep it, readable by its owner alone."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(folder / FILE, {"format": FORMAT, **asdict(self)})
        except OSError as error:
            raise LabError(
                f"{folder} cannot be written ({error}).", remedy="Name a folder that can."
            ) from error

    def renewed(self) -> Room:
        """Return a room with new codes for the laptops and a new secret, at the same place."""
        fresh = Room.new()
        return replace(self, join_code=fresh.join_code, secret=fresh.secret)
