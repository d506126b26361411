"""Cleaning of text: what is known to be safe is kept, all else goes (PS3.15 E.3.5, Note).

And the sweep: the values that identify this patient, looked for in every text that stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from pydicom.charset import decode_bytes
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from labkit.deid.encoding import undecoded
from labkit.deid.rules import table

_TOKEN = re.compile(r"\d+(?:[.,]\d+)?\s?(?:mm|cm|ml|mg|kV|mAs|ms|s|mGy|%)(?![\w])|[^\W_]+")
_MEASURE = re.compile(r"\d{1,3}(?:[.,]\d{1,2})?\s?(?:mm|cm|ml|mg|kV|mAs|ms|s|mGy|%)")
_PARTS = re.compile(rb"[\^=\\ ,\x00\x1b]+")
_PN = (
    0x00100010, 0x00101001, 0x00101005, 0x00101060, 0x00080090, 0x00081048, 0x00081050,
    0x00081060, 0x00081070, 0x0008009C, 0x00321032, 0x00102297,
)  # fmt: skip
_WHOLE = (0x00100020, 0x00101000, 0x00080050, 0x00380010, 0x00101040, 0x00102154, 0x00101090)
_INSTANCE = 0x00080018
_DIGITS = re.compile(rb"[0-9.]+")
_UIDS = (_INSTANCE, 0x0020000D, 0x0020000E, 0x00200052)
_DATES = (0x00100030,)


@cache
def safe_words() -> tuple[frozenset[str], frozenset[str]]:
    """Words in lower case, and abbreviations."""
    words = table("words")["words"]
    lower = frozenset(word for word in words if word.islower())
    return lower, frozenset(words) - lower | {"T1", "T2"}


class Identities:
    """The values that identify the subject of one object.

    Parameters
    ----------
    ds
        The original data set.
    uids
        Whether UIDs are replaced, so that old ones must not stay.
    """

    def __init__(self, ds: Dataset, *, uids: bool = True) -> None:
        self.words: set[str] = set()
        found: set[bytes] = set()
        held = undecoded(ds)
        charset = ds._character_set
        encodings = [charset] if isinstance(charset, str) else list(charset)
        for tag in _PN:
            for part in _PARTS.split(_bytes(held, tag)):
                if len(part) >= 3:
                    found.add(part)
                    self.words.add(decode_bytes(part, encodings, set()).strip().lower())
        for tag in _WHOLE:
            for value in _bytes(held, tag).split(b"\\"):
                if len(value.strip(b" \0")) >= 4:
                    found.add(value.strip(b" \0"))
        for tag in _DATES:
            found.update(_spellings(_bytes(held, tag).strip(b" \0")))
        if uids:
            found.update(v for t in _UIDS if len(v := _bytes(held, t).strip(b" \0")) > 8)
        for word in list(self.words):
            found.add(word.encode("utf-8"))
        own = _bytes(held, _INSTANCE).strip(b" \0")
        # Each instance has its own UID: without it, those of a series have one pattern.
        self._own = own if own in found and _DIGITS.fullmatch(own) else b""
        self._pattern = _pattern(frozenset(found - {self._own}))

    @classmethod
    def of(cls, words: set[str]) -> Identities:
        """Take words that are known otherwise, in lower case."""
        made = cls(Dataset(), uids=False)
        made.words = set(words)
        return made

    def within(self, value: bytes) -> bool:
        """Say whether one of them is in a value."""
        if self._own and _stands(self._own, value):
            return True
        return self._pattern is not None and self._pattern.search(value) is not None

    def cleaned(self, text: str) -> str:
        """Keep the words that are known to be safe, and measures; nothing else."""
        lower, short = safe_words()
        kept = []
        for token in _TOKEN.findall(text):
            small = token.lower()
            if small in self.words:
                continue
            if small in lower or token in short or _MEASURE.fullmatch(token):
                kept.append(token)
        return " ".join(kept)


def _bytes(held: Mapping[int, Any], tag: int) -> bytes:
    element: DataElement | RawDataElement | None = held.get(tag)
    if element is None:
        return b""
    value = element.value
    if isinstance(value, bytes):
        return value
    # A PersonName can be iterated too: by letters.
    several = value if isinstance(value, (list, tuple, MultiValue)) else [value]
    return "\\".join("" if v is None else str(v) for v in several).encode("utf-8")


def _spellings(birth: bytes) -> list[bytes]:
    if not re.fullmatch(rb"\d{8}", birth):
        return []
    year, month, day = birth[:4], birth[4:6], birth[6:]
    return [birth] + [
        mark.join(order)
        for mark in (b"-", b"/", b".")
        for order in ((year, month, day), (day, month, year), (month, day, year))
    ]


def _stands(needle: bytes, value: bytes) -> bool:
    """Say whether it is in a value, and no part of a longer word there."""
    at = value.find(needle)
    while at >= 0:
        end = at + len(needle)
        if not (value[max(at - 1, 0) : at].isalnum() or value[end : end + 1].isalnum()):
            return True
        at = value.find(needle, at + 1)
    return False


@lru_cache(256)
def _pattern(needles: frozenset[bytes]) -> re.Pattern[bytes] | None:
    if not needles:
        return None
    longest = sorted(needles, key=len, reverse=True)
    inner = b"|".join(re.escape(needle) for needle in longest)
    return re.compile(rb"(?<![0-9A-Za-z])(?:" + inner + rb")(?![0-9A-Za-z])", re.IGNORECASE)
