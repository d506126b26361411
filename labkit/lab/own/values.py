"""One section of ``labkit.toml`` into its dataclass, with an error for each thing that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from labkit.common.errors import UsageError

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_WORDS = {
    "str": (str, 'text in "quotes"'),
    "int": (int, "a whole number without quotes"),
    "bool": (bool, "true or false"),
    "Path | None": (str, 'the name of a file in "quotes"'),
    "tuple[str, ...]": (list, 'a list of texts: ["A", "B"]'),
}
"""Annotation → what TOML gives for it, and how to say so."""


def no_such_key(file: str, part: str, key: str, known: Iterable[str]) -> UsageError:
    """Say that a key is unknown, and which is meant."""
    names = sorted(known)
    close = get_close_matches(key, names, n=1)
    where = f"[{part}] " if part else ""
    hint = f"Did you mean {close[0]}? " if close else ""
    return UsageError(
        f"{file}: {where}has no {key!r}." if part else f"{file}: there is no [{key}].",
        remedy=f"{hint}There is {', '.join(names)}.",
    )


def expanded(value: Any, file: str, environment: Mapping[str, str]) -> Any:
    """Return `value` with every ``${NAME}`` replaced by the variable of that name.

    Raises
    ------
    UsageError
        A variable is not set.
    """
    if isinstance(value, dict):
        return {key: expanded(inner, file, environment) for key, inner in value.items()}
    if isinstance(value, list):
        return [expanded(inner, file, environment) for inner in value]
    if not isinstance(value, str):
        return value

    def looked_up(match: re.Match[str]) -> str:
        name = match[1]
        if not environment.get(name):
            raise UsageError(
                f"{file}: the variable {name} is not set.",
                remedy=f"Set {name} in the environment before you start, and try again.",
            )
        return environment[name]

    return _VARIABLE.sub(looked_up, value)


def section(kind: type, name: str, table: Mapping[str, Any], path: Path) -> Any:
    """Make a `kind` of one section; names of files are taken from the folder of the TOML file.

    Raises
    ------
    UsageError
        A key is unknown or missing, or a value is of another type.
    """
    known = {f.name: f for f in fields(kind)}
    for key in table:
        if key not in known:
            raise no_such_key(path.name, name, key, known)
    values: dict[str, Any] = {}
    for key, described in known.items():
        if key not in table:
            if described.default is MISSING:
                raise UsageError(
                    f"{path.name}: [{name}] needs {key}.", remedy=f"Add {key} = … to [{name}]."
                )
            continue
        values[key] = _typed(table[key], str(described.type), f"{path.name}: [{name}] {key}", path)
    try:
        return kind(**values)
    except UsageError as error:
        raise UsageError(f"{path.name}: [{name}] {error.message}", remedy=error.remedy) from error


def _typed(value: Any, annotation: str, where: str, path: Path) -> Any:
    wanted, words = _WORDS[annotation]
    right = isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
    if not right or (wanted is list and not all(isinstance(one, str) for one in value)):
        raise UsageError(f"{where} is of the wrong type.", remedy=f"It is {words}.")
    if annotation == "Path | None":
        file = (path.parent / Path(value).expanduser()).resolve()
        if not file.is_file():
            raise UsageError(
                f"{where}: there is no file {value}.",
                remedy=f"Name it from the folder of {path.name}, or with its whole path.",
            )
        return file
    return tuple(value) if wanted is list else value
