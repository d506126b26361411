"""SMART scopes: which data, which acts, narrowed by search parameters.

::

    parse_scope("patient/ImagingStudy.rs?modality=CT")
    parse_scopes("launch/patient patient/*.read offline_access")

Both ways to write them are read, those of SMART 1 (``.read``, ``.write``, ``.*``) and of SMART 2
(``.cruds``); written is the second (SMART App Launch 2.2, scopes-and-launch-context).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from labkit.common.errors import UsageError

CONTEXTS = ("patient", "user", "system")
LETTERS = "cruds"
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}
_SCOPE = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]{1,63})\.([a-z]{1,5}|\*)(?:\?(.+))?")
#: Scopes that are no data: how an application is launched, who the user is, how long it lasts.
OTHER = frozenset(
    {"launch", "launch/patient", "openid", "fhirUser", "offline_access", "online_access"}
)
_ACTS = {"c": "create", "r": "read", "u": "update", "d": "delete", "s": "search"}
_WHOSE = {
    "patient": "of the one patient",
    "user": "that the user may see",
    "system": "of everybody",
}


class ScopeError(UsageError):
    """A scope is not written as SMART writes one; the message says where."""


@dataclass(frozen=True)
class Scope:
    """One scope of data.

    Attributes
    ----------
    context
        ``patient``, ``user`` or ``system``.
    resource
        A FHIR resource type, or ``*``.
    permissions
        Some of the letters ``cruds``, in this order: create, read, update, delete, search.
    filters
        Search parameters and their values; a resource has to match each.
    """

    context: str
    resource: str
    permissions: str
    filters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        query = "?" + urlencode(self.filters, safe=":/|,") if self.filters else ""
        return f"{self.context}/{self.resource}.{self.permissions}{query}"

    def names(self, resource: str, letter: str) -> bool:
        """Whether it is about this type and this act; its filters are another question."""
        return self.resource in ("*", resource) and letter in self.permissions

    def covers(self, other: Scope) -> bool:
        """Whether everything that `other` gives is given by this one too."""
        return (
            self.context == other.context
            and self.resource in ("*", other.resource)
            and set(other.permissions) <= set(self.permissions)
            and set(self.filters) <= set(other.filters)
        )

    @property
    def words(self) -> str:
        """What it lets its holder do, in words."""
        acts = [_ACTS[letter] for letter in self.permissions]
        said = " and ".join([", ".join(acts[:-1]), acts[-1]] if acts[1:] else acts)
        kind = "all data" if self.resource == "*" else self.resource
        where = ", only where " + " and ".join(f"{n} = {v}" for n, v in self.filters)
        return f"{said} {kind} {_WHOSE[self.context]}{where if self.filters else ''}"


def parse_scope(text: str) -> Scope:
    """Read one scope of data, of SMART 1 or 2.

    Raises
    ------
    ScopeError
        It is not one: unknown context, letters out of order, an empty parameter.
    """
    found = _SCOPE.fullmatch(text)
    if found is None:
        raise ScopeError(
            f"{text!r} is no SMART scope",
            remedy="Write (patient|user|system)/(Type|*).(cruds), such as patient/ImagingStudy.rs",
        )
    context, resource, written, query = found.groups()
    permissions = _V1.get(written, written)
    if not _in_order(permissions):
        raise ScopeError(
            f"the permissions .{written} of {text!r} are not letters of cruds in this order",
            remedy="Write them in the order c, r, u, d, s, each once; or .read, .write, .*",
        )
    if query is not None and written in _V1:
        raise ScopeError(
            f"{text!r} has a search parameter, which SMART 1 does not have",
            remedy="Write the letters: .rs in place of .read, .cud of .write, .cruds of .*",
        )
    filters = tuple(parse_qsl(query or "", keep_blank_values=True))
    if query and (not filters or any(not name or not value for name, value in filters)):
        raise ScopeError(
            f"a search parameter of {text!r} has no name or no value",
            remedy="Write ?name=value, and & between two of them.",
        )
    if filters and resource == "*":
        raise ScopeError(
            f"{text!r} narrows all types by a parameter that not all of them have",
            remedy="Name the type that the search parameter is of.",
        )
    return Scope(context, resource, permissions, tuple(sorted(filters)))


def _in_order(permissions: str) -> bool:
    places = [LETTERS.find(letter) for letter in permissions]
    return -1 not in places and places == sorted(set(places))


def parse_scopes(text: str) -> tuple[Scope, ...]:
    """Read the scopes of data of a token; those in `OTHER` are passed over.

    Raises
    ------
    ScopeError
        One of them is not understood. A part of what a token says is never guessed at.
    """
    return tuple(parse_scope(word) for word in text.split() if word not in OTHER)


def to_v2(text: str) -> str:
    """Write scopes as SMART 2 does: ``patient/*.read`` becomes ``patient/*.rs``.

    Raises
    ------
    ScopeError
        One of them is not understood.
    """
    return " ".join(word if word in OTHER else str(parse_scope(word)) for word in text.split())


def granted_scopes(asked: str, allowed: Iterable[str]) -> str:
    """Keep of the scopes that are asked for those that are allowed, as they were written.

    Parameters
    ----------
    asked
        Separated by blanks.
    allowed
        Scopes of data that cover others, and those of `OTHER` by name.

    Raises
    ------
    ScopeError
        One of them is not understood.
    """
    names = [word for word in allowed if word in OTHER]
    wide = [parse_scope(word) for word in allowed if word not in OTHER]
    kept: list[str] = []
    for word in dict.fromkeys(asked.split()):
        if word in OTHER:
            fits = word in names
        else:
            scope = parse_scope(word)
            fits = any(one.covers(scope) for one in wide)
        if fits:
            kept.append(word)
    return " ".join(kept)
