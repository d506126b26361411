"""``rooms.json``: which rooms there are, what opens them, and who serves the page."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from labkit.common.errors import LabError
from labkit.workshop.codes import new_code, plain

FORMAT = "labkit-rooms/1"
LEARNER, INSTRUCTOR = 8, 12
"""Signs of the two kinds of codes: 40 and 59 bits."""


@dataclass(frozen=True)
class Room:
    """What leads into a learner's JupyterLab.

    Attributes
    ----------
    code
        What the learner types.
    token
        What their JupyterLab asks for; the page hands it on to who knows the code.
    port
        Where their JupyterLab was last; 0 where it never was.
    """

    name: str
    code: str
    token: str = field(repr=False)
    port: int = 0

    @classmethod
    def new(cls, name: str) -> Room:
        """Make a room with a code and a token of its own."""
        return cls(name, new_code(LEARNER), secrets.token_urlsafe(32))


@dataclass(frozen=True)
class Record:
    """All rooms, and the page.

    Attributes
    ----------
    bind, port
        Where the page is served; port 0 where it never was.
    key
        Opens the control interface of the page's process.
    proof
        A salted hash of the instructor's code, which is shown once and kept nowhere.
    rooms
        By name, in order.
    """

    bind: str = "127.0.0.1"
    port: int = 0
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    proof: str = field(default="", repr=False)
    rooms: Mapping[str, Room] = field(default_factory=dict)

    def with_room(self, room: Room) -> Record:
        """Return a record with a room added or changed."""
        return replace(self, rooms=dict(sorted({**self.rooms, room.name: room}.items())))

    def with_new_instructor(self) -> tuple[Record, str]:
        """Return a record with another code for the instructor, and that code."""
        code, salt = new_code(INSTRUCTOR), secrets.token_hex(16)
        return replace(self, proof=f"{salt}${_hash(salt, code)}"), code

    def is_instructor(self, code: str) -> bool:
        """Whether somebody typed the instructor's code."""
        salt, _, digest = self.proof.partition("$")
        return bool(digest) and hmac.compare_digest(_hash(salt, code), digest)

    def room_of(self, code: str) -> Room | None:
        """Return the room that a code opens; each is compared, whichever it is."""
        given, found = plain(code), None
        for room in self.rooms.values():
            if hmac.compare_digest(given, plain(room.code)):
                found = room
        return found

    @classmethod
    def read(cls, path: Path) -> Record:
        """Read a record; an empty one where there is none.

        Raises
        ------
        LabError
            The file cannot be used.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data.pop("format") != FORMAT:
                raise ValueError(f"its format is not {FORMAT}")
            rooms = {one["name"]: Room(**one) for one in data.pop("rooms")}
            return cls(rooms=rooms, **data)
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise LabError(
                f"{path} cannot be used ({error}).",
                remedy="Put it back from a copy; or delete it: everybody then gets another code.",
            ) from error

    def write(self, path: Path) -> None:
        """Keep it in one step, readable by its owner alone."""
        data = {"format": FORMAT, **asdict(self), "rooms": [asdict(r) for r in self.rooms.values()]}
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(json.dumps(data, indent=1))
            draft.replace(path)
        except OSError as error:
            raise LabError(
                f"{path} cannot be written ({error.strerror or error}).",
                remedy="Make room on the disk, or use a folder that is yours.",
            ) from error


def _hash(salt: str, code: str) -> str:
    # 59 random bits: nothing that a slower hash would have to protect.
    return hashlib.sha256(salt.encode("ascii", "replace") + plain(code)).hexdigest()
