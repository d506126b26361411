"""Sequence matching (PS3.4 C.2.2.2.6): all keys of the item are to match in one stored item."""

from __future__ import annotations

from collections.abc import Container

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from labkit.pacs.matching.choose import element_text, matcher_for
from labkit.pacs.matching.normal import forms

_NOT_MATCHED = frozenset((0x00080005, 0x00080052, 0x00080053, 0x00080201))
_NOTHING: Container[int] = frozenset()


def matches(keys: Dataset, stored: Dataset, unknown: Container[int] = _NOTHING) -> bool:
    """Compare a data set with an identifier, key by key.

    Parameters
    ----------
    keys
        The identifier, or an item of one.
    stored
        What is compared.
    unknown
        Tags of Required Keys: where `stored` has no value for them, they match (PS3.4 C.2.2.1.2).

    Raises
    ------
    MatchError
        A key's value is none its VR allows.
    """
    return all(
        matches_element(key, stored, unknown) for key in keys if int(key.tag) not in _NOT_MATCHED
    )


def matches_element(key: DataElement, stored: Dataset, unknown: Container[int] = _NOTHING) -> bool:
    """Compare one key. Group lengths and private creators of the query are not compared."""
    if key.tag.element == 0 or key.tag.is_private_creator:
        return True
    if key.VR == "SQ":
        return _matches_sequence(key, stored, unknown)
    matcher = matcher_for(str(key.VR), element_text(key))
    if matcher.universal:
        return True
    text = element_text(stored[key.tag]) if key.tag in stored else ""
    if not text:
        return int(key.tag) in unknown
    return matcher.matches(forms(str(key.VR), text))


def _matches_sequence(key: DataElement, stored: Dataset, unknown: Container[int]) -> bool:
    items = list(key.value or ())
    if not items or not len(items[0]):
        return True  # no item, or an empty one: universal
    candidates = stored[key.tag].value if key.tag in stored else []
    if not candidates:  # nothing stored: matches only if nothing was asked of it
        return matches(items[0], Dataset(), unknown)
    return any(matches(items[0], candidate, unknown) for candidate in candidates)
