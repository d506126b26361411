"""A TOML file of settings: its sections made into dataclasses, with an error for what is wrong.

An error names file, line, section and key, and says what to do. It shows no value: one may be a
secret.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from labkit.common.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_HEAD = re.compile(r"\s*\[(\[?)\s*([\w.\"'-]+)\s*\]")
_WORDS: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "str": (str, 'text in "quotes"'),
    "int": (int, "a whole number without quotes"),
    "float": ((int, float), "a number without quotes"),
    "bool": (bool, "true or false"),
    "Path | None": (str, 'the name of a file in "quotes"'),
    "tuple[str, ...]": (list, 'a list of texts: ["A", "B"]'),
}
"""Annotation → what TOML gives for it, and how to say so."""


@dataclass(frozen=True)
class TomlFile:
    """What a file says, before anybody has looked at what it means.

    Attributes
    ----------
    path
        Where it is; names of files in it are taken from its folder.
    text
        As it stands there.
    data
        Its sections.
    environment
        Where ``${NAME}`` is looked up.
    """

    path: Path
    text: str = field(repr=False)
    data: dict[str, Any] = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def read(
        cls, path: Path, *, missing: str, environment: Mapping[str, str] | None = None
    ) -> TomlFile:
        """Read a file.

        Parameters
        ----------
        missing
            What to do where there is no such file.
        environment
            By default the variables of this process.

        Raises
        ------
        UsageError
            It cannot be read.
        """
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            raise UsageError(f"There is no {path}.", remedy=missing) from None
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(path, error) from error
        return cls.parse(text, path, environment=environment)

    @classmethod
    def parse(
        cls, text: str, path: Path, *, environment: Mapping[str, str] | None = None
    ) -> TomlFile:
        """Take a text as if it stood in the file `path`; see `read`."""
        try:
            data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise _unreadable(path, error) from error
        return cls(path, text, data, os.environ if environment is None else environment)

    def where(self, part: str, key: str = "", index: int = 0) -> str:
        """Say in which line something stands: ``labkit.toml:12``; without it where it does not.

        Parameters
        ----------
        part
            The section; ``""`` for what stands before the first.
        key
            Of that section; ``""`` for its head.
        index
            Which of several sections of this name, from 0.
        """
        here, count, head = "", -1, 0
        setting = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
        for number, line in enumerate(self.text.splitlines(), 1):
            found = _HEAD.match(line)
            if found:
                here = found[2]
                count += here == part
                if here == part and count == index:
                    head = number
            elif key and here == part and (not part or count == index) and setting.match(line):
                return f"{self.path.name}:{number}"
        if not key and not part:
            return self.path.name
        return f"{self.path.name}:{head}" if head else self.path.name

    def sections(self, known: Iterable[str], *, lists: Iterable[str] = ()) -> None:
        """Refuse sections that nobody knows; those in `lists` are written ``[[name]]``.

        Raises
        ------
        UsageError
            Names the one that is meant.
        """
        several = set(lists)
        for name, value in self.data.items():
            if name not in known:
                # A misspelt section stands in the file as a head, a misspelt key as a key.
                at = self.where(name) if isinstance(value, (dict, list)) else self.where("", name)
                raise no_such_key(at, "", name, known)
            if name in several:
                if not (isinstance(value, list) and all(isinstance(v, dict) for v in value)):
                    raise UsageError(
                        f"{self._near(name)}: {name} is a list of sections.",
                        remedy=f"Write [[{name}]], once for each.",
                    )
            elif not isinstance(value, dict):
                raise UsageError(
                    f"{self._near(name)}: {name} is a section.", remedy=f"Write [{name}]."
                )

    def _near(self, name: str) -> str:
        at = self.where("", name)
        return at if ":" in at else self.where(name)

    def section(self, kind: type, name: str, table: Mapping[str, Any], index: int = -1) -> Any:
        """Make a `kind` of one section; ``${NAME}`` in its texts becomes that variable's value.

        Parameters
        ----------
        name
            Of the section; ``""`` for what stands before the first.
        index
            Which of several sections of this name, from 0; -1 where there can be one alone.

        Raises
        ------
        UsageError
            A key is unknown or missing, a value is of another type or cannot be, a variable is not
            set.
        """
        shown = (f"[{name}]" if index < 0 else f"[[{name}]]") if name else "the file"
        at = max(index, 0)
        # A field that would be a word of Python has a low line behind it: from_ is from.
        known = {f.name.rstrip("_"): f for f in fields(kind) if f.init}
        for key in table:
            if key not in known:
                raise no_such_key(self.where(name, key, at), shown, key, known)
        values: dict[str, Any] = {}
        for key, described in known.items():
            if key in table:
                spot = f"{self.where(name, key, at)}: {shown} {key}"
                values[described.name] = self._typed(table[key], str(described.type), spot)
            elif described.default is MISSING and described.default_factory is MISSING:
                raise UsageError(
                    f"{self.where(name, '', at)}: {shown} needs {key}.",
                    remedy=f"Add {key} = … to {shown}.",
                )
        try:
            return kind(**values)
        except UsageError as error:
            # A check of the whole section: where its message begins with a key, that line.
            place = self.where(name, error.message.split(" ", 1)[0], at)
            raise UsageError(f"{place}: {shown} {error.message}", remedy=error.remedy) from error

    def _typed(self, value: Any, annotation: str, spot: str) -> Any:
        wanted, words = _WORDS[annotation]
        right = isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
        if not right or (wanted is list and not all(isinstance(one, str) for one in value)):
            raise UsageError(f"{spot} is of the wrong type.", remedy=f"It is {words}.")
        if wanted is list:
            return tuple(self._expanded(one, spot) for one in value)
        if not isinstance(value, str):
            return value
        value = self._expanded(value, spot)
        if annotation == "Path | None":
            file = (self.path.parent / Path(value).expanduser()).resolve()
            if not file.is_file():
                raise UsageError(
                    f"{spot}: there is no file {value}.",
                    remedy=f"Name it from the folder of {self.path.name}, or with its whole path.",
                )
            return file
        return value

    def _expanded(self, text: str, spot: str) -> str:
        def looked_up(match: re.Match[str]) -> str:
            name = match[1]
            if not self.environment.get(name):
                raise UsageError(
                    f"{spot}: the variable {name} is not set.",
                    remedy=f"Set {name} in the environment before you start, and try again.",
                )
            return self.environment[name]

        return _VARIABLE.sub(looked_up, text)


def _unreadable(path: Path, error: Exception) -> UsageError:
    # The text of a TOML error names line and column, and no content.
    return UsageError(
        f"{path.name} cannot be read: {error}", remedy='Values that are text stand in "quotes".'
    )


def no_such_key(where: str, part: str, key: str, known: Iterable[str]) -> UsageError:
    """Say that a key is unknown, and which is meant."""
    names = sorted(known)
    close = get_close_matches(key, names, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    return UsageError(
        f"{where}: {part} has no {key!r}." if part else f"{where}: there is no [{key}].",
        remedy=f"{hint}There is {', '.join(names)}.",
    )
