"""The query string of a search (PS3.18 8.3.4): matching keys, includefield, paging."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydicom.datadict import dictionary_has_tag, dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from labkit.dicomweb.problems import WebError
from labkit.dicomweb.source import Place, Search
from labkit.pacs.keys import Level

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_NOT_KEYS = frozenset(("accept", "charset", "includefield", "fuzzymatching", "limit", "offset"))
_NUMBERS = frozenset(("US", "UL", "SS", "SL", "IS"))


def check_uid(uid: str) -> str:
    """Return a UID of a URL; 400 if it cannot be one (PS3.5 9.1)."""
    if len(uid) > 64 or not _UID.fullmatch(uid):
        raise WebError(
            400,
            f"{uid[:80]!r} is no UID",
            remedy="A UID has digits and dots, 64 characters at most (PS3.5 9.1).",
        )
    return uid


def read_search(level: Level, place: Place, pairs: Iterable[tuple[str, str]]) -> Search:
    """Read a search.

    Parameters
    ----------
    place
        The UIDs of the path.
    pairs
        Names and values of the query string, decoded, in order.

    Raises
    ------
    WebError
        400: a name is no attribute, a key comes twice, a number is none.
    """
    keys, options = Dataset(), dict[str, str]()
    everything = False
    for name, value in pairs:
        lower = name.lower()
        if lower == "includefield":
            everything |= _include(value, keys)
        elif lower in _NOT_KEYS:
            options[lower] = value
        else:
            _match(name, value, keys)
    for keyword, uid in place.keys().items():
        named = str(keys.get(keyword) or "")
        if named and named != uid:
            raise WebError(
                400, f"the path says one {keyword}, the query another",
                remedy="Leave it out of the query: the path names it.",
            )  # fmt: skip
        setattr(keys, keyword, uid)
    return Search(
        level,
        keys,
        everything,
        fuzzy=options.get("fuzzymatching", "").lower() == "true",
        limit=_number("limit", options),
        offset=_number("offset", options) or 0,
    )


def path_of(name: str) -> list[int]:
    """Tags of an attribute path: ``RequestAttributesSequence.00400009``; 400 if it is none."""
    tags = []
    for part in name.split("."):
        tag = int(part, 16) if _TAG.fullmatch(part) else tag_for_keyword(part)
        if tag is None:
            raise WebError(
                400,
                f"{name[:80]!r} is no attribute",
                remedy="Name it by keyword or by eight hexadecimal digits (PS3.18 8.3.4.1).",
            )
        tags.append(int(tag))
    return tags


def _include(value: str, keys: Dataset) -> bool:
    everything = False
    for name in filter(None, (part.strip() for part in value.split(","))):
        if name.lower() == "all":
            everything = True
        else:
            *above, last = path_of(name)
            item = _item(keys, above)
            if last not in item:
                _add(item, last, "")
    return everything


def _match(name: str, value: str, keys: Dataset) -> None:
    *above, last = path_of(name)
    item = _item(keys, above)
    if last in item and not item[last].is_empty:
        raise WebError(
            400,
            f"the key {name[:80]!r} is given twice",
            remedy="Give each once; several UIDs are one value, with commas (PS3.18 8.3.4.1).",
        )
    _add(item, last, value)


def _item(ds: Dataset, above: list[int]) -> Dataset:
    """The item that a path leads to; made where it is not there yet."""
    for tag in above:
        if _vr(tag) != "SQ":
            raise WebError(400, f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is no sequence")
        if tag not in ds or not ds[tag].value:
            ds.add_new(tag, "SQ", Sequence([Dataset()]))
        ds = ds[tag].value[0]
    return ds


def _vr(tag: int) -> str:
    return dictionary_VR(tag).split(" or ")[0] if dictionary_has_tag(tag) else "LO"


def _add(item: Dataset, tag: int, value: str) -> None:
    vr = _vr(tag)
    try:
        if vr == "SQ":
            item.add_new(tag, "SQ", Sequence([]))
        elif vr == "UI":
            item.add_new(tag, vr, value.replace(",", "\\"))
        elif vr in _NUMBERS and value:
            item.add_new(tag, vr, int(value))
        else:
            item.add_new(tag, vr, value)
    except (ValueError, TypeError) as error:
        raise WebError(
            400, f"{value[:40]!r} is no value of ({tag >> 16:04X},{tag & 0xFFFF:04X}), {vr}"
        ) from error


def _number(name: str, options: dict[str, str]) -> int | None:
    text = options.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise WebError(400, f"{name} is {text[:40]!r}", remedy="Give a number, 0 or more.")
    return int(text)
