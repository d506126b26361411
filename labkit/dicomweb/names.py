"""Fuzzy matching of names (PS3.18 8.3.4.2 leaves to the server what it is).

Here: every word that is asked for begins some word of the name, in any component and in either
case, accents aside. So ``jo smi`` finds ``Smith^John``, and ``muller`` finds ``Müller^Anna``.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\s^=,*?\\]+")


def fuzzy_match(asked: str, stored: str) -> bool:
    """Whether a name is like what is asked for."""
    words = _words(stored)
    return all(any(word.startswith(part) for word in words) for part in _words(asked))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
