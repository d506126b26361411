"""What a consumer is given, as parameters of stored queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from labkit.exchange.parties import PatientId
from labkit.exchange.xds.model import Code, RegistryObject
from labkit.exchange.xds.problems import Answer
from labkit.exchange.xds.query import Groups, StoredQuery

T = TypeVar("T", bound=RegistryObject)
Value = str | Code | PatientId


class Every(tuple[Value, ...]):
    """Values that an object must have all of; a list is alternatives."""


def every(*values: Value) -> Every:
    """Ask for all of these: ``eventCodeList=every(CT, CHEST)``."""
    return Every(values)


Given = Value | Iterable[Value]


def slots_of(value: Given) -> Groups:
    """Make the Slots of a parameter: one, or with `every` one a value."""
    if isinstance(value, (str, Code, PatientId)):
        return ((text_of(value),),)
    if isinstance(value, Every):
        return tuple((text_of(each),) for each in value)
    return (tuple(text_of(each) for each in value),)


def text_of(value: Value) -> str:
    """Write a value as text, without quotes."""
    return value.cx if isinstance(value, PatientId) else str(value)


def attribute_of(parameter: str, prefix: str) -> str:
    """Name the attribute that a parameter is about."""
    name = parameter.removeprefix(prefix)
    return name[:1].lower() + name[1:]


def alone(id_: str) -> tuple[str, ...]:
    """Make alternatives of an identifier that is there or not."""
    return (id_,) if id_ else ()


def by_id(
    name: str, prefix: str, uuids: Iterable[str], unique_ids: Iterable[str], home: str
) -> StoredQuery:
    """Make a query by entryUUID or by uniqueId."""
    groups = {f"{prefix}EntryUUID": tuple(uuids), f"{prefix}UniqueId": tuple(unique_ids)}
    return StoredQuery(name, {key: (ids,) for key, ids in groups.items() if ids}, home=home)


def only(kind: type[T], found: Answer[RegistryObject]) -> Answer[T]:
    """Keep the objects of a kind, and what else was said."""
    return Answer((each for each in found if isinstance(each, kind)), found.errors)
