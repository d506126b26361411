"""``join.json``: that the learner of a workspace reports to the board of a workshop, and where.

It is there because somebody joined; whoever deletes it has left.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from labkit.common.errors import UsageError
from labkit.exercises.wire import Report, clean_name

FORMAT = "labkit-join/1"
FILE = "join.json"
_AGAIN = "Run `labkit workshop join CODE --at URL` with what the instructor shows."


@dataclass(frozen=True)
class Joined:
    """To which board, and as whom.

    Attributes
    ----------
    url
        Where the board is: ``http://192.0.2.7:8017``.
    code
        The join code of the room.
    who
        Of whom the board tells; made up where ``""``.
    name
        What the instructor may call the learner; ``""`` for nothing.
    start
        Byte of the journal before which nothing is reported.
    """

    url: str
    code: str
    who: str = ""
    name: str = ""
    start: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", address(self.url))
        object.__setattr__(self, "who", self.who or f"laptop-{secrets.token_hex(8)}")
        object.__setattr__(self, "name", clean_name(self.name))
        Report(self.who)  # says what is wrong with it
        if not re.fullmatch(r"[A-Za-z0-9 -]{4,64}", self.code):
            raise UsageError("That is no join code.", remedy=_AGAIN)
        if type(self.start) is not int or self.start < 0:
            raise UsageError("`from` is a number of bytes.", remedy=_AGAIN)

    def write(self, workspace: Path) -> Path:
        """Put it into a workspace, readable by its owner alone; return the file."""
        data: dict[str, Any] = {"format": FORMAT, "url": self.url, "code": self.code}
        data |= {"who": self.who, "name": self.name, "from": self.start}
        workspace.mkdir(parents=True, exist_ok=True)
        write_private(workspace / FILE, data)
        return workspace / FILE

    def renamed(self, name: str) -> Joined:
        """Return the same under another name."""
        return replace(self, name=name)


def read_join(workspace: Path) -> Joined | None:
    """Return what ``join.json`` of a workspace says; ``None`` where there is none.

    Raises
    ------
    UsageError
        It cannot be used.
    """
    try:
        text = (workspace / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{FILE} cannot be read.", remedy=_AGAIN) from error
    try:
        data = json.loads(text)
        if data.pop("format") != FORMAT:
            raise UsageError(f"{FILE} is not of the format {FORMAT}.", remedy=_AGAIN)
        texts = {name: data.get(name, "") for name in ("url", "code", "who", "name")}
        if not all(isinstance(value, str) for value in texts.values()):
            raise TypeError
        return Joined(**texts, start=data.get("from", 0))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{FILE} is damaged.", remedy=_AGAIN) from error


def address(url: str) -> str:
    """Return the address of a board in one form, without what follows the port.

    Raises
    ------
    UsageError
        It is none.
    """
    text = url.strip() if "://" in url else f"http://{url.strip()}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not host or not plain:
        raise UsageError(
            f"{url!r} is not the address of a board.",
            remedy="It looks like http://192.0.2.7:8017: the instructor's board shows it.",
        )
    host = f"[{host}]" if ":" in host else host
    where = parts.path.rstrip("/")
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{where}"


def write_private(path: Path, data: dict[str, Any]) -> None:
    """Write a JSON file in one step, readable by its owner alone."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(data, indent=1) + "\n")
    draft.replace(path)
