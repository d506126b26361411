"""What a setting may be: each check returns the value as it is kept, or says what to give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydicom._uid_dict import UID_dictionary
from pydicom.datadict import tag_for_keyword
from pydicom.uid import UID
from pynetdicom import sop_class

from labkit.common.errors import UsageError
from labkit.dimse.peer import check_ae_title
from labkit.pacs import Service
from labkit.pacs.config import storage_classes, transfer_syntaxes
from labkit.pacs.convert import NATIVE
from labkit.pacs.rule_file import read_rules

Check = Callable[[Any], Any]


def _wrong(value: object, wanted: str) -> UsageError:
    return UsageError(f"{value!r} cannot be set here", remedy=f"Give {wanted}.")


def flag(value: Any) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise _wrong(value, "True or False")
    return value


def title(value: Any) -> str:
    """One AE title (PS3.5 6.2, VR AE)."""
    return check_ae_title(value)


def titles(value: Any) -> list[str]:
    """Some AE titles."""
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise _wrong(value, "a list of AE titles")
    return [check_ae_title(item) for item in value]


def number(low: float, high: float, unit: str, *, whole: bool = True) -> Check:
    """Make a check for a number within limits."""

    def check(value: Any) -> Any:
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            raise _wrong(value, f"a number from {low:g} to {high:g} ({unit})")
        return value

    return check


def choice(*names: str) -> Check:
    """Make a check for one word of a few."""

    def check(value: Any) -> str:
        if value not in names:
            raise _wrong(value, " or ".join(map(repr, names)))
        return str(value)

    return check


def maybe(check: Check) -> Check:
    """Allow ``None`` too."""
    return lambda value: None if value is None else check(value)


def text(value: Any) -> str:
    """One line of text."""
    if not isinstance(value, str) or not value.isprintable() or len(value) > 64:
        raise _wrong(value, "a line of at most 64 characters")
    return value


def syntax(value: Any) -> str:
    """A transfer syntax, by UID or by pydicom's keyword."""
    uid = _uid(value)
    if uid not in transfer_syntaxes():
        raise _wrong(value, "a transfer syntax such as 'ExplicitVRLittleEndian', or its UID")
    return uid


def uncompressed(value: Any) -> str:
    """One that needs no encoder."""
    uid = syntax(value)
    if uid not in NATIVE:
        raise _wrong(value, "'ExplicitVRLittleEndian' or 'ImplicitVRLittleEndian'")
    return uid


def syntaxes(value: Any) -> list[str]:
    """Some transfer syntaxes."""
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise _wrong(value, "a list of transfer syntaxes")
    return sorted({syntax(item) for item in value})


def storage(value: Any) -> list[str]:
    """Some storage SOP classes, by UID or by pynetdicom's keyword."""
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise _wrong(value, "a list of storage SOP classes")
    found = {str(getattr(sop_class, str(item), item)) for item in value}
    if not found <= storage_classes():
        raise _wrong(value, "storage SOP classes such as 'MRImageStorage', or their UIDs")
    return sorted(found)


def keywords(value: Any) -> list[str]:
    """Some attributes, by keyword."""
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise _wrong(value, "a list of keywords such as 'AccessionNumber'")
    for item in value:
        _attribute(item)
    return list(value)


def values(value: Any) -> dict[str, str]:
    """Attributes and the values that they get."""
    pairs = _pairs(value, "a dict such as {'StudyDescription': 'MR HEAD'}")
    return {_attribute(key): text(item) for key, item in pairs.items()}


def rules(value: Any) -> str:
    """Rules of the router, as the text of their file; a mistake in it is said with its line."""
    if not isinstance(value, str):
        raise _wrong(value, "the text of a rule file: Path('rules.toml').read_text()")
    if value.strip():
        read_rules(value)
    return value if value.strip() else ""


def by_title(check: Check, example: str) -> Check:
    """Make a check for a dict with AE titles as keys."""

    def checked(value: Any) -> dict[str, Any]:
        pairs = _pairs(value, f"a dict such as {example}")
        return {check_ae_title(key): check(item) for key, item in pairs.items()}

    return checked


def services(value: Any) -> list[str]:
    """Some DIMSE services, by the words of `labkit.pacs.Service`."""
    known = [service.value for service in Service]
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise _wrong(value, f"a list of services: {', '.join(known)}")
    if not set(value) <= set(known):
        raise _wrong(value, f"services: {', '.join(known)}")
    return sorted(value)


def _pairs(value: Any, wanted: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise _wrong(value, wanted)
    return value


def _attribute(keyword: Any) -> str:
    if not isinstance(keyword, str) or tag_for_keyword(keyword) is None:
        raise _wrong(keyword, "the keyword of an attribute, such as 'AccessionNumber'")
    return keyword


def _uid(value: Any) -> str:
    for uid, row in UID_dictionary.items():
        if value == row[4]:
            return str(uid)
    return str(UID(value)) if isinstance(value, str) else ""
